"""Whether a JSON value can be the default of a field (specification, "Default values", as Java 1.12 reads it)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from compat_checks.schema import Array, Enum, Fixed, Map, Primitive, Record, Schema, Union
from compat_checks.source import Json

_INT: Final = range(-(2**31), 2**31)
_LONG: Final = range(-(2**63), 2**63)
_MAX_SHOWN: Final = 60


def default_problem(schema: Schema, value: Json) -> str | None:
    """What is wrong with a default, as the end of a sentence; None where nothing is.

    The default of a union may be of any of its branches: Java 1.12 takes that, though the older rule (the first
    branch) is what most readers in the field still apply.
    """
    if _fits(schema, value):
        return None
    shown = json.dumps(value)
    shown = shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "…"
    return f"is {shown}, which is not {_article(schema)}"


def _article(schema: Schema) -> str:
    if isinstance(schema, Union):
        return f"any of [{', '.join(branch.label for branch in schema.branches)}]"
    return f"of the type {schema.label}"


def _fits(schema: Schema, value: Json) -> bool:
    match schema:
        case Primitive():
            return _PRIMITIVE[schema.kind](value)
        case Array():
            return isinstance(value, list) and all(_fits(schema.items, item) for item in value)
        case Map():
            return isinstance(value, dict) and all(_fits(schema.values, item) for item in value.values())
        case Union():
            return any(_fits(branch, value) for branch in schema.branches)
        case Enum():
            return isinstance(value, str) and value in schema.symbols
        case Fixed():
            return isinstance(value, str)
        case Record():
            return isinstance(value, dict) and all(_field_fits(field, value) for field in schema.fields)


def _field_fits(field: Any, value: dict[str, Json]) -> bool:
    if field.name in value:
        return _fits(field.type, value[field.name])
    return field.has_default and _fits(field.type, field.default)


def _is_integer(value: Json, allowed: range) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in allowed


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_PRIMITIVE: Final[dict[str, Callable[[Json], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "int": lambda value: _is_integer(value, _INT),
    "long": lambda value: _is_integer(value, _LONG),
    "float": _is_number,
    "double": _is_number,
    "bytes": lambda value: isinstance(value, str),
    "string": lambda value: isinstance(value, str),
}
