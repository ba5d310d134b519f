"""Lint as a whole: our own schemas, options, places, and what the rules share with others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codegen import constraints as generated
from compat_checks import notation
from compat_checks.classes import replace
from compat_checks.constraints import CONSTRAINTS
from compat_checks.contracts import LintOptions, load_contracts, parse_contracts
from compat_checks.errors import InvalidContracts, Position
from compat_checks.files import SchemaFiles
from compat_checks.findings import Severity
from compat_checks.lint import LINT_RULES, lint
from compat_checks.lint.logical import NEEDS
from compat_checks.lint.words import camel, closest, pascal, upper_snake, words
from compat_checks.parse import parse_schema
from compat_checks.toml_source import TomlSource
from tests.unit.lint.fixtures import PATH

SCHEMAS = Path(__file__).parents[3] / "schemas"

ODD: list[object] = [None, True, -1, 0.5, 10**30, "", "PII", "(", [], ["PII", None], [[]], {}, {"FIELD_DOC": None}]

TOML = """version = 1
[subjects."a.b-value"]  # the first
file = "a.avsc"
'quoted key' = 1
topic.name = "a"

[[lint.ignore]]
rule = "FIELD_DOC"
[[lint.ignore]]
  rule = "TYPE_DOC"
"""


def _record(*fields: dict[str, Any]) -> SchemaFiles:
    head = {"type": "record", "name": "Sample", "namespace": "example", "doc": "A sentence."}
    return SchemaFiles({PATH: json.dumps({**head, "fields": [{"doc": "One of them.", **one} for one in fields]})})


def _rules(files: SchemaFiles, options: LintOptions | None = None) -> list[str]:
    return [finding.rule for finding in lint(files, options=options)]


def test_our_own_schemas_keep_the_standard_rules() -> None:
    """The contracts that this project ships."""
    assert lint(SchemaFiles.of(SCHEMAS), load_contracts(SCHEMAS)) == []


def test_a_category_holds_the_ones_before_it() -> None:
    """What is found stays found in a stricter one."""
    files = _record({"name": "id", "type": "string"}, {"name": "Rank", "type": {"type": "int", "default": 0}})

    assert _rules(files, LintOptions("minimal")) == ["MISPLACED_ATTRIBUTE"]
    assert _rules(files, LintOptions("standard")) == ["FIELD_NAME_CAMEL_CASE", "MISPLACED_ATTRIBUTE"]
    assert _rules(files, LintOptions("strict")) == [
        "UUID_FOR_IDENTITY",
        "FIELD_NAME_CAMEL_CASE",
        "MISPLACED_ATTRIBUTE",
    ]


def test_a_stricter_rule_can_be_added_alone() -> None:
    """A team wants one of them, not all."""
    files = _record({"name": "id", "type": "string"})

    assert _rules(files, LintOptions("minimal", also=("UUID_FOR_IDENTITY",))) == ["UUID_FOR_IDENTITY"]


def test_a_severity_can_be_set() -> None:
    """What is an error here is a note there."""
    options = LintOptions(severities={"FIELD_NAME_CAMEL_CASE": Severity.INFO})

    assert [one.severity for one in lint(_record({"name": "Rank", "type": "int"}), options=options)] == [Severity.INFO]


def test_names_of_personal_data_can_be_added() -> None:
    """Each team knows its own."""
    files = _record({"name": "nickName", "type": "string"})

    assert _rules(files) == []
    assert _rules(files, LintOptions(pii_names=("nick*",))) == ["PII_TAG_REQUIRED"]


def test_a_type_that_is_used_twice_is_looked_at_once() -> None:
    """In the file that defines it, where it stands first."""
    part = {"type": "record", "name": "Part", "fields": []}
    files = _record({"name": "one", "type": part}, {"name": "two", "type": {"type": "array", "items": "Part"}})

    assert _rules(files) == ["TYPE_DOC"]


def test_recursive_types_end() -> None:
    """A tree of itself."""
    files = _record({"name": "inner", "type": ["null", "Sample"], "default": None})

    assert _rules(files) == []


def test_findings_are_sorted_by_file_line_and_column() -> None:
    """Two runs say the same in the same order."""
    texts = {f"{name}.avsc": f'{{"type": "enum", "name": "{name}", "symbols": ["a"]}}' for name in ("B", "A")}
    found = lint(SchemaFiles(texts))
    places = [(one.path, one.place.position) for one in found if one.place and one.place.position]

    assert len(places) == len(found)
    assert places == sorted(places, key=lambda one: (str(one[0]), one[1].line, one[1].column))
    assert [one.rule for one in found[:4]] == [
        "ENUM_HAS_DEFAULT",
        "NAMESPACE_GIVEN",
        "TYPE_DOC",
        "ENUM_SYMBOL_UPPER_SNAKE",
    ]


@pytest.mark.parametrize(
    ("pointer", "position"),
    [
        ("/version", Position(1, 11)),
        ("/subjects/a.b-value", Position(2, 1)),
        ("/subjects/a.b-value/file", Position(3, 8)),
        ("/subjects/a.b-value/quoted key", Position(4, 16)),
        ("/subjects/a.b-value/topic/name", Position(5, 14)),
        ("/lint/ignore/0", Position(7, 1)),
        ("/lint/ignore/1/rule", Position(10, 10)),
        ("/nowhere", None),
    ],
)
def test_a_toml_text_has_places(pointer: str, position: Position | None) -> None:
    """Findings about contracts.toml point into it."""
    assert TomlSource(TOML, "contracts.toml").position(pointer) == position


@pytest.mark.parametrize("name", NEEDS)
def test_what_a_logical_type_is_said_to_need_is_what_makes_it_valid(name: str) -> None:
    """The table for messages and the rule of the parser say the same."""
    for need in NEEDS[name].split(" or "):
        kind, _, size = need.rstrip(")").partition("(")
        base: dict[str, Any] = {"type": kind, "logicalType": name, "precision": 4}
        fixed = {"name": "F", "size": int(size or 12)} if kind == "fixed" else {}

        logical = parse_schema({**base, **fixed}).logical

        assert logical
        assert logical.name == name


def test_constraints_are_the_ones_that_code_is_generated_for() -> None:
    """What lint lets pass, the generator takes."""
    assert list(CONSTRAINTS) == list(generated._RULES) == list(notation.CONSTRAINTS)


def test_names_are_taken_apart_and_put_together() -> None:
    """As people read them."""
    assert words("smtpURLPath2_x") == ("smtp", "url", "path", "2", "x")
    assert (pascal("email_request"), camel("User_id"), upper_snake("notSent")) == ("EmailRequest", "userId", "NOT_SENT")
    assert closest("defualt", ["doc", "default"]) == ["default"]
    assert closest("owner", ["doc", "default"]) == []


def test_a_doc_in_another_script_says_something() -> None:
    """Words are not Latin letters only."""
    assert _rules(_record({"name": "count", "type": "int", "doc": "数量"})) == []


def test_a_chain_of_types_longer_than_the_stack_is_walked() -> None:
    """Two thousand types that use one another end neither in a crash nor in minutes."""
    head = {"type": "record", "namespace": "example", "doc": "A sentence."}
    chain: list[dict[str, Any]] = [{**head, "name": "R0", "fields": []}]
    for number in range(1, 2000):
        field = {"name": "next", "type": f"R{number - 1}", "doc": "The one before."}
        chain.append({**head, "name": f"R{number}", "fields": [field]})

    assert _rules(SchemaFiles({"example/all.avsc": json.dumps(chain)})) == []


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize(
    "key", [*CONSTRAINTS, "confluent:tags", "x-lint-ignore", "logicalType", "precision", "defualt"]
)
def test_no_value_of_an_attribute_ends_in_a_crash(key: str, value: object) -> None:
    """Avro allows anything there, so anything comes."""
    part = {"type": "enum", "name": "Part", "symbols": ["__", "_1"], key: value}
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 3, key: value}
    files = _record(
        {"name": "email", "type": "string", "default": "x", key: value},
        {"name": "__", "type": part, key: value},
        {"name": "_1At", "type": ["null", decimal], key: value},
        {"name": "rank", "type": "int", "default": 1, "minimum": 0, "maxLength": 3, key: value},
    )

    assert _rules(files, LintOptions("strict")) != []


def test_a_slip_in_the_id_of_a_rule_is_recognised() -> None:
    """The message names the one that was meant."""
    with pytest.raises(InvalidContracts, match="no rule FEILD_DOC; did you mean FIELD_DOC"):
        lint(_record(), options=LintOptions(also=("FEILD_DOC",)))


def test_a_file_that_is_only_the_name_of_another_type_uses_it() -> None:
    """And is a file of its own for the rules about files."""
    contracts = parse_contracts("version = 1")
    files = SchemaFiles({PATH: _record().text(PATH), "example/Name.avsc": '"example.Sample"'})

    assert [(one.rule, one.path) for one in lint(files, contracts)] == [("FILE_IS_USED", "example/Name.avsc")]


def test_importing_lint_loads_the_standard_library_only() -> None:
    """And of that nothing that is needed only where something is wrong."""
    code = "import compat_checks.lint, sys; print([m for m in ('difflib','httpx','fastavro') if m in sys.modules])"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_rules_can_be_left_out() -> None:
    """The table is an argument, as the tests of the rules need it."""
    files = _record({"name": "Rank", "type": "int"})
    others = [replace(rule) for rule in LINT_RULES if rule.id != "FIELD_NAME_CAMEL_CASE"]

    assert lint(files, rules=others) == []
