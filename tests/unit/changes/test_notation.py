"""Types, fields and values on one line."""

from typing import Any

import pytest

from compat_checks.notation import field_text, type_text, value_text
from compat_checks.parse import parse_schema
from tests.unit.changes.building import enum, field, record, tree

_CATEGORIES = ("TRANSIENT_EXHAUSTED", "PERMANENT", "PARSE", "VALIDATION", "EXPIRED")
_MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
_DECIMAL = {"logicalType": "decimal", "precision": 10, "scale": 2}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("string", "string"),
        (_MILLIS, "timestamp-millis"),
        ({"type": "bytes", **_DECIMAL}, "decimal(10, 2)"),
        ({"type": "fixed", "name": "Money", "size": 8, **_DECIMAL}, "decimal(10, 2) in fixed Money(8)"),
        ({"type": "fixed", "name": "a.Hash", "size": 16}, "fixed Hash(16)"),
        ({"type": "array", "items": "string"}, "array<string>"),
        ({"type": "map", "values": ["null", "string"]}, "map<string or null>"),
        (["null", "string"], "optional string"),
        ([_MILLIS, "null"], "optional timestamp-millis"),
        (["null", "boolean", "long", "string"], "boolean, long, string or null"),
        (["null", {"type": "map", "values": ["null", "int"]}], "optional map<int or null>"),
        (["string"], "string"),
        (["null"], "null"),
        ([], "a union of nothing"),
        (enum("A", "B"), "enum E {A, B}"),
        (enum(*_CATEGORIES, name="ErrorCategory"), "enum ErrorCategory {TRANSIENT_EXHAUSTED, …}"),
        (enum(*_CATEGORIES, name="Why"), "enum Why {TRANSIENT_EXHAUSTED, PERMANENT, PARSE, …}"),
        (["null", enum("A", "B")], "optional enum E {A, B}"),
        ({"type": "array", "items": enum("A", "B")}, "array<enum E>"),
        (record(name="RetryMetadata"), "record RetryMetadata"),
        ({"type": "error", "name": "Bad", "fields": []}, "error Bad"),
    ],
)
def test_a_type_reads_as_a_person_writes_it(schema: Any, expected: str) -> None:
    """Optional for null and one other; null last elsewhere."""
    assert type_text(parse_schema(schema)) == expected


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (field("f"), "string"),
        (field("f", ["null", "int"], default=None), "optional int, default null"),
        (field("f", default="", maxLength=500), 'string, default "", maxLength 500'),
        (field("f", format="email", **{"confluent:tags": ["PII", "GDPR"]}), "string, format email, tags PII GDPR"),
        (field("f", pattern="a\nb"), 'string, pattern "a\\nb"'),
        (field("f", minLength=True), "string, minLength true"),
    ],
)
def test_a_field_tells_type_default_constraints_and_tags(one: Any, expected: str) -> None:
    """In this order, always on one line."""
    assert field_text(tree(one).fields[0]) == expected


def test_long_texts_are_cut() -> None:
    """At 60 characters, the last of which says so."""
    assert value_text("x" * 58) == f'"{"x" * 58}"'
    assert value_text("x" * 59) == f'"{"x" * 58}…'
    assert len(type_text(parse_schema(record(name="R" * 80)))) == 60
