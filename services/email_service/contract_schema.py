"""JSON Schema and examples of a contract, made of its Avro schema: what a schema says is not written again.

The dialect is that of OpenAPI 3.1 (JSON Schema 2020-12). It describes the plain JSON form that `from_json` takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from eccs_contracts import EmailRequest
from eccs_contracts.errors import ContractsError
from services.email_service.rules import FIRST_YEAR, LAST_YEAR, broken_rules

Schema: TypeAlias = dict[str, Any]

# Avro field properties that JSON Schema has under the same name (our own properties, schemas/README.md).
_CONSTRAINTS: Final = ("minLength", "maxLength", "minimum", "maximum", "format")
_PRIMITIVES: Final[Mapping[str, Schema]] = {
    "null": {"type": "null"},
    "boolean": {"type": "boolean"},
    "int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "string": {"type": "string"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS: Final = round((datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()) * 1000
_LAST_MS: Final = round((datetime(LAST_YEAR, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH).total_seconds()) * 1000
_LOGICAL: Final[Mapping[str, Schema]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "timestamp-millis": {
        "anyOf": [
            {"type": "string", "format": "date-time", "pattern": f"^{FIRST_YEAR // 1000}[0-9]{{3}}-"},
            {"type": "integer", "minimum": _FIRST_MS, "maximum": _LAST_MS, "description": "Milliseconds since 1970."},
        ]
    },
}


def request_schema(model: type[EmailRequest], given: Collection[str]) -> Schema:
    """The JSON Schema of the fields of `model` that are in `given`; anything else is refused.

    Raises:
        KeyError: the contract has a type that this translation does not know.
    """
    fields = [one for one in json.loads(model.SCHEMA)["fields"] if one["name"] in given]
    return {
        "type": "object",
        "description": json.loads(model.SCHEMA)["doc"],
        "properties": {one["name"]: field_schema(one) for one in fields},
        "required": [one["name"] for one in fields if "default" not in one],
        "additionalProperties": False,
        "examples": [request_example(model, given)],
    }


def field_schema(field: Mapping[str, Any]) -> Schema:
    """The JSON Schema of one field of a record, with its doc and its constraints."""
    rules = {name: field[name] for name in _CONSTRAINTS if name in field}
    if "pattern" in field:
        rules["pattern"] = f"^(?:{field['pattern']})$"  # ours match the whole text
    about = {"description": field["doc"]} if "doc" in field else {}
    kind = field["type"]
    if not isinstance(kind, list):
        return {**about, **type_schema(kind), **rules}
    branches = [type_schema(one) if one == "null" else {**type_schema(one), **rules} for one in kind]
    return {**about, "anyOf": branches}


def type_schema(kind: Any) -> Schema:
    """The JSON Schema of an Avro type; KeyError where it is not known."""
    if isinstance(kind, list):
        return {"anyOf": [type_schema(one) for one in kind]}
    if isinstance(kind, str):
        return dict(_PRIMITIVES[kind])
    if (logical := kind.get("logicalType")) in _LOGICAL:
        return dict(_LOGICAL[logical])
    return _COMPLEX[kind["type"]](kind) if kind["type"] in _COMPLEX else dict(_PRIMITIVES[kind["type"]])


_COMPLEX: Final[Mapping[str, Callable[[Any], Schema]]] = {
    "map": lambda kind: {"type": "object", "additionalProperties": type_schema(kind["values"])},
    "array": lambda kind: {"type": "array", "items": type_schema(kind["items"])},
    "enum": lambda kind: {"type": "string", "enum": kind["symbols"]},
}


def request_example(model: type[EmailRequest], given: Collection[str]) -> Schema:
    """A request that keeps the constraints; a field that need not be there is left out where none could be made.

    Raises:
        ValueError: the pattern of a field that must be there is beyond what can be made here.
    """
    fields = [one for one in json.loads(model.SCHEMA)["fields"] if one["name"] in given]
    found = {}
    for one in fields:
        try:
            found[one["name"]] = example_of(field_schema(one), one["name"])
        except ValueError:
            if "default" not in one:
                raise
    return found


def example_of(schema: Schema, name: str) -> Any:
    """A value that a JSON Schema of ours allows, as readable as its constraints let it be.

    Raises:
        ValueError: it has a pattern that no text tried here matches.
    """
    if "anyOf" in schema:
        branches = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return example_of(next((one for one in branches if one.get("type") == "string"), branches[0]), name)
    return _EXAMPLES[schema["type"]](schema, name)


def _text(schema: Schema, name: str) -> str:
    """By format or enumeration where there is one; else the name, as long as it must be and as short."""
    if "enum" in schema:
        return str(schema["enum"][0])
    if (made := _BY_FORMAT.get(schema.get("format", ""))) is not None:
        return made
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    for word in (name, name.lower(), name.upper(), "a", "A", "1"):
        text = word[:most] if len(word) >= least else (word * least)[:least]
        if re.search(schema.get("pattern", ""), text):
            return text
    raise ValueError(f"{name}: no example could be made for the pattern {schema['pattern']}")


def _number(schema: Schema, _: str) -> int:
    return int(min(max(1, schema.get("minimum", 1)), schema.get("maximum", 1)))


_BY_FORMAT: Final = {
    "email": "name@example.com",
    "uuid": "6f1f4f5e-0c55-4b8c-9f5b-6f1c9a1d2e3f",
    "date-time": "2030-01-01T12:00:00Z",
}
_EXAMPLES: Final[Mapping[str, Callable[[Schema, str], Any]]] = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": lambda *_: True,
    "object": lambda schema, _: {"name": example_of(schema["additionalProperties"], "value")},
    "array": lambda schema, name: [example_of(schema["items"], name)],
}
_OURS: Final = {"id": "00000000-0000-4000-8000-000000000000", "userId": "user", "timestamp": 0}


def accepted(fields: Mapping[str, Any]) -> bool:
    """Whether the contract and the API take these fields of a caller."""
    try:
        request = EmailRequest.from_json({**_OURS, **fields})
        request.validate()
    except ContractsError:
        return False
    return not broken_rules(fields, request, None)
