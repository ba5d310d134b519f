"""A few values of a schema, in the shape of fastavro, for the gate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from compat_checks.schema import Array, Enum, Fixed, Map, Primitive, Record, Schema, Union

_ROUNDS: Final = 6  # at least as many as most unions have branches
_DEEP: Final = 4  # records inside of each other, where they are recursive

_PRIMITIVES: Final[dict[str, tuple[Any, ...]]] = {
    "null": (None,),
    "boolean": (True, False),
    "int": (0, -1, 2**31 - 1),
    "long": (1, -(2**40), 2**62),
    "float": (0.5, -2.0),
    "double": (0.25, -1e100),
    "bytes": (b"", b"\x00\xff"),
    "string": ("", "é漢😀", "x" * 100),
}
_MOMENTS: Final = (datetime(2026, 5, 1, 12, 30, 1, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC))
_LOGICAL: Final[dict[str, tuple[Any, ...]]] = {
    "uuid": (UUID(int=7), UUID(int=2**127)),
    "date": (date(2026, 5, 1), date(1, 1, 1)),
    "time-millis": (time(12, 30, 1, 5000),),
    "time-micros": (time(12, 30, 1, 5),),
    "timestamp-millis": _MOMENTS,
    "timestamp-micros": _MOMENTS,
    "local-timestamp-millis": tuple(one.replace(tzinfo=None) for one in _MOMENTS),
    "local-timestamp-micros": tuple(one.replace(tzinfo=None) for one in _MOMENTS),
}


def samples(schema: Schema) -> Iterator[Any]:
    """Some values, in which each branch and each boundary comes up."""
    for turn in range(_ROUNDS):
        yield _value(schema, turn, 0)


def _value(schema: Schema, turn: int, depth: int) -> Any:
    match schema:
        case Record():
            return {
                field.name: _value(field.type, turn + index if depth < _DEEP else 0, depth + 1)
                for index, field in enumerate(schema.fields)
            }
        case Array():
            return [] if depth > _DEEP or turn % 3 == 0 else [_value(schema.items, turn, depth + 1)]
        case Map():
            return {} if depth > _DEEP or turn % 3 == 0 else {"key": _value(schema.values, turn, depth + 1)}
        case Union():
            return _branch(schema, turn, depth)
        case Enum():
            return schema.symbols[turn % len(schema.symbols)]
        case Fixed() | Primitive():
            return _scalar(schema, turn)


def _branch(union: Union, turn: int, depth: int) -> Any:
    null = next((one for one in union.branches if one.kind == "null"), None)
    chosen = null if null and depth > _DEEP else union.branches[turn % len(union.branches)]
    value = _value(chosen, turn, depth)
    return value if chosen.kind == "null" else (chosen.label, value)


def _scalar(schema: Primitive | Fixed, turn: int) -> Any:
    name = schema.logical.name if schema.logical else ""
    if schema.logical and name == "decimal":
        return Decimal(f"{turn - 2}E-{schema.logical.scale}")
    if isinstance(schema, Fixed):
        return bytes((turn,)) * schema.size
    found = _LOGICAL.get(name) or _PRIMITIVES[schema.kind]
    return found[turn % len(found)]
