"""Between what Avro stores and what Python calls it (Avro specification 1.12, "Logical Types")."""

from __future__ import annotations

from binascii import unhexlify
from datetime import UTC, date, datetime, time, timedelta
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact
from functools import cache
from struct import Struct
from typing import Any, Final
from uuid import UUID, SafeUUID

from eccs_contracts._codec.tables import EPOCH, EPOCH_DAY, LOCAL_EPOCH
from eccs_contracts._codec.varint import int_bytes, long_bytes, read_int, read_length
from eccs_contracts.values import Duration

_DASH = ord("-")
_UNSAFE = SafeUUID.unknown
_new_uuid = UUID.__new__
_set_int = UUID.int.__set__  # type: ignore[attr-defined, misc]  # slots, which typeshed calls attributes
_set_is_safe = UUID.is_safe.__set__  # type: ignore[attr-defined, misc]

# Moves the point of any decimal: nothing is rounded, nothing is calculated.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
_DIGITS_OF_BYTE: Final = 2.41  # a little more than there are
_LONG: Final = 1024  # bytes of an unscaled number that is better not made of text
_DURATION: Final = Struct("<3I")

_MINUTE = 60 * 1_000_000
_DAY = 24 * 60 * _MINUTE


def read_uuid(b: bytes, p: int) -> UUID:
    """The UUID whose 36 characters start at `p` (RFC 9562, section 4), in either case.

    Stricter than `UUID(text)`, and half its cost: the setters are what that class itself does.

    Raises:
        ValueError, IndexError: it is none.
    """
    h = b[p : p + 36]
    if not h[8] == h[13] == h[18] == h[23] == _DASH:
        raise ValueError
    raw = unhexlify(h.replace(b"-", b""))
    if len(raw) != 16:
        raise ValueError
    value = _new_uuid(UUID)
    _set_int(value, int.from_bytes(raw, "big"))
    _set_is_safe(value, _UNSAFE)
    return value


def uuid_of_text(text: str) -> UUID:
    """The UUID of a text of exactly 36 characters.

    Raises:
        ValueError, IndexError: it is none.
    """
    raw = text.encode("ascii")
    if len(raw) != 36:
        raise ValueError
    return read_uuid(raw, 0)


def uuid_of_bytes(raw: bytes) -> UUID:
    """The UUID of 16 bytes."""
    return UUID(bytes=raw)


def uuid_bytes(value: UUID) -> bytes:
    """The 16 bytes of a UUID."""
    return value.bytes


def instant_of_millis(value: int) -> datetime:
    """Milliseconds since the epoch -> a point in time.

    Raises:
        OverflowError: before the year 1 or after the year 9999.
    """
    return EPOCH + timedelta(0, 0, 0, value)


def instant_of_micros(value: int) -> datetime:
    """Microseconds since the epoch -> a point in time; raises as `instant_of_millis`."""
    return EPOCH + timedelta(0, 0, value)


def local_of_millis(value: int) -> datetime:
    """Milliseconds since 1970 on a clock of no particular zone; raises as `instant_of_millis`."""
    return LOCAL_EPOCH + timedelta(0, 0, 0, value)


def local_of_micros(value: int) -> datetime:
    """Microseconds since 1970 on a clock of no particular zone; raises as `instant_of_millis`."""
    return LOCAL_EPOCH + timedelta(0, 0, value)


def date_of_days(value: int) -> date:
    """Days since 1970-01-01 -> a date; raises ValueError or OverflowError outside of the years 1 to 9999."""
    return date.fromordinal(EPOCH_DAY + value)


def days_of_date(value: date) -> int:
    """A date -> days since 1970-01-01; a datetime is not a date here."""
    if isinstance(value, datetime):
        raise TypeError
    return value.toordinal() - EPOCH_DAY


def micros_of_time(value: time) -> int:
    """A time of day -> microseconds since midnight.

    Raises:
        TypeError: not a time, or one with a zone, which Avro cannot say.
    """
    if not isinstance(value, time) or value.tzinfo is not None:
        raise TypeError
    minutes = value.hour * 60 + value.minute
    return minutes * _MINUTE + value.second * 1_000_000 + value.microsecond


def millis_of_time(value: time) -> int:
    """A time of day -> milliseconds since midnight, rounded down; raises as `micros_of_time`."""
    return micros_of_time(value) // 1000


def time_of_micros(value: int) -> time:
    """Microseconds since midnight -> a time of day.

    Raises:
        ValueError: not within one day.
    """
    if not 0 <= value < _DAY:
        raise ValueError
    return (LOCAL_EPOCH + timedelta(0, 0, value)).time()


def time_of_millis(value: int) -> time:
    """Milliseconds since midnight -> a time of day; raises as `time_of_micros`."""
    return time_of_micros(value * 1000)


def decimal_of_bytes(raw: bytes, precision: int, scale: int) -> Decimal:
    """Two's-complement, big-endian -> a decimal.

    Raises:
        ValueError: more than `precision` digits. Asked first: making digits of a long number takes long.
    """
    unscaled = int.from_bytes(raw, "big", signed=True)
    if len(raw) * _DIGITS_OF_BYTE > precision and abs(unscaled) >= _power(precision):
        raise ValueError
    if len(raw) > _LONG:
        return Decimal(unscaled).scaleb(-scale, _EXACT)
    return Decimal(unscaled) if scale == 0 else Decimal(f"{unscaled}E-{scale}")


def unscaled_of(value: Decimal, precision: int, scale: int) -> int:
    """A decimal -> its digits as one number.

    Raises:
        TypeError: not a decimal.
        ValueError: not finite, too many digits, or digits behind the last one that `scale` keeps.
    """
    if not isinstance(value, Decimal):
        raise TypeError
    if not value.is_finite() or value.adjusted() + scale >= precision > 0 != value:
        raise ValueError
    shifted = value.scaleb(scale, _EXACT)
    unscaled = int(shifted)
    if unscaled != shifted:
        raise ValueError
    return unscaled


@cache
def _power(digits: int) -> int:
    """The first number with more digits."""
    power: int = 10**digits
    return power


def bytes_of_decimal(value: Decimal, precision: int, scale: int) -> bytes:
    """A decimal -> two's-complement, big-endian, whole bytes; raises as `unscaled_of`."""
    unscaled = unscaled_of(value, precision, scale)
    return unscaled.to_bytes((unscaled.bit_length() + 8) >> 3, "big", signed=True)


def fixed_of_decimal(value: Decimal, size: int, precision: int, scale: int) -> bytes:
    """A decimal -> two's-complement, big-endian, `size` bytes; raises as `unscaled_of`, or OverflowError."""
    return unscaled_of(value, precision, scale).to_bytes(size, "big", signed=True)


def big_decimal_of_bytes(raw: bytes) -> Decimal:
    """The bytes of a big-decimal, which are those of its digits as `bytes`, and its scale as `int` -> a decimal.

    Raises:
        ValueError, IndexError: they are not.
    """
    size, p = read_length(raw, 0)
    scale, end = read_int(raw, p + size)
    if size == 0 or end != len(raw):
        raise ValueError
    return Decimal(int.from_bytes(raw[p : p + size], "big", signed=True)).scaleb(-scale, _EXACT)


def bytes_of_big_decimal(value: Decimal) -> bytes:
    """A decimal -> the bytes of a big-decimal.

    Raises:
        TypeError: not a decimal.
        ValueError: not finite.
        OverflowError: its scale is no int.
    """
    if not isinstance(value, Decimal):
        raise TypeError
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError  # noqa: TRY004  a decimal that is not finite
    unscaled = int(value.scaleb(-exponent, _EXACT))
    raw = unscaled.to_bytes((unscaled.bit_length() + 8) >> 3, "big", signed=True)
    return long_bytes(len(raw)) + raw + int_bytes(-exponent)


def duration_of_bytes(raw: bytes) -> Duration:
    """Twelve bytes -> a duration.

    Raises:
        struct.error: not twelve.
    """
    months, days, milliseconds = _DURATION.unpack(raw)
    return Duration(months=months, days=days, milliseconds=milliseconds)


def bytes_of_duration(value: Duration) -> bytes:
    """A duration -> twelve bytes.

    Raises:
        struct.error: a number below 0 or of more than 32 bits.
    """
    return _DURATION.pack(value.months, value.days, value.milliseconds)


def read_nothing(b: bytes) -> Any:
    """Read a value of a type that has none: a union without branches.

    Raises:
        ValueError: always.
    """
    raise ValueError(len(b))


def nothing_bytes(value: object) -> bytes:
    """Write a value of such a type.

    Raises:
        TypeError: always.
    """
    raise TypeError(type(value))


def nothing_text(value: object) -> str:
    """`nothing_bytes`, as text."""
    raise TypeError(type(value))


def in_utc(value: datetime) -> datetime:
    """The same point in time in UTC.

    Raises:
        ValueError: it has no offset, so it is no point in time.
    """
    if value.utcoffset() is None:
        raise ValueError
    return value.astimezone(UTC)
