"""The Avro parser: what it refuses, and where it says the mistake is."""

from __future__ import annotations

import json

import pytest

from compat_checks import InvalidSchema, parse_schema
from compat_checks.schema import Primitive, Record, walk

REFUSED = {
    "[": "1:2: not JSON",
    '{"type": "int", "type": "long"}': 'the key "type" is given twice',
    '"nobody"': '"nobody" is not a type',
    '["int", ["null"]]': "1:9: at /1: a union directly inside of a union",
    '["int", "int"]': 'the union has "int" twice',
    '{"type": "fixed", "name": "F", "size": -1}': 'needs a "size"',
    '{"type": "enum", "name": "E", "symbols": ["A", "A"]}': 'the symbol "A" is given twice',
    '{"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}': 'the default "B" is not one of the symbols',
    '{"type": "record", "name": "R", "fields": [{"name": "a"}]}': 'the field "a" needs a "type"',
    '{"type": "record", "name": "1R", "fields": []}': '"1R" is not a name',
    '{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "default": "x"}]}': "not of the type int",
    '{"type": "array"}': 'array needs "items"',
    "5": "a schema is a string, an object or an array",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_broken_schema_is_refused_with_its_place(text: str) -> None:
    """The message names the rule."""
    with pytest.raises(InvalidSchema) as caught:
        parse_schema(text, path="x.avsc")

    assert REFUSED[text] in str(caught.value)


def test_deep_nesting_is_refused_without_a_recursion_error() -> None:
    """Ten thousand arrays inside of each other."""
    text = '{"type":"array","items":' * 10_000 + '"int"' + "}" * 10_000

    with pytest.raises(InvalidSchema, match="nested"):
        parse_schema(text)


def test_a_recursive_record_is_one_object() -> None:
    """A name that is used again means the same node."""
    fields = [{"name": "next", "type": ["null", "a.Node"]}]
    schema = parse_schema(json.dumps({"type": "record", "name": "Node", "namespace": "a", "fields": fields}))

    assert isinstance(schema, Record)
    assert [type(node).__name__ for node in walk(schema)] == ["Record", "Union", "Primitive"]


def test_a_bare_name_is_a_schema() -> None:
    """`long` means the JSON text `"long"`."""
    assert isinstance(parse_schema("long"), Primitive)
