"""The parser against Apache Avro Java's: what that takes and refuses, where one may be surprised."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from compat_checks import InvalidSchema, parse_schema
from compat_checks.schema import Enum, Record, Union


def record(*fields: dict[str, Any], name: str = "R", **rest: Any) -> dict[str, Any]:
    """A record."""
    return {"type": "record", "name": name, "fields": list(fields), **rest}


def field(kind: Any, name: str = "a", **rest: Any) -> dict[str, Any]:
    """A field."""
    return {"name": name, "type": kind, **rest}


ENUM = {"type": "enum", "name": "E", "symbols": ["A"]}
EMPTY = record(name="S")
TAKEN: dict[str, Any] = {
    "a name that is defined later": record(field("S"), field(EMPTY, "b")),
    "the same definition twice": record(field(EMPTY), field({**EMPTY, "doc": "docs do not count"}, "b")),
    "letters of any script in names": record(field("int", "été"), name="名"),
    "a default of the second branch": record(field(["null", "int"], default=5)),
    "a default that is no symbol": record(field(ENUM, default="nobody")),
    "a number as a text for a double": record(field("double", default=" -1.5e3f ")),
    "bytes with characters over 255": record(field("bytes", default="名")),
    "an enum's default that is no text": {**ENUM, "default": 5},
    "a namespace that is no text": record(namespace=5),
    "a doc that is no text": record(doc=5),
    "an alias that is no name, of a field": record(field("int", aliases=["1 2"])),
    "an alias in a namespace that is none": record(aliases=["a..B"]),
    "a type called as a kind of type": record(name="array"),
    "a type called as a primitive, in a namespace": record(name="n.int"),
    "an error": {"type": "error", "name": "R", "fields": []},
    "an invalid logical type": {"type": "int", "logicalType": "uuid"},
    "no branches": [],
    "an order in capitals": record(field("int", order="IGNORE")),
}
REFUSED: dict[str, tuple[Any, str]] = {
    "a named type in an object": ([EMPTY, {"type": "S"}], "is not a kind of type"),
    "a type in an object in an object": ({"type": {"type": "int"}}, "needs no object around it"),
    "a name that is never defined": (record(field("S")), '"S" is not a type'),
    "another definition of the same name": (record(field(EMPTY), field({**EMPTY, "x": 1}, "b")), "twice"),
    "one type twice in a union, one of them by its name": (["S", EMPTY], 'has "S" twice'),
    "a double for an int": (record(field("int", default=1.0)), "not of the type int"),
    "too large for an int": (record(field("int", default=2**31)), "not of the type int"),
    "too large for a long": (record(field("long", default=2**63)), "not of the type long"),
    "a text that is no number": (record(field("float", default="1e")), "not of the type float"),
    "a record's default without a field": (record(field(record(field("int")), default={})), "not of the type"),
    "a record as its own default": (record(field("R", default={})), "not complete before this field"),
    "records as each other's default": (
        record(field(record(field("R", default={}), name="S"), default={})),
        "not complete before this field",
    ),
    "a name of two UTF-16 units": (record(name="𐐀"), "is not a name"),
    "a namespace that ends with a dot": (record(namespace="n."), "is not a name"),
    "a fixed as long as a JVM has no array": ({"type": "fixed", "name": "F", "size": 2**31 - 8}, "bytes"),
    "an integer of 65 bits in a record's properties": (record(x=[2**64]), "64 bits"),
    "no order": (record(field("int", order=None)), "is none of"),
}
NOT_JSON = {
    "a key given twice": ('{"type": "int",\n "type": "int"}', 'schema:2:2: the key "type" is given twice'),
    "NaN": ('{"type": "int", "x": NaN}', "NaN is no value of JSON"),
    "a comment": ('/* why */ "int"', "not JSON"),
    "more after the end": ('"int" "int"', "1:7: not JSON"),
    "an endless number": (f'{{"type": "int", "x": {"9" * 5000}}}', "1:22: the number 999"),
}


@pytest.mark.parametrize("case", TAKEN)
def test_what_java_takes_is_taken(case: str) -> None:
    """No error."""
    parse_schema(json.dumps(TAKEN[case]))


@pytest.mark.parametrize("case", REFUSED)
def test_what_java_refuses_is_refused(case: str) -> None:
    """With the rule."""
    schema, reason = REFUSED[case]

    with pytest.raises(InvalidSchema) as caught:
        parse_schema(json.dumps(schema))

    assert reason in str(caught.value)


@pytest.mark.parametrize("case", NOT_JSON)
def test_a_text_that_is_not_json_is_refused(case: str) -> None:
    """Java reads comments, and of a key that is given twice the last one; both are refused here on purpose."""
    text, reason = NOT_JSON[case]

    with pytest.raises(InvalidSchema) as caught:
        parse_schema(text)

    assert reason in str(caught.value)


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    """They are not read as something else."""
    with pytest.raises(InvalidSchema, match="not UTF-8"):
        parse_schema(b'"\xff"')


def test_what_is_no_json_value_is_refused() -> None:
    """A set is none, nor is a list that holds itself."""
    circle: list[Any] = []
    circle.append(circle)

    for value in ({"type": {1}}, circle):
        with pytest.raises(InvalidSchema, match="no JSON value"):
            parse_schema(value)


def test_a_name_that_is_used_before_its_definition_is_that_object() -> None:
    """In a field, and in a union inside of an array."""
    schema = record(field("S"), field({"type": "array", "items": ["null", "S"]}, "b"), field(EMPTY, "c"))

    tree = parse_schema(json.dumps(schema))

    assert isinstance(tree, Record)
    used, inner, defined = (one.type for one in tree.fields)
    assert used is defined
    assert isinstance(inner.items, Union)  # type: ignore[union-attr]  # an array
    assert inner.items.branches[1] is defined  # type: ignore[union-attr]


def test_a_number_that_is_written_as_a_text_becomes_the_number() -> None:
    """JSON has no infinity."""
    tree = parse_schema(record(field("double", default="-Infinity")))

    assert isinstance(tree, Record)
    assert tree.fields[0].default == -math.inf


def test_a_default_of_an_enum_that_is_no_text_is_none() -> None:
    """Java reads past it."""
    tree = parse_schema(TAKEN["an enum's default that is no text"])

    assert isinstance(tree, Enum)
    assert tree.default is None


def test_aliases_are_full_names() -> None:
    """In the namespace of their type, where they have none; a dot in front means no namespace."""
    tree = parse_schema(record(name="n.R", aliases=["A", "m.B", ".C", "n.A"]))

    assert isinstance(tree, Record)
    assert tree.aliases == ("n.A", "m.B", "C")
