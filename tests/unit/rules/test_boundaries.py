"""Where a rule begins and ends: values just inside and just outside, and each direction."""

from __future__ import annotations

import json
from datetime import date, timedelta
from difflib import SequenceMatcher
from typing import Any

import pytest

from compat_checks.comparison import compare
from compat_checks.findings import Finding
from compat_checks.parse import parse_schema
from compat_checks.review import Version
from compat_checks.rules.waivers import WaiverUse, waiver_expired
from compat_checks.source import Source
from compat_checks.waivers import Waiver
from tests.unit.rules.subjects import orders

NAME = {"type": "record", "name": "Order", "namespace": "com.example.shop", "doc": "An order."}


def version(label: str, *fields: dict[str, Any]) -> Version:
    """A version of the record with these fields."""
    text = json.dumps({**NAME, "fields": list(fields)})
    return Version(label, text, parse_schema(Source(text, f"{label}.avsc")))


def findings(rule: str, new: Version, *olds: Version, level: str = "FULL_TRANSITIVE") -> list[Finding]:
    """What a rule finds in a change."""
    return [one for one in compare(orders(level), new.schema, list(olds), "history").findings if one.rule == rule]


def field(name: str, kind: Any = "string", **more: Any) -> dict[str, Any]:
    """A field, with a doc of its own unless another is given."""
    return {"name": name, "type": kind, "doc": f"The {name}.", **more}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("customerNumbr", 1),
        ("customer", 1),  # 0.76
        ("recommended", 0),  # 0.56
    ],
)
def test_names_are_alike_from_six_tenths_on(name: str, found: int) -> None:
    """A renamed field is found by its likeness, which is at least 0.6, where nothing else speaks for it."""
    ratio = SequenceMatcher(None, "customernumber", name.lower()).ratio()
    olds, new = version("v1", field("customerNumber")), version("new", field(name))

    assert (ratio >= 0.6) == bool(found)
    assert len(findings("FIELD_RENAMED_WITHOUT_ALIAS", new, olds)) == found


def test_the_likeliest_name_wins() -> None:
    """Two candidates for one removed field: the nearer name is taken to be it."""
    old = version("v1", field("customerNumber"))
    new = version("new", field("customer"), field("customerNumbr"))

    assert [one.element for one in findings("FIELD_RENAMED_WITHOUT_ALIAS", new, old)] == ["Order.customerNumbr"]


@pytest.mark.parametrize(
    ("level", "fixes"),
    [
        ("BACKWARD", ["Add the alias `customerNumber`", "Keep the name `customerNumber`"]),
        ("FORWARD", ["Keep the name `customerNumber`"]),
        ("FULL", ["Keep the name `customerNumber`"]),
    ],
)
def test_an_alias_is_offered_only_where_it_helps(level: str, fixes: list[str]) -> None:
    """Published readers do not know an alias, so under a forward direction only the old name helps."""
    old, new = version("v1", field("customerNumber")), version("new", field("customerNumbr"))
    (one,) = findings("FIELD_RENAMED_WITHOUT_ALIAS", new, old, level=level)

    assert [fix.title for fix in one.fixes] == fixes


@pytest.mark.parametrize(
    ("written", "read", "limit"),
    [
        ("int", "long", None),
        ("int", "float", "beyond 2^24"),
        ("int", "double", None),
        ("long", "float", "beyond 2^24"),
        ("long", "double", "beyond 2^53"),
        ("float", "double", None),
    ],
)
def test_each_promotion_has_its_limit(written: str, read: str, limit: str | None) -> None:
    """A float holds 24 bits of an integer, a double 53 (IEEE 754)."""
    old, new = version("v1", field("count", written)), version("new", field("count", read))
    said = [one.message for one in findings("LOSSY_PROMOTION", new, old, level="BACKWARD")]

    assert [message for message in said if limit and limit in message] == said
    assert len(said) == (limit is not None)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [(10, 9, ["maxLength"]), (10, 10, []), (10, 11, [])],
)
def test_only_a_smaller_limit_is_tighter(before: int, after: int, found: list[str]) -> None:
    """The same limit beside another change is no tighter one."""
    old = version("v1", field("note", minLength=2, maxLength=before))
    new = version("new", field("note", minLength=1, maxLength=after))
    said = [one.message for one in findings("CONSTRAINT_CHANGED", new, old, level="BACKWARD")]

    assert [name for name in ("minLength", "maxLength") if any(name in message for message in said)] == found


@pytest.mark.parametrize(
    ("before", "after", "level", "order"),
    [
        (10, 9, "BACKWARD", "deploy writers first, and readers after the retention time"),
        (9, 10, "FORWARD", "deploy readers first"),
    ],
)
def test_the_advice_for_a_limit_names_the_side_to_deploy_first(before: int, after: int, level: str, order: str) -> None:
    """The side with the tighter limit must not read what the other one still writes."""
    old, new = version("v1", field("note", maxLength=before)), version("new", field("note", maxLength=after))
    hints = [one.hint for one in findings("CONSTRAINT_CHANGED", new, old, level=level)]

    assert hints == [f"keep maxLength as it was, or {order}"]


@pytest.mark.parametrize(("days", "found"), [(-1, 0), (0, 0), (1, 1)])
def test_a_waiver_counts_until_the_end_of_its_last_day(days: int, found: int) -> None:
    """It has expired on the day after."""
    last = date(2026, 6, 30)
    waiver = Waiver(
        rule="DEFAULT_REMOVED",
        subject="orders-value",
        element="Order.note",
        fingerprint="0" * 16,
        reason="Nobody reads it.",
        owner="orders",
        expires=last,
    )

    assert len(list(waiver_expired(WaiverUse(waiver, (), last + timedelta(days=days))))) == found


@pytest.mark.parametrize(("doc", "found"), [("The note.", 0), ("Another thing.", 1)])
def test_a_name_that_returns_with_another_doc_is_found(doc: str, found: int) -> None:
    """The type alone does not make it the same field."""
    olds = [version("v1", field("note", default="")), version("v2", field("id"))]
    new = version("new", field("id"), field("note", doc=doc, default=""))

    assert len(findings("RETIRED_NAME_REUSED", new, *olds)) == found
