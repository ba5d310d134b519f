"""Logical types in Avro binary (Avro specification 1.12, "Logical Types")."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Final, TypeVar

from eccs_contracts._codec.wire import (
    read_bytes,
    read_fixed,
    read_int,
    read_long,
    varint,
    write_bytes,
    wrong,
)
from eccs_contracts.errors import DecodeError, EncodeError

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH: Final = _EPOCH.replace(tzinfo=None)
_DAY_ZERO: Final = date(1970, 1, 1).toordinal()
_MILLI: Final = timedelta(milliseconds=1)
_MICRO: Final = timedelta(microseconds=1)
_WIDE: Final = Context(prec=4000)  # digits; moving the point rounds nothing


def write_date(value: date) -> bytes:
    """A date: days since 1970-01-01, an int."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise wrong("a date", value)
    return varint(value.toordinal() - _DAY_ZERO)


def write_time_millis(value: time) -> bytes:
    """A time of day: milliseconds since midnight, an int; finer digits are cut."""
    return varint(_since_midnight(value) // 1000)


def write_time_micros(value: time) -> bytes:
    """A time of day: microseconds since midnight, a long."""
    return varint(_since_midnight(value))


def _since_midnight(value: time) -> int:
    if not isinstance(value, time):
        raise wrong("a time", value)
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def write_timestamp_millis(value: datetime) -> bytes:
    """An instant: milliseconds since 1970 UTC, a long; finer digits are cut."""
    return varint(_since(value, _EPOCH) // _MILLI)


def write_timestamp_micros(value: datetime) -> bytes:
    """An instant: microseconds since 1970 UTC, a long."""
    return varint(_since(value, _EPOCH) // _MICRO)


def write_local_timestamp_millis(value: datetime) -> bytes:
    """A local time: milliseconds since 1970, whatever the zone, a long."""
    return varint(_since(value, _LOCAL_EPOCH) // _MILLI)


def write_local_timestamp_micros(value: datetime) -> bytes:
    """A local time: microseconds since 1970, whatever the zone, a long."""
    return varint(_since(value, _LOCAL_EPOCH) // _MICRO)


def _since(value: datetime, epoch: datetime) -> timedelta:
    if not isinstance(value, datetime):
        raise wrong("a datetime", value)
    try:
        return value - epoch
    except TypeError:
        zone = "with a time zone" if epoch.tzinfo else "without a time zone"
        raise EncodeError(f"a datetime {zone} is expected") from None


def _unscaled(value: Decimal, precision: int, scale: int) -> int:
    """The digits of a decimal as one number, exactly."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise wrong("a finite Decimal", value)
    shifted = value.scaleb(scale, context=_WIDE)
    if shifted != shifted.to_integral_value():
        raise EncodeError(f"the decimal has more than {scale} digits after the point")
    whole = int(shifted)
    if len(str(abs(whole))) > precision:
        raise EncodeError(f"the decimal has more than {precision} digits")
    return whole


def write_decimal(value: Decimal, precision: int, scale: int) -> bytes:
    """A decimal as bytes: its digits as a two's-complement number, big-endian, as short as possible."""
    whole = _unscaled(value, precision, scale)
    size = ((whole if whole >= 0 else whole + 1).bit_length() + 8) // 8
    return write_bytes(whole.to_bytes(size, "big", signed=True))


def write_decimal_fixed(value: Decimal, precision: int, scale: int, size: int) -> bytes:
    """A decimal as a fixed of `size` bytes."""
    return _unscaled(value, precision, scale).to_bytes(size, "big", signed=True)


def read_date(data: bytes, position: int) -> tuple[date, int]:
    """A date."""
    value, end = read_int(data, position)
    return _in_range(lambda: date.fromordinal(value + _DAY_ZERO), position), end


def read_time_millis(data: bytes, position: int) -> tuple[time, int]:
    """A time of day in milliseconds."""
    value, end = read_int(data, position)
    return _time(value * 1000, position), end


def read_time_micros(data: bytes, position: int) -> tuple[time, int]:
    """A time of day in microseconds."""
    value, end = read_long(data, position)
    return _time(value, position), end


def _time(micros: int, position: int) -> time:
    if not 0 <= micros < 86_400_000_000:
        raise DecodeError("a time of day outside of 24 hours", offset=position)
    seconds, rest = divmod(micros, 1_000_000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, rest)


def read_timestamp_millis(data: bytes, position: int) -> tuple[datetime, int]:
    """An instant in milliseconds."""
    value, end = read_long(data, position)
    return _in_range(lambda: _EPOCH + timedelta(milliseconds=value), position), end


def read_timestamp_micros(data: bytes, position: int) -> tuple[datetime, int]:
    """An instant in microseconds."""
    value, end = read_long(data, position)
    return _in_range(lambda: _EPOCH + timedelta(microseconds=value), position), end


def read_local_timestamp_millis(data: bytes, position: int) -> tuple[datetime, int]:
    """A local time in milliseconds."""
    value, end = read_long(data, position)
    return _in_range(lambda: _LOCAL_EPOCH + timedelta(milliseconds=value), position), end


def read_local_timestamp_micros(data: bytes, position: int) -> tuple[datetime, int]:
    """A local time in microseconds."""
    value, end = read_long(data, position)
    return _in_range(lambda: _LOCAL_EPOCH + timedelta(microseconds=value), position), end


def _in_range(make: Callable[[], T], position: int) -> T:
    try:
        return make()
    except (OverflowError, ValueError):
        raise DecodeError("a time outside of the years 1 to 9999", offset=position) from None


def read_decimal(data: bytes, position: int, precision: int, scale: int) -> tuple[Decimal, int]:
    """A decimal from bytes."""
    raw, end = read_bytes(data, position)
    return _decimal(raw, precision, scale, position), end


def read_decimal_fixed(data: bytes, position: int, precision: int, scale: int, size: int) -> tuple[Decimal, int]:
    """A decimal from a fixed."""
    raw, end = read_fixed(data, position, size)
    return _decimal(raw, precision, scale, position), end


def _decimal(raw: bytes, precision: int, scale: int, position: int) -> Decimal:
    whole = int.from_bytes(raw, "big", signed=True)
    if whole.bit_length() > 4 * precision + 8 or len(str(abs(whole))) > precision:
        raise DecodeError(f"a decimal of more than {precision} digits", offset=position)
    return Decimal(whole).scaleb(-scale, context=_WIDE)
