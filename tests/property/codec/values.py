"""Random values for any schema, in the shape of fastavro and in ours."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeAlias

import fastavro
from hypothesis import strategies as st

from eccs_contracts._codec.record import Record

Named: TypeAlias = dict[str, Any]

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LOW, _HIGH = dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)  # noqa: DTZ001  hypothesis wants no zone
_TEXT: Final = st.text(st.characters(codec="utf-8"), max_size=20) | st.text("aé漢😀\0", min_size=60, max_size=90)
_INT: Final = st.integers(-(2**31), 2**31 - 1) | st.integers(-70, 1100)
_LONG: Final = st.integers(-(2**63), 2**63 - 1) | st.integers(-70, 1100)
_NEAR: Final = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2040, 1, 1))  # noqa: DTZ001  as above
_TIMES: Final = _NEAR | st.datetimes(_LOW, _HIGH)


def _millis(value: Any) -> Any:
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def _aware(value: dt.datetime) -> dt.datetime:
    return value.replace(tzinfo=dt.UTC)


_PRIMITIVES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": _INT,
    "long": _LONG,
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "bytes": st.binary(max_size=90),
    "string": _TEXT,
}
_LOGICAL: Final[dict[str, st.SearchStrategy[Any]]] = {
    "string uuid": st.uuids(),
    "int date": st.dates(),
    "int time-millis": st.times().map(_millis),
    "long time-micros": st.times(),
    "long timestamp-millis": _TIMES.map(_millis).map(_aware),
    "long timestamp-micros": _TIMES.map(_aware),
    "long local-timestamp-millis": _TIMES.map(_millis),
    "long local-timestamp-micros": _TIMES,
}


@cache
def parsed(schema: str) -> Any:
    """The schema as fastavro wants it."""
    return fastavro.parse_schema(json.loads(schema))


def write(schema: str, datum: Any) -> bytes:
    """The bytes that fastavro writes."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed(schema), datum)
    return out.getvalue()


def read(schema: str, data: bytes) -> Any:
    """What fastavro reads."""
    return fastavro.schemaless_reader(io.BytesIO(data), parsed(schema), None)


@cache
def data_of(schema: str) -> st.SearchStrategy[Any]:
    """Values in the shape of fastavro."""
    tree = json.loads(schema)
    return _data(tree, dict(_definitions(tree, "")), "", 0)


def _definitions(schema: Any, space: str) -> Iterator[tuple[str, tuple[Any, str]]]:
    """Each named type by its full name, and the namespace inside of it."""
    if isinstance(schema, list):
        for one in schema:
            yield from _definitions(one, space)
    elif isinstance(schema, dict):
        if "name" in schema:
            space = schema.get("namespace", space)
            yield f"{space}.{schema['name']}".strip("."), (schema, space)
        for inner in (*schema.get("fields", ()), schema):
            for key in {"type", "items", "values"} & inner.keys():
                yield from _definitions(inner[key], space)


def _data(schema: Any, named: Named, space: str, depth: int) -> st.SearchStrategy[Any]:
    if isinstance(schema, list):
        branches = schema[:1] if depth > 3 else schema
        return st.one_of([_data(one, named, space, depth) for one in branches])
    if isinstance(schema, str):
        if schema in _PRIMITIVES:
            return _PRIMITIVES[schema]
        return _data(*_named(schema, named, space), depth)
    kind = schema["type"]
    space = schema.get("namespace", space)
    if kind == "record":
        fields = schema["fields"]
        return st.fixed_dictionaries({one["name"]: _data(one["type"], named, space, depth + 1) for one in fields})
    if kind in ("array", "map") and depth > 3:
        return st.builds(list if kind == "array" else dict)
    if kind == "array":
        return st.lists(_data(schema["items"], named, space, depth + 1), max_size=3)
    if kind == "map":
        return st.dictionaries(_TEXT, _data(schema["values"], named, space, depth + 1), max_size=3)
    return _scalar(schema)


def _named(name: str, named: Named, space: str) -> tuple[Any, Named, str]:
    schema, inner = named.get(f"{space}.{name}") or named[name]
    return schema, named, inner


def _scalar(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    kind, logical = schema["type"], schema.get("logicalType")
    if kind == "enum":
        return st.sampled_from(schema["symbols"])
    if logical == "decimal" and schema["precision"] >= schema.get("scale", 0):
        digits, scale = schema["precision"], schema.get("scale", 0)
        numbers = st.integers(-(10**digits) + 1, 10**digits - 1)
        return numbers.map(lambda number: Decimal(number).scaleb(-scale))
    if f"{kind} {logical}" in _LOGICAL:
        return _LOGICAL[f"{kind} {logical}"]
    return st.binary(min_size=schema["size"], max_size=schema["size"]) if kind == "fixed" else _PRIMITIVES[kind]


def datum_of(value: Any) -> Any:
    """A value of ours in the shape of fastavro."""
    if isinstance(value, Record):
        slots: tuple[str, ...] = type(value).__slots__
        attributes = [getattr(value, name) for name in slots]
        return {name: datum_of(one) for name, one in zip(value.FIELDS, attributes, strict=True)}
    if isinstance(value, list):
        return [datum_of(one) for one in value]
    if isinstance(value, dict):
        return {key: datum_of(one) for key, one in value.items()}
    return str(value) if isinstance(value, StrEnum) else value
