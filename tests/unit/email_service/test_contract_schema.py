"""The description of a request, against the contract that it is made of."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eccs_contracts import EmailRequest
from services.email_service.contract_schema import accepted, example_of, field_schema, type_schema
from services.email_service.models import GIVEN, SEND_REQUEST

_CHECK = jsonschema.Draft202012Validator(SEND_REQUEST)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e9, 1e9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def test_every_field_that_a_caller_gives_is_described() -> None:
    """With its doc, and required where it has no default."""
    fields = {one["name"]: one for one in json.loads(EmailRequest.SCHEMA)["fields"]}

    assert list(SEND_REQUEST["properties"]) == list(GIVEN)
    assert [one["description"] for one in SEND_REQUEST["properties"].values()] == [
        fields[name]["doc"] for name in GIVEN
    ]
    assert SEND_REQUEST["required"] == [name for name in GIVEN if "default" not in fields[name]]


def test_the_example_is_one() -> None:
    """For the contract and for the description."""
    [example] = SEND_REQUEST["examples"]

    assert accepted(example)
    assert _CHECK.is_valid(example)
    assert None not in example.values()


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(GIVEN, _JSON)))
def test_what_the_description_refuses_the_contract_refuses(change: dict[str, Any]) -> None:
    """Types, missing and unknown fields; formats are the contract's alone."""
    fields = {**SEND_REQUEST["examples"][0], **change}
    if not _CHECK.is_valid(fields):
        assert not accepted(fields)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"name": "n", "type": "int", "minimum": 1}, {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}),
        ({"name": "n", "type": "string", "pattern": "a|b"}, {"type": "string", "pattern": "^(?:a|b)$"}),
        (
            {"name": "n", "type": ["null", "string"], "maxLength": 5, "doc": "D."},
            {"description": "D.", "anyOf": [{"type": "null"}, {"type": "string", "maxLength": 5}]},
        ),
    ],
)
def test_constraints_are_carried_over(field: dict[str, Any], expected: dict[str, Any]) -> None:
    """To the branch of a union that they are about."""
    assert field_schema(field) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ({"type": "array", "items": "boolean"}, {"type": "array", "items": {"type": "boolean"}}),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, {"type": "string", "enum": ["A"]}),
        ({"type": "string", "logicalType": "uuid"}, {"type": "string", "format": "uuid"}),
        ({"type": "string", "logicalType": "unheard-of"}, {"type": "string"}),
    ],
)
def test_types_are_translated(kind: Any, expected: dict[str, Any]) -> None:
    """An unknown logical type is its own type, as Avro says."""
    assert type_schema(kind) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"type": "string", "maxLength": 3}, "fie"),
        ({"type": "string", "minLength": 7}, "fieldfi"),
        ({"type": "string", "format": "email", "maxLength": 254}, "name@example.com"),
        ({"type": "string", "pattern": "[A-Z]{5}"}, "FIELD"),
        ({"type": "string", "pattern": "[0-9]+", "minLength": 4}, "1111"),
        ({"type": ["null", "int"], "minimum": 18}, 18),
        ({"type": "long", "maximum": -5}, -5),
        ({"type": {"type": "map", "values": ["null", "long", "string"]}}, {"name": "value"}),
        ({"type": {"type": "array", "items": "boolean"}}, [True]),
        ({"type": {"type": "enum", "name": "E", "symbols": ["B", "A"]}}, "B"),
        ({"type": {"type": "long", "logicalType": "timestamp-millis"}}, "2030-01-01T12:00:00Z"),
    ],
)
def test_an_example_is_made_of_the_constraints(field: dict[str, Any], expected: Any) -> None:
    """And keeps them."""
    schema = field_schema({"name": "field", **field})
    made = example_of(schema, "field")

    assert made == expected
    assert jsonschema.Draft202012Validator(schema).is_valid(made)


def test_a_pattern_that_is_beyond_us_is_said() -> None:
    """And not answered with an example that breaks it."""
    with pytest.raises(ValueError, match="field: no example"):
        example_of({"type": "string", "pattern": "^(?:x-[0-9]{9}-y)$"}, "field")
