"""Plans of the logical types (Avro specification 1.12, "Logical Types")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from eccs_contracts._codec import convert, varint
from eccs_contracts._codec.at import At
from eccs_contracts._codec.cursor import Cursor
from eccs_contracts._codec.plan import Json
from eccs_contracts._codec.scalars import BYTES, INT, LONG, STRING, Scalar, fixed
from eccs_contracts._codec.tables import EPOCH, LOCAL_EPOCH, MICRO, MILLI
from eccs_contracts.values import Duration


def _read_uuid(cursor: Cursor, at: At) -> UUID:
    return convert.uuid_of_text(cursor.sized(at).decode("ascii"))


def _instant(of_number: Callable[[int], datetime], unit: timedelta) -> Callable[[Json], datetime]:
    def of_json(value: Json) -> datetime:
        if isinstance(value, int) and not isinstance(value, bool):
            return of_number(value)
        found = convert.in_utc(datetime.fromisoformat(value))
        return EPOCH + (found - EPOCH) // unit * unit

    return of_json


def _local(of_number: Callable[[int], datetime], unit: timedelta) -> Callable[[Json], datetime]:
    def of_json(value: Json) -> datetime:
        if isinstance(value, int) and not isinstance(value, bool):
            return of_number(value)
        return LOCAL_EPOCH + (datetime.fromisoformat(value) - LOCAL_EPOCH) // unit * unit

    return of_json


def _timestamp(epoch: datetime, unit: timedelta, of_number: Callable[[int], datetime]) -> Scalar:
    aware = epoch.tzinfo is not None
    return Scalar(
        "a datetime with a time zone" if aware else "a datetime without a time zone",
        (datetime,),
        1,
        (
            lambda cursor, at: of_number(cursor.int64(at)),
            lambda value: varint.long_bytes((value - epoch) // unit),
        ),
        ((_instant if aware else _local)(of_number, unit), lambda value: (value - epoch) // unit),
        LONG,
    )


def _iso(value: Any) -> str:
    return str(value.isoformat())


def _millis_text(value: Json) -> time:
    return convert.time_of_millis(convert.millis_of_time(time.fromisoformat(value)))


UUID_TEXT: Final = Scalar(
    "a UUID",
    (UUID,),
    37,
    (_read_uuid, lambda value: b"\x48" + str(value).encode()),
    (convert.uuid_of_text, str),
    STRING,
)
UUID_FIXED: Final = Scalar(
    "a UUID",
    (UUID,),
    16,
    (lambda cursor, at: convert.uuid_of_bytes(cursor.take(16, at)), convert.uuid_bytes),
    (convert.uuid_of_text, str),
    fixed(16),
)
TIMESTAMP_MILLIS: Final = _timestamp(EPOCH, MILLI, convert.instant_of_millis)
TIMESTAMP_MICROS: Final = _timestamp(EPOCH, MICRO, convert.instant_of_micros)
LOCAL_TIMESTAMP_MILLIS: Final = _timestamp(LOCAL_EPOCH, MILLI, convert.local_of_millis)
LOCAL_TIMESTAMP_MICROS: Final = _timestamp(LOCAL_EPOCH, MICRO, convert.local_of_micros)
DATE: Final = Scalar(
    "a date",
    (date,),
    1,
    (
        lambda cursor, at: convert.date_of_days(cursor.int32(at)),
        lambda value: varint.int_bytes(convert.days_of_date(value)),
    ),
    (date.fromisoformat, _iso),
    INT,
)
TIME_MILLIS: Final = Scalar(
    "a time without a zone",
    (time,),
    1,
    (
        lambda cursor, at: convert.time_of_millis(cursor.int32(at)),
        lambda value: varint.int_bytes(convert.millis_of_time(value)),
    ),
    (_millis_text, _iso),
    INT,
)
TIME_MICROS: Final = Scalar(
    "a time without a zone",
    (time,),
    1,
    (
        lambda cursor, at: convert.time_of_micros(cursor.int64(at)),
        lambda value: varint.long_bytes(convert.micros_of_time(value)),
    ),
    (time.fromisoformat, _iso),
    LONG,
)


def _decimal_text(value: Json) -> Decimal:
    if not isinstance(value, str):  # a JSON number has passed through a float
        raise TypeError
    return Decimal(value)


def _duration(value: Json) -> Duration:
    made = Duration(**value)
    if not all(type(one) is int for one in (made.months, made.days, made.milliseconds)):
        raise TypeError
    return made


def _write_big(value: Decimal) -> bytes:
    raw = convert.bytes_of_big_decimal(value)
    return varint.long_bytes(len(raw)) + raw


DURATION: Final = Scalar(
    "a Duration",
    (Duration,),
    12,
    (lambda cursor, at: convert.duration_of_bytes(cursor.take(12, at)), convert.bytes_of_duration),
    (_duration, asdict),
    fixed(12),
)
BIG_DECIMAL: Final = Scalar(
    "a finite Decimal",
    (Decimal,),
    1,
    (lambda cursor, at: convert.big_decimal_of_bytes(cursor.sized(at)), _write_big),
    (_decimal_text, str),
    BYTES,
)


def decimal_bytes(precision: int, scale: int) -> Scalar:
    """The plan of a decimal on bytes."""

    def put(value: Decimal) -> bytes:
        raw = convert.bytes_of_decimal(value, precision, scale)
        return varint.long_bytes(len(raw)) + raw

    def get(cursor: Cursor, at: At) -> Decimal:
        return convert.decimal_of_bytes(cursor.sized(at), precision, scale)

    label = f"a Decimal of {precision} digits, {scale} of them after the point"
    return Scalar(label, (Decimal,), 1, (get, put), (_decimal_text, str), BYTES)


def decimal_fixed(size: int, precision: int, scale: int) -> Scalar:
    """The plan of a decimal on a fixed."""

    def put(value: Decimal) -> bytes:
        return convert.fixed_of_decimal(value, size, precision, scale)

    def get(cursor: Cursor, at: At) -> Decimal:
        return convert.decimal_of_bytes(cursor.take(size, at), precision, scale)

    label = f"a Decimal of {precision} digits, {scale} of them after the point"
    return Scalar(label, (Decimal,), size, (get, put), (_decimal_text, str), fixed(size))
