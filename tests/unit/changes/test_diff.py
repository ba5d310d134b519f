"""Changes in words: each kind, its place, and whether it is structural."""

from collections.abc import Sequence
from typing import Any

import pytest

from compat_checks.diff import changes
from compat_checks.matching import matches
from compat_checks.parse import parse_schema
from compat_checks.review import ChangeKind
from compat_checks.schema import Record
from tests.unit.changes.building import enum, field, record, tree


def _sentences(old: Record, new: Record) -> list[str]:
    return [change.sentence for change in changes(old, new)]


def test_equal_schemas_have_no_changes() -> None:
    """White space and the form of a type do not count."""
    old = parse_schema('{"type": "record", "name": "R", "fields": [{"name": "f", "type": "int", "default": 1}]}')
    new = parse_schema('{"name":"R","fields":[{"default":1,"type":{"type":"int"},"name":"f"}],"type":"record"}')

    assert changes(old, new) == ()


def test_a_new_schema_is_one_change() -> None:
    """It says how large it is."""
    (change,) = changes(None, tree(field("a"), field("b")))

    assert (change.element, change.kind, change.new) == ("R", ChangeKind.ADDED, "record R")
    assert change.sentence == "record R added with 2 fields"


FIELDS: Sequence[tuple[list[Any], list[Any], list[str]]] = [
    (
        [],
        [field("expiresAt", ["null", {"type": "long", "logicalType": "timestamp-millis"}], default=None)],
        ["field `expiresAt` added: optional timestamp-millis, default null"],
    ),
    ([field("gone", default="x")], [], ['field `gone` removed; it was string, default "x"']),
    ([field("to")], [field("recipient", aliases=["to"])], ["field `to` renamed to `recipient`, with an alias"]),
    (
        [field("to")],
        [field("recipient")],
        ["field `to` removed; it was string", "field `recipient` added: string"],
    ),
    ([field("f", "int")], [field("f", "long")], ["type of `f` changed from int to long"]),
    ([field("f", "int")], [field("f", ["null", "int"])], ["type of `f` changed from int to optional int"]),
    ([field("f", ["null", "int"])], [field("f", "long")], ["type of `f` changed from optional int to long"]),
    (
        [field("f", ["null", "int"])],
        [field("f", ["null", "long"])],
        ["type of `f` changed from optional int to optional long"],
    ),
    ([field("f", ["int"])], [field("f", ["null", "int"])], ["type of `f` changed from int to optional int"]),
    ([field("f", ["null", "int"])], [field("f", ["int", "null"])], ["branches of `f` reordered: int, null"]),
    (
        [field("f", ["null", "int"])],
        [field("f", ["null", "int", "string"])],
        ["branch string added to `f`"],
    ),
    (
        [field("f", ["int", "string", "null"])],
        [field("f", ["string", "int"])],
        ["branch null removed from `f`", "branches of `f` reordered: string, int"],
    ),
    ([field("f", ["int", "string"])], [field("f", ["long", "string"])], ["type of `f<long>` changed from int to long"]),
    (
        [field("f", {"type": "array", "items": "int"})],
        [field("f", {"type": "array", "items": "long"})],
        ["type of `f[]` changed from int to long"],
    ),
    (
        [field("f", "long")],
        [field("f", {"type": "long", "logicalType": "timestamp-millis"})],
        ["type of `f` changed from long to timestamp-millis"],
    ),
    (
        [field("f", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2})],
        [field("f", {"type": "bytes", "logicalType": "decimal", "precision": 9})],
        ["type of `f` changed from decimal(9, 2) to decimal(9, 0)"],
    ),
    ([field("f", default="")], [field("f")], ['default of `f` removed; it was ""']),
    ([field("f", ["null", "int"])], [field("f", ["null", "int"], default=None)], ["default of `f` added: null"]),
    (
        [field("f", ["int", "boolean"], default=0)],
        [field("f", ["int", "boolean"], default=False)],
        ["default of `f` changed from 0 to false"],
    ),
    ([field("f", aliases=["a"])], [field("f", aliases=["b"])], [
        "alias `a` removed from `f`",
        "alias `b` added to `f`",
    ]),
    ([field("f", order="ignore")], [field("f")], ["sort order of `f` changed from ignore to ascending"]),
    ([field("f", maxLength=500)], [field("f", maxLength=100)], ["maxLength of `f` changed from 500 to 100"]),
    ([field("f")], [field("f", minLength=1)], ["minLength of `f` added: 1"]),
    (
        [field("f", **{"confluent:tags": ["PII"]})],
        [field("f")],
        ['confluent:tags of `f` removed; it was ["PII"]'],
    ),
    ([field("f")], [field("f", doc="Two\nlines.")], ["doc of `f` added: Two lines."]),
    ([field("f", doc="Old.")], [field("f", doc="New.")], ["doc of `f` changed to: New."]),
    ([field("f", doc="Old.")], [field("f")], ["doc of `f` removed"]),
    (
        [field("a"), field("b"), field("c")],
        [field("c"), field("a"), field("b")],
        ["fields of record `R` reordered: `c` moved"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), FIELDS)
def test_what_happened_to_fields(old: list[Any], new: list[Any], expected: list[str]) -> None:
    """One sentence each, and none twice."""
    assert _sentences(tree(*old), tree(*new)) == expected


TYPES: Sequence[tuple[Any, Any, list[str]]] = [
    (enum("A"), enum("A", "B", "C"), ["symbols B, C added to enum `E`"]),
    (enum("A", "B"), enum("A"), ["symbol B removed from enum `E`"]),
    (enum("A", "B"), enum("B", "A"), ["symbols of enum `E` reordered: B, A"]),
    (enum("A"), enum("A", default="A"), ["default of enum `E` added: A"]),
    (enum("A"), enum("A", name="F"), ["enum `E` renamed to `F`"]),
    (enum("A"), enum("A", name="F", aliases=["E"]), ["enum `E` renamed to `F`, with an alias"]),
    (enum("A"), enum("A", namespace="m"), ["namespace of enum `E` changed from n to m"]),
    (enum("A"), enum("A", aliases=["O"]), ["alias `n.O` added to enum `E`"]),
    (enum("A"), enum("A", doc="D."), ["doc of enum `E` added: D."]),
    (enum("A"), enum("A", owner="us"), ['owner of enum `E` added: "us"']),
    (enum("A"), record(name="E"), ["type of `f` changed from enum E {A} to record E"]),
    (
        {"type": "fixed", "name": "F", "size": 8},
        {"type": "fixed", "name": "F", "size": 16},
        ["size of fixed `F` changed from 8 to 16"],
    ),
    (["null", enum("A")], ["null", enum("A", "B")], ["symbol B added to enum `E`"]),
    (["null", enum("A")], enum("A", "B"), [
        "type of `f` changed from optional enum E {A} to enum E {A, B}",
        "symbol B added to enum `E`",
    ]),
    (record(field("x"), name="I"), record(name="I"), ["field `f.x` removed; it was string"]),
    ({"type": "string", "logicalType": "shout"}, "string", ['logicalType of `f` removed; it was "shout"']),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), TYPES)
def test_what_happened_to_types(old: Any, new: Any, expected: list[str]) -> None:
    """Named types are called by their names."""
    assert _sentences(tree(field("f", old)), tree(field("f", new))) == expected


def test_only_docs_and_properties_are_not_structural() -> None:
    """A constraint says which values are taken, so it is."""
    old = tree(field("f", maxLength=5, tag="x", doc="a"), doc="a")
    new = tree(field("f", maxLength=6, tag="y", doc="b"), doc="b")

    assert [(one.element, one.new, one.structural) for one in changes(old, new)] == [
        ("R", "b", False),
        ("R.f", "b", False),
        ("R.f", "maxLength 6", True),
        ("R.f", 'tag "y"', False),
    ]


def test_a_change_points_to_its_place_in_the_new_schema() -> None:
    """To the part that changed; for what is gone, to the record around it."""
    old = tree(field("a", doc="x", maxLength=1), field("b", enum("A")), field("c", ["null", "int"]), field("gone"))
    new = tree(field("a", doc="y"), field("b", enum("A", "B")), field("c", ["null", "string"]))
    found = [(change.sentence.split(" ")[0], change.place.pointer) for change in changes(old, new) if change.place]

    assert found == [
        ("doc", "/fields/0/doc"),
        ("maxLength", "/fields/0"),
        ("symbol", "/fields/1/type/symbols"),
        ("type", "/fields/2/type"),
        ("field", ""),
    ]


def test_a_change_of_a_shared_type_is_told_once() -> None:
    """Where it is used first."""
    old = tree(field("a", enum("A")), field("b", "E"))
    new = tree(field("a", enum("A", "B")), field("b", "E"))

    assert [(one.element, one.sentence) for one in changes(old, new)] == [("R.a", "symbol B added to enum `E`")]


@pytest.mark.parametrize(("old", "new", "_expected"), FIELDS)
def test_every_change_is_about_an_element_of_the_walk(old: list[Any], new: list[Any], _expected: list[str]) -> None:
    """Going back is a change, too."""
    before, after = tree(*old), tree(*new)

    assert changes(after, before)
    assert {one.element for one in changes(after, before)} <= {one.element for one in matches(after, before)}
