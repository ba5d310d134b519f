"""The walk over two schemas: what stands for what, in which order, under which name."""

import time
from typing import Any

import pytest

from compat_checks.matching import FieldMatch, TypeMatch, matches
from compat_checks.parse import parse_schema
from compat_checks.schema import Schema
from tests.unit.changes.building import enum, field, record, tree


def _pairs(old: Schema, new: Schema) -> list[str]:
    """The walk as text: an element, and the two sides of a type or of a field."""
    lines = []
    for match in matches(old, new):
        sides = [getattr(side, "name", None) or getattr(side, "kind", "-") for side in (match.old, match.new)]
        mark = "field " if isinstance(match, FieldMatch) else ""
        lines.append(f"{mark}{match.element}: {sides[0]} {sides[1]}")
    return lines


def _types(old: Any, new: Any) -> list[str]:
    """The same of the types of the one field `f`, without the record and the field."""
    return [line.removeprefix("R.") for line in _pairs(tree(field("f", old)), tree(field("f", new)))[2:]]


def test_fields_match_by_name_in_the_new_order() -> None:
    """What was removed follows what it followed before, and what was first comes first."""
    old = tree(field("first"), field("a"), field("gone"), field("gone2"), field("b"))
    new = tree(field("b"), field("new"), field("a"))

    assert [line for line in _pairs(old, new) if line.startswith("field")] == [
        "field R.first: first -",
        "field R.b: b b",
        "field R.new: - new",
        "field R.a: a a",
        "field R.gone: gone -",
        "field R.gone2: gone2 -",
    ]


def test_an_alias_of_the_new_field_is_a_rename() -> None:
    """Its element is the new name."""
    found = [*matches(tree(field("to")), tree(field("recipient", aliases=["x", "to"])))][1]

    assert isinstance(found, FieldMatch)
    assert (found.element, found.renamed_by_alias) == ("R.recipient", True)
    assert found.old is not None
    assert found.old.name == "to"


def test_a_name_comes_before_an_alias() -> None:
    """An alias does not take a field that is still there by its own name."""
    old, new = tree(field("a"), field("b")), tree(field("c", aliases=["a", "b"]), field("a"))

    assert [line for line in _pairs(old, new) if line.startswith("field")] == [
        "field R.c: b c",
        "field R.a: a a",
    ]


def test_two_aliases_of_one_field_give_it_to_the_first() -> None:
    """A field is matched once."""
    old, new = tree(field("a")), tree(field("b", aliases=["a"]), field("c", aliases=["a"]))

    assert [line for line in _pairs(old, new) if line.startswith("field")] == ["field R.b: a b", "field R.c: - c"]


def test_elements_are_named_as_people_say_it() -> None:
    """Dots for fields, [] for arrays, {} for maps, <> for one of several branches."""
    type_ = ["null", {"type": "array", "items": {"type": "map", "values": ["null", "int", enum("A")]}}]

    assert _types(type_, type_) == [
        "f: union union",
        "f: null null",
        "f: array array",
        "f[]: map map",
        "f[]{}: union union",
        "f[]{}<null>: null null",
        "f[]{}<int>: int int",
        "f[]{}<E>: E E",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["null", "int"], ["null", "long"], ["f: union union", "f: null null", "f: int long"]),
        (["int"], ["int", "null"], ["f: union union", "f: int int", "f: - null"]),
        (["null", "int", "string"], ["int"], [
            "f: union union", "f<int>: int int", "f<null>: null -", "f<string>: string -",
        ]),
        (["int", "string"], ["boolean", "bytes"], [
            "f: union union", "f<boolean>: - boolean", "f<bytes>: - bytes", "f<int>: int -", "f<string>: string -",
        ]),
        ([enum("A", name="a.E"), "int"], ["int", enum("A", name="b.E")], [
            "f: union union", "f<int>: int int", "f<E>: E E",
        ]),
        ([enum("A", name="X"), enum("A", name="Y")], [enum("A", name="Z", aliases=["Y"]), "int"], [
            "f: union union", "f<Z>: Y Z", "f<int>: X int",
        ]),
    ],
)  # fmt: skip
def test_branches_match_by_type_short_name_alias_and_what_is_left(old: Any, new: Any, expected: list[str]) -> None:
    """In this order; left-overs have one side."""
    assert _types(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("string", ["null", "string"], ["f: string union", "f: string string"]),
        (["null", "int"], "long", ["f: union long", "f: int long"]),
        (["null", "int", "string"], "string", ["f: union string", "f<string>: string string"]),
        (["int", "string"], "boolean", ["f: union boolean"]),
        ([enum("A"), "int"], enum("A", name="F"), ["f: union F", "f<F>: E F"]),
        ([enum("A"), "int"], enum("A", name="F", aliases=["E"]), ["f: union F", "f<F>: E F"]),
        ([], "int", ["f: union int"]),
    ],
)
def test_a_union_against_another_type_goes_on_with_the_branch_that_fits_best(
    old: Any, new: Any, expected: list[str]
) -> None:
    """After the pair of the two themselves."""
    assert _types(old, new) == expected


def test_types_know_the_field_that_they_belong_to() -> None:
    """Through arrays, maps and unions; the root belongs to none."""
    old = tree(field("f", {"type": "array", "items": ["null", {"type": "map", "values": "int"}]}))
    found = [one for one in matches(old, old) if isinstance(one, TypeMatch)]

    assert [one.new_owner and one.new_owner.name for one in found] == [None, "f", "f", "f", "f", "f"]
    assert all(one.old_owner is one.new_owner for one in found)


def test_a_type_that_is_used_twice_is_met_where_it_is_used_first() -> None:
    """Recursion ends there, too."""
    inner = record(field("next", ["null", "n.I"]), name="I")
    schema = tree(field("a", inner), field("b", "n.I"))

    assert _pairs(schema, schema) == [
        "R: R R",
        "field R.a: a a",
        "R.a: I I",
        "field R.a.next: next next",
        "R.a.next: union union",
        "R.a.next: null null",
        "field R.b: b b",
    ]


def _pyramid(floors: int) -> Schema:
    """Records that each use the next one twice: 2^floors ways to the last."""
    inner: Any = "int"
    for floor in range(floors):
        name = f"F{floor}"
        first = inner if isinstance(inner, str) else inner["name"]
        inner = record(field("a", inner), field("b", first), name=name)
    return parse_schema(inner)


def test_a_pyramid_of_shared_types_does_not_blow_up() -> None:
    """Sixty floors are 2^60 ways and 241 pairs."""
    schema = _pyramid(60)

    assert sum(1 for _ in matches(schema, schema)) == 60 * 3 + 2


def test_two_thousand_fields_and_branches_take_well_under_a_second() -> None:
    """No step looks through all fields, or all branches, for each of them."""
    names = [f"field{index}" for index in range(2000)]
    old = tree(*map(field, names), field("u", [enum("A", name=name) for name in names]))
    new = tree(*map(field, reversed(names)), field("u", [enum("A", name=f"{name}x") for name in names]))
    started = time.process_time()

    assert sum(1 for _ in matches(old, new)) == 2 + 2 * 2000 + 1 + 4000
    assert time.process_time() - started < 0.5
