"""Defaults of fields as Python expressions (Avro specification, "Complex Types", "Records", default)."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from codegen.model import ClassModel, Default, EnumModel, RecordModel
from codegen.types import ArrayOf, EnumOf, Home, MapOf, PyType, RecordOf, Scalar, UnionOf, reference, tag_class
from compat_checks.source import Json

# The model of a class, wherever it lives; the defaults of its own fields may not be decided yet.
Lookup: TypeAlias = Callable[[Home], ClassModel]

_UNFIT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  the zone is written where the type has one


def default_of(type_: PyType, value: Json, lookup: Lookup, here: str) -> Default | None:
    """The default that a JSON value means; None where the type cannot hold it.

    What is mutable, or lives in another module, is made late: modules may import each other in a circle.
    """
    try:
        expression = _expression(type_, value, lookup, here)
    except _UNFIT:
        return None
    chosen = _branch(type_, value, lookup, here)
    foreign = isinstance(chosen, EnumOf) and chosen.home.module != here
    called = isinstance(chosen, Scalar) and chosen.kind.startswith(("uuid", "local-timestamp-mi", "duration"))
    tagged = isinstance(type_, UnionOf) and type_.tags[type_.branches.index(chosen)]
    made = foreign or called or bool(tagged) or isinstance(chosen, ArrayOf | MapOf | RecordOf)
    return Default(expression, is_made=made)


def _branch(type_: PyType, value: Json, lookup: Lookup, here: str) -> PyType:
    """The branch of a union that takes the default: the first one, as Java has it."""
    if not isinstance(type_, UnionOf):
        return type_
    for branch in type_.branches:
        try:
            _expression(branch, value, lookup, here)
        except _UNFIT:
            continue
        return branch
    raise ValueError


def _expression(type_: PyType, value: Json, lookup: Lookup, here: str) -> str:
    match type_:
        case UnionOf():
            chosen = _branch(type_, value, lookup, here)
            tag = tag_class(type_.tags[type_.branches.index(chosen)], here)
            inner = _expression(chosen, value, lookup, here)
            return f"{tag}({inner})" if tag else inner
        case ArrayOf():
            return f"[{', '.join(_expression(type_.items, one, lookup, here) for one in _of(list, value))}]"
        case MapOf():
            pairs = (
                f"{key!r}: {_expression(type_.values, one, lookup, here)}" for key, one in _of(dict, value).items()
            )
            return f"{{{', '.join(pairs)}}}"
        case EnumOf():
            return _enum(type_, value, lookup, here)
        case RecordOf():
            return _record(type_, value, lookup, here)
        case Scalar():
            return _SCALARS[type_.kind](value, type_)


def _enum(type_: EnumOf, value: Json, lookup: Lookup, here: str) -> str:
    enum = lookup(type_.home)
    if not isinstance(enum, EnumModel):
        raise TypeError
    member = next((name for name, symbol in enum.members if symbol == value), None)
    if member is None:
        raise ValueError
    return f"{reference(type_.home, here)}.{member}"


def _record(type_: RecordOf, value: Json, lookup: Lookup, here: str) -> str:
    record = lookup(type_.home)
    given = _of(dict, value)
    if not isinstance(record, RecordModel):
        raise TypeError
    arguments = []
    for field in record.fields:
        if field.name in given:
            arguments.append(f"{field.attribute}={_expression(field.type, given[field.name], lookup, here)}")
        elif field.default is None:
            raise LookupError
    return f"{reference(type_.home, here)}({', '.join(arguments)})"


def _of(kind: type, value: Json) -> Json:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError
    return value


def _float(value: Json) -> str:
    number = float(value) if not isinstance(value, bool | str) else float(_of(float, value))
    return repr(number) if math.isfinite(number) else f'float("{number}")'


def _bytes(value: Json, size: int = -1) -> bytes:
    raw: bytes = _of(str, value).encode("latin-1")  # each character is one byte
    if size >= 0 and len(raw) != size:
        raise ValueError
    return raw


def _uuid(value: Json) -> str:
    if str(UUID(value)) != value.lower():
        raise ValueError
    return f'UUID("{value}")'


def _decimal(raw: bytes, type_: Scalar) -> str:
    unscaled = int.from_bytes(raw, "big", signed=True)
    if abs(unscaled) >= 10**type_.precision:
        raise ValueError
    return f'Decimal("{Decimal(f"{unscaled}E-{type_.scale}")}")'


def _big_decimal(raw: bytes) -> str:
    """As Java writes it: the length and the bytes of the digits, then the scale as a varint."""
    numbers = []
    position = 0
    for _ in range(2):
        value = shift = 0
        while True:
            byte = raw[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        numbers.append(value >> 1 ^ -(value & 1))
        if len(numbers) == 1:
            digits = raw[position : position + numbers[0]]
            position += numbers[0]
    if not digits or numbers[0] != len(digits) or position != len(raw):
        raise ValueError
    return f'Decimal("{int.from_bytes(digits, "big", signed=True)}E{-numbers[1]}")'


def _duration(raw: bytes) -> str:
    months, days, milliseconds = struct.unpack("<3I", raw)
    return f"Duration(months={months}, days={days}, milliseconds={milliseconds})"


def _instant(value: Json, unit: timedelta) -> str:
    found = _EPOCH + _of(int, value) * unit
    parts = [found.year, found.month, found.day, found.hour, found.minute, found.second, found.microsecond]
    return f"dt.datetime({', '.join(map(str, parts))}, tzinfo=dt.UTC)"


def _local(value: Json, unit: timedelta) -> str:
    return f'dt.datetime.fromisoformat("{(_EPOCH + _of(int, value) * unit).isoformat()}")'


def _date(value: Json) -> str:
    found = date.fromordinal(_EPOCH.toordinal() + _of(int, value))
    return f"dt.date({found.year}, {found.month}, {found.day})"


def _time(value: Json, unit: timedelta) -> str:
    passed = _of(int, value) * unit
    if not timedelta(0) <= passed < timedelta(days=1):
        raise ValueError
    found = (datetime(1970, 1, 1, tzinfo=UTC) + passed).time()
    return f"dt.time({found.hour}, {found.minute}, {found.second}, {found.microsecond})"


_MILLI: Final = timedelta(milliseconds=1)
_MICRO: Final = timedelta(microseconds=1)
_SCALARS: Final[dict[str, Callable[[Json, Scalar], str]]] = {
    "null": lambda value, _: repr(_of(type(None), value)),
    "boolean": lambda value, _: repr(_of(bool, value)),
    "int": lambda value, _: repr(_of(int, value)),
    "long": lambda value, _: repr(_of(int, value)),
    "float": lambda value, _: _float(value),
    "double": lambda value, _: _float(value),
    "bytes": lambda value, _: repr(_bytes(value)),
    "string": lambda value, _: repr(_of(str, value)),
    "fixed": lambda value, type_: repr(_bytes(value, type_.size)),
    "uuid": lambda value, _: _uuid(value),
    "uuid-fixed": lambda value, _: f'UUID("{UUID(bytes=_bytes(value))}")',
    "date": lambda value, _: _date(value),
    "time-millis": lambda value, _: _time(value, _MILLI),
    "time-micros": lambda value, _: _time(value, _MICRO),
    "timestamp-millis": lambda value, _: _instant(value, _MILLI),
    "timestamp-micros": lambda value, _: _instant(value, _MICRO),
    "local-timestamp-millis": lambda value, _: _local(value, _MILLI),
    "local-timestamp-micros": lambda value, _: _local(value, _MICRO),
    "timestamp-nanos": lambda value, _: repr(_of(int, value)),
    "local-timestamp-nanos": lambda value, _: repr(_of(int, value)),
    "duration": lambda value, type_: _duration(_bytes(value, type_.size)),
    "big-decimal": lambda value, _: _big_decimal(_bytes(value)),
    "decimal": lambda value, type_: _decimal(_bytes(value), type_),
    "decimal-fixed": lambda value, type_: _decimal(_bytes(value, type_.size), type_),
}
