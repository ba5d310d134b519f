"""Ignores: what they end, what they do not, and what is said of those that do nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compat_checks.contracts import Ignore, LintOptions
from compat_checks.errors import InvalidContracts
from compat_checks.files import SchemaFiles
from compat_checks.lint import lint
from tests.unit.lint.fixtures import PATH


def _files(field: dict[str, Any] | None = None, **record: Any) -> SchemaFiles:
    """One record with one field, neither of which has a doc."""
    one = {"name": "code", "type": "string", **(field or {})}
    head = {"type": "record", "name": "Sample", "namespace": "example"}
    return SchemaFiles({PATH: json.dumps({**head, **record, "fields": [one]})})


def _found(files: SchemaFiles, *ignores: Ignore, category: str = "standard") -> list[tuple[str, str]]:
    options = LintOptions(category=category, ignores=ignores)
    return [(finding.rule, finding.element) for finding in lint(files, options=options)]


def test_without_ignores_both_docs_are_missing() -> None:
    """What the other tests start from."""
    assert _found(_files()) == [("TYPE_DOC", "Sample"), ("FIELD_DOC", "Sample.code")]


def test_an_ignore_in_a_field_ends_the_finding_of_that_field() -> None:
    """And nothing else."""
    files = _files({"x-lint-ignore": {"FIELD_DOC": "It was there before."}})

    assert _found(files) == [("TYPE_DOC", "Sample")]


def test_an_ignore_in_a_record_counts_for_all_inside_of_it() -> None:
    """One reason for many fields."""
    files = _files(**{"x-lint-ignore": {"FIELD_DOC": "They were there before.", "TYPE_DOC": "So was it."}})

    assert _found(files) == []


def test_an_ignore_ends_no_finding_beside_it() -> None:
    """A field that starts with the same name is another field."""
    fields = [
        {"name": "a", "type": "string", "x-lint-ignore": {"FIELD_DOC": "It was there before."}},
        *({"name": f"b{number}", "type": "string", "doc": "A sentence."} for number in range(9)),
        {"name": "c", "type": "string"},
    ]
    record = {"type": "record", "name": "Sample", "namespace": "example", "doc": "A sentence.", "fields": fields}

    assert _found(SchemaFiles({PATH: json.dumps(record)})) == [("FIELD_DOC", "Sample.c")]


@pytest.mark.parametrize(
    "ignore",
    [
        Ignore("FIELD_DOC", "It was there before."),
        Ignore("FIELD_DOC", "It was there before.", path="example/*.avsc"),
        Ignore("FIELD_DOC", "It was there before.", element="Sample.*"),
        Ignore("FIELD_DOC", "It was there before.", path=PATH, element="Sample.code"),
    ],
)
def test_a_configured_ignore_ends_findings_by_path_and_element(ignore: Ignore) -> None:
    """Both are globs, and both have to fit."""
    assert _found(_files(), ignore) == [("TYPE_DOC", "Sample")]


@pytest.mark.parametrize("other", [{"path": "other/*"}, {"element": "Other.*"}])
def test_an_ignore_that_fits_nothing_is_a_finding(other: dict[str, str]) -> None:
    """It would hide the next one without anybody deciding."""
    found = _found(_files(), Ignore("FIELD_DOC", "It was there before.", **other))

    assert found == [("UNUSED_IGNORE", "lint.ignore"), ("TYPE_DOC", "Sample"), ("FIELD_DOC", "Sample.code")]


def test_an_ignore_of_a_rule_that_does_not_run_is_left_alone() -> None:
    """A stricter run needs it, this one cannot judge it."""
    field = {"doc": "A sentence.", "name": "id", "x-lint-ignore": {"UUID_FOR_IDENTITY": "It is none."}}

    assert _found(_files(field, doc="A sentence.")) == []
    assert _found(_files(field, doc="A sentence."), category="strict") == []


def test_unused_ignores_cannot_be_ignored() -> None:
    """Nobody would ever see them again."""
    files = _files({"doc": "A sentence.", "x-lint-ignore": {"UNUSED_IGNORE": "Quiet."}}, doc="A sentence.")

    assert _found(files) == [("UNUSED_IGNORE", "Sample.code")]


def test_an_ignore_without_reason_ends_nothing() -> None:
    """The finding stays, and the ignore is one as well."""
    files = _files({"x-lint-ignore": {"FIELD_DOC": ""}}, doc="A sentence.")

    assert sorted(_found(files)) == [("FIELD_DOC", "Sample.code"), ("UNUSED_IGNORE", "Sample.code")]


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (LintOptions(also=("NO_SUCH_RULE",)), "also"),
        (LintOptions(ignores=(Ignore("NO_SUCH_RULE", "Why not."),)), "ignore"),
    ],
)
def test_an_option_for_a_rule_that_does_not_exist_is_refused(options: LintOptions, key: str) -> None:
    """A slip in an id would otherwise switch nothing on, or off."""
    with pytest.raises(InvalidContracts, match=rf"lint\.{key}: there is no rule NO_SUCH_RULE"):
        lint(_files(), options=options)
