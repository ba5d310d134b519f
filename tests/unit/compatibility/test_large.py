"""Large, deep, wide and recursive schemas: fast, or refused in a sentence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from compat_checks import InvalidSchema, check_pair, parse_schema
from compat_checks.parse import MAX_DEPTH
from compat_checks.resolution import MAX_CAUSES, MAX_REPEATS, Incompatibility

SECONDS = 1.0  # of processor time; each takes a tenth of it or less


def record(name: str, fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """A record."""
    return {"type": "record", "name": name, "fields": [{"name": one, "type": kind} for one, kind in fields]}


def wide(kind: Any) -> Any:
    """2,000 fields of a union."""
    return record("Wide", [(f"f{index}", ["null", kind]) for index in range(2_000)])


def unions(kind: Any) -> Any:
    """60 records inside of each other, each in a union."""
    for index in range(60):
        kind = record(f"N{index}", [("next", ["null", kind])])
    return kind


def chain(kind: Any) -> Any:
    """60 records, each of which uses the next one twice."""
    made = record("C0", [("a", kind)])
    for index in range(1, 60):
        made = record(f"C{index}", [("a", made), ("b", f"C{index - 1}")])
    return made


def union_chain(kind: Any) -> Any:
    """60 records, each of which uses the next one twice, in unions."""
    made = record("C0", [("a", kind)])
    for index in range(1, 60):
        made = record(f"C{index}", [("a", ["null", made]), ("b", ["null", f"C{index - 1}"])])
    return made


def long_line(kind: Any) -> Any:
    """3,000 records beside each other, each of which uses the one before it."""
    line = [("f0", record("L0", [("a", kind)]))]
    line += [(f"f{index}", record(f"L{index}", [("a", f"L{index - 1}")])) for index in range(1, 3_000)]
    return record("Line", line)


def backwards(kind: Any) -> Any:
    """3,000 records beside each other, each of which uses the one after it."""
    line = [(f"f{index}", record(f"L{index}", [("a", f"L{index + 1}")])) for index in range(2_999)]
    return record("Line", [*line, ("last", record("L2999", [("a", kind)]))])


SHAPES: dict[str, tuple[Callable[[Any], Any], int]] = {
    "wide": (wide, 2_000),
    "unions": (unions, 1),
    "union chain": (union_chain, 2),
    "long line": (long_line, 3_000),
    "backwards": (backwards, 3_000),
}


@pytest.mark.parametrize("shape", [*SHAPES, "chain"])
def test_large_schemas_that_are_compatible_are_compared_fast(shape: str) -> None:
    """Under a second of processor time."""
    make = chain if shape == "chain" else SHAPES[shape][0]
    reader, writer = parse_schema(make("long")), parse_schema(make("int"))
    start = time.process_time()

    assert check_pair(reader, writer).compatible
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("shape", SHAPES)
def test_large_schemas_that_are_not_are_compared_fast(shape: str) -> None:
    """With all that Java lists."""
    make, expected = SHAPES[shape]
    reader, writer = parse_schema(make("int")), parse_schema(make("string"))
    start = time.process_time()

    assert len(check_pair(reader, writer).incompatibilities) == expected
    assert time.process_time() - start < SECONDS


def test_a_list_that_doubles_with_each_level_ends() -> None:
    """Java's has 2 to the 59th entries."""
    start = time.process_time()

    assert 0 < len(check_pair(chain("int"), chain("string")).incompatibilities) <= MAX_REPEATS
    assert time.process_time() - start < SECONDS


def test_causes_can_be_walked_over() -> None:
    """In types that use each other in unions, their number would double with each level."""

    def count(one: Incompatibility) -> int:
        return 1 + sum(map(count, one.because))

    found = check_pair(union_chain("int"), union_chain("string")).incompatibilities

    assert all(1 < count(one) <= MAX_CAUSES + 1 for one in found)


def test_a_recursive_type_is_compared_once() -> None:
    """A tree of nodes that refer to each other in every way."""

    def tree(kind: str) -> Any:
        both = {"type": "array", "items": ["null", "Node", "Leaf"]}
        return record("Node", [("leaf", record("Leaf", [("up", ["null", "Node"]), ("value", kind)])), ("inner", both)])

    assert check_pair(tree("long"), tree("int")).compatible
    assert not check_pair(tree("int"), tree("long")).compatible


def nested(levels: int, opening: str, inside: str, closing: str) -> str:
    """Something inside of itself."""
    return opening * levels + inside + closing * levels


IN_A_RECORD = '{"type": "record", "name": "R", "x": %s, "fields": [{"name": "a", "default": %s, "type": %s}]}'
DEEP = {
    "arrays": nested(MAX_DEPTH + 2, '{"type": "array", "items": ', '"int"', "}"),
    "ten thousand arrays": nested(10_000, '{"type": "array", "items": ', '"int"', "}"),
    "unions": nested(MAX_DEPTH + 2, '[{"type": "map", "values": ', '"int"', "}]"),
    "a default": IN_A_RECORD % ("1", nested(900, "[", "", "]"), '{"type": "array", "items": "int"}'),
    "a property": IN_A_RECORD % (nested(900, '{"a": ', "1", "}"), "1", '"int"'),
    "brackets": nested(100_000, "[", "", "]"),
}


@pytest.mark.parametrize("case", DEEP)
def test_what_is_nested_too_deeply_is_refused(case: str) -> None:
    """In a sentence, wherever it is."""
    with pytest.raises(InvalidSchema, match="nested"):
        parse_schema(DEEP[case])


def test_as_deep_as_allowed_is_read_and_compared() -> None:
    """MAX_DEPTH arrays inside of each other."""
    reader, writer = (nested(MAX_DEPTH, '{"type": "array", "items": ', kind, "}") for kind in ('"long"', '"int"'))

    assert check_pair(reader, writer).compatible


def test_defaults_that_fill_in_each_other_take_no_time() -> None:
    """60 records, each with two fields whose default is an empty record of the one before."""
    made: Any = record("C0", [])
    for index in range(1, 60):
        fields = [{"name": "a", "type": made, "default": {}}, {"name": "b", "type": f"C{index - 1}", "default": {}}]
        made = {"type": "record", "name": f"C{index}", "fields": fields}
    start = time.process_time()

    parse_schema(json.dumps(made))

    assert time.process_time() - start < SECONDS


def test_a_default_that_fits_no_branch_at_any_level_takes_no_time() -> None:
    """Each of its 40 levels can be either of two recursive records."""
    either = [record(name, [("next", ["null", "A", "B"])]) for name in ("A", "B")]
    default: Any = {"next": 5}
    for _ in range(40):
        default = {"next": default}
    holder = {"type": "record", "name": "H", "fields": [{"name": "f", "type": ["A", "B"], "default": default}]}
    start = time.process_time()

    with pytest.raises(InvalidSchema, match="any of"):
        parse_schema([*either, holder])
    assert time.process_time() - start < SECONDS
