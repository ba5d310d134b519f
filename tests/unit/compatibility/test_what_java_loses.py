"""Causes inside of unions, and the places that both sides came from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compat_checks import IncompatibilityType, check_pair, parse_schema
from compat_checks.schema import Schema

MISSING_DEFAULT = IncompatibilityType.READER_FIELD_MISSING_DEFAULT_VALUE
TYPE_MISMATCH = IncompatibilityType.TYPE_MISMATCH


def record(name: str, **fields: Any) -> dict[str, Any]:
    """A record of fields without defaults."""
    made = [{"name": field, "type": kind} for field, kind in fields.items()]
    return {"type": "record", "name": name, "fields": made}


def tree(schema: Any, path: str) -> Schema:
    """The tree of a schema that came from a file."""
    return parse_schema(json.dumps(schema, indent=1), path=path)


def test_a_union_tells_which_field_of_its_branch_is_the_cause() -> None:
    """Row 76: Java says that the branch is missing; the cause is a field without a default."""
    reader = record("R", s=["null", record("S", x="int", y="int")])
    writer = record("R", s=["null", record("S", x="int")])

    (found,) = check_pair(reader, writer).incompatibilities

    assert [(one.type, one.message, one.reader.pointer) for one in found.because] == [
        (MISSING_DEFAULT, "y", "/fields/0/type/1/fields/1")
    ]


def test_a_cause_is_found_in_types_that_contain_each_other() -> None:
    """Row 81."""

    def mutual(kind: str) -> Any:
        return record("A", b=["null", record("B", a=["null", "A"], x=kind)])

    (found,) = check_pair(mutual("int"), mutual("long")).incompatibilities

    assert [(one.type, one.reader.pointer, one.writer.pointer) for one in found.because] == [
        (TYPE_MISMATCH, "/fields/0/type/1/fields/1/type", "/fields/0/type/1/fields/1/type")
    ]


def test_causes_inside_of_causes_are_kept() -> None:
    """A union in a branch of a union."""

    def nested(kind: str) -> Any:
        return ["null", record("A", b=["null", record("B", x=kind)])]

    (found,) = check_pair(nested("int"), nested("string")).incompatibilities

    assert [one.type for one in found.because[0].because] == [TYPE_MISMATCH]


WRITTEN = {"type": "record", "name": "n.S", "fields": []}
BRANCHES = {
    "the full name before the short one": (["m.S", "n.S"], "n.S"),
    "the short name before the kind": (["m.T", "m.S"], "m.S"),
    "an alias of the full name": (["m.T", "m.U~n.S"], "m.U"),
    "the only one of its kind": (["m.T"], "m.T"),
    "none, of several of its kind": (["m.T", "m.U"], None),
}


@pytest.mark.parametrize("case", BRANCHES)
def test_the_cause_is_that_of_the_branch_that_was_probably_meant(case: str) -> None:
    """By full name, short name or alias, kind."""
    names, meant = BRANCHES[case]
    reader = []
    for name in names:
        own, _, alias = name.partition("~")
        reader.append({**record(own, required="int"), "aliases": [alias] if alias else []})

    (found,) = check_pair(reader, WRITTEN).incompatibilities
    index = found.because[0].reader.pointer.split("/")[1] if found.because else None

    assert (reader[int(index)]["name"] if index else None) == meant


def test_a_type_that_is_used_twice_tells_each_use() -> None:
    """Row 77: the location is Java's, twice the first; the path is each one's own, the place that of the definition."""
    reader = record("R", a=record("S", x="int", y="int"), b="S")
    writer = record("R", a=record("S", x="int"), b="S")

    found = check_pair(reader, writer).incompatibilities

    first = "/fields/0/type/fields/1"
    assert [(one.location, one.path, one.reader.pointer) for one in found] == [
        (first, first, first),
        (first, "/fields/1/type/fields/1", first),
    ]


def test_places_are_lines_of_the_files_that_the_sides_came_from() -> None:
    """A union in the writer shifts Java's location; the places do not care."""
    reader, writer = tree(record("R", a="int"), "new.avsc"), tree(record("R", a=["int", "string"]), "old.avsc")

    (found,) = check_pair(reader, writer).incompatibilities

    assert found.location == "/fields/0/type/1"
    assert [(place.source.path, place.pointer) for place in (found.reader, found.writer)] == [
        ("new.avsc", "/fields/0/type"),
        ("old.avsc", "/fields/0/type/1"),
    ]
    assert found.writer.position is not None
    assert found.writer.position.line == 9


def test_an_alias_without_a_namespace_is_no_alias_where_the_reader_has_one() -> None:
    """A quirk of Java: it keeps such an alias as ".Old", which no writer is called."""
    reader = {**record("n.New"), "aliases": [".Old"]}

    assert [one.message for one in check_pair(reader, record("Old")).incompatibilities] == ["expected: Old"]
    assert check_pair({**record("New"), "aliases": ["Old"]}, record("Old")).compatible
