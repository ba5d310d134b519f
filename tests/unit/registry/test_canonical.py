"""The texts by which a registry compares schemas; the canonical ones are what Apache Avro Java 1.12.0 prints."""

from __future__ import annotations

import json

import pytest

from compat_checks.canonical import canonical, normalised
from compat_checks.parse import Names, parse_schema

_PRINTED = {
    "a primitive": ('{"type": "int"}', '"int"'),
    "a primitive with attributes": (
        '{"logicalType": "date", "type": "int"}',
        '{"type":"int","logicalType":"date"}',
    ),
    "known keys first, in their order": (
        '{"fields": [], "x": 1, "doc": "d", "namespace": "n", "aliases": ["B", "o.C"], "name": "A", "type": "record"}',
        '{"type":"record","name":"A","namespace":"n","doc":"d","fields":[],"x":1,"aliases":["B","o.C"]}',
    ),
    "a full name is split": (
        '{"type": "fixed", "name": "n.F", "size": 2}',
        '{"type":"fixed","name":"F","namespace":"n","size":2}',
    ),
    "names are relative to what is around them": (
        (
            '{"type": "record", "name": "n.A", "fields": [{"name": "f", "type": {"type": "enum", "name": "n.E", '
            '"symbols": ["P"]}}, {"name": "g", "type": "n.E"}]}'
        ),
        (
            '{"type":"record","name":"A","namespace":"n","fields":[{"name":"f","type":{"type":"enum","name":"E",'
            '"symbols":["P"]}},{"name":"g","type":"E"}]}'
        ),
    ),
    "a type without a namespace inside of one": (
        (
            '{"type": "record", "name": "n.A", "fields": [{"name": "f", "type": {"type": "fixed", "name": "F", '
            '"namespace": "", "size": 1}}]}'
        ),
        (
            '{"type":"record","name":"A","namespace":"n","fields":[{"name":"f","type":{"type":"fixed","name":"F",'
            '"namespace":"","size":1}}]}'
        ),
    ),
    "an alias that is called like a kind keeps its namespace": (
        '{"type": "fixed", "name": "n.F", "size": 2, "aliases": ["array", "G"]}',
        '{"type":"fixed","name":"F","namespace":"n","size":2,"aliases":["n.array","G"]}',
    ),
    "a field": (
        (
            '{"type": "record", "name": "A", "fields": [{"x": 1, "aliases": ["b"], "order": "ignore", "default": 1, '
            '"doc": "", "type": {"type": "long"}, "name": "a"}]}'
        ),
        (
            '{"type":"record","name":"A","fields":[{"name":"a","type":"long","doc":"","default":1,"order":"ignore",'
            '"aliases":["b"],"x":1}]}'
        ),
    ),
    "the usual order is left out": (
        '{"type": "record", "name": "A", "fields": [{"name": "a", "type": "int", "order": "ASCENDING"}]}',
        '{"type":"record","name":"A","fields":[{"name":"a","type":"int"}]}',
    ),
    "an enum": (
        '{"type": "enum", "name": "E", "default": "P", "symbols": ["P", "Q"], "doc": "d"}',
        '{"type":"enum","name":"E","doc":"d","symbols":["P","Q"],"default":"P"}',
    ),
    "an error": (
        '{"type": "error", "name": "E", "fields": []}',
        '{"type":"error","name":"E","fields":[]}',
    ),
}


@pytest.mark.parametrize("case", _PRINTED)
def test_the_canonical_text_is_what_java_prints(case: str) -> None:
    """Key by key."""
    written, printed = _PRINTED[case]

    assert canonical(parse_schema(written)) == printed


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (
            '{"type":"int","x":1,"y":{"b":1,"a":[{"d":1}]}}',
            '{"y":{"a":[{"d":1}],"b":1},"x":1,"type":"int"}',
        ),
        (
            '{"type":"fixed","name":"F","size":9,"aliases":["b","a","b"]}',
            '{"type":"fixed","name":"F","size":9,"aliases":["a","b"]}',
        ),
        (
            '{"type":"bytes","logicalType":"decimal","precision":4,"scale":0}',
            '{"type":"bytes","precision":4,"logicalType":"decimal"}',
        ),
        ('{"type":"record","name":"A","doc":"","fields":[]}', '{"type":"record","name":"A","fields":[]}'),
        ('{"type":"error","name":"A","fields":[]}', '{"type":"record","name":"A","fields":[]}'),
    ],
)
def test_normalised_texts_are_equal_where_only_the_writing_differs(one: str, two: str) -> None:
    """The canonical texts are not."""
    assert normalised(parse_schema(one)) == normalised(parse_schema(two))
    assert canonical(parse_schema(one)) != canonical(parse_schema(two))


@pytest.mark.parametrize(
    "other",
    [
        '{"type":"record","name":"A","doc":"d","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}',
        '{"type":"record","name":"A","fields":[{"name":"b","type":"int"},{"name":"a","type":"int"}]}',
        '{"type":"record","name":"A","fields":[{"name":"a","type":"int","default":0},{"name":"b","type":"int"}]}',
        '{"type":"record","name":"A","aliases":["B"],"fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}',
        '{"type":"record","name":"A","x":1,"fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}',
        (
            '{"type":"record","name":"A","fields":[{"name":"a","type":{"type":"int","logicalType":"date"}},'
            '{"name":"b","type":"int"}]}'
        ),
    ],
)
def test_what_means_something_stays_in_the_normalised_text(other: str) -> None:
    """It is not Parsing Canonical Form."""
    plain = '{"type":"record","name":"A","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}'

    assert normalised(parse_schema(other)) != normalised(parse_schema(plain))


def test_referenced_types_are_printed_by_name() -> None:
    """Where they are defined is the reference's business."""
    names = Names()
    parse_schema('{"type":"fixed","name":"n.F","size":2}', names=names)
    referenced = frozenset(names.known)
    schema = parse_schema('{"type":"array","items":"n.F"}', names=names)

    assert canonical(schema, referenced) == '{"type":"array","items":"n.F"}'
    assert json.loads(canonical(schema))["items"]["size"] == 2
