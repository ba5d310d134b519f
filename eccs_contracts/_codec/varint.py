"""Varints, for what the tables do not hold (Avro specification, "Binary Encoding", zig-zag coding).

The readers take the position of the first byte and give back the value and the position behind it. They raise
ValueError or IndexError, without words: generated code answers with the slow path, which has the words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypeVar

from eccs_contracts._codec.tables import DAYS, HIGH, HIGH_B, LAST, LAST_B, MAX_KEPT, MORE, MORE_B, TIME_FROM, TIME_TO

V = TypeVar("V")

INT_MIN: Final = -(1 << 31)
INT_MAX: Final = (1 << 31) - 1
LONG_MIN: Final = -(1 << 63)
LONG_MAX: Final = (1 << 63) - 1


def read_varint(b: bytes, p: int) -> tuple[int, int]:
    """An unsigned varint of at most 64 bits."""
    byte = b[p]
    value = byte & 127
    shift = 7
    while byte > 127:
        p += 1
        byte = b[p]
        value |= (byte & 127) << shift
        shift += 7
        if shift > 70:
            raise ValueError
    if value >> 64:
        raise ValueError
    return value, p + 1


def read_long(b: bytes, p: int) -> tuple[int, int]:
    """A long."""
    value, p = read_varint(b, p)
    return value >> 1 ^ -(value & 1), p


def read_int(b: bytes, p: int) -> tuple[int, int]:
    """An int, of 32 bits."""
    value, p = read_varint(b, p)
    if value >> 32:
        raise ValueError
    return value >> 1 ^ -(value & 1), p


def read_length(b: bytes, p: int) -> tuple[int, int]:
    """A length that is not negative and does not lead behind the end."""
    value, p = read_varint(b, p)
    length = value >> 1
    if value & 1 or length > len(b) - p:
        raise ValueError
    return length, p


def read_count(b: bytes, p: int) -> tuple[int, int]:
    """The count of a block that is not the last; a negative one is followed by the block's size in bytes.

    Each item takes a byte at least, so that there are no more of them than bytes that follow.
    """
    count, p = read_long(b, p)
    size = 0
    if count < 0:
        size, p = read_long(b, p)
        count = -count
    if size < 0 or not 0 < count <= len(b) - p:
        raise ValueError
    return count, p


def varint_bytes(value: int) -> bytes:
    """An unsigned varint."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def long_bytes(value: int) -> bytes:
    """A long.

    Raises:
        OverflowError: more than 64 bits.
    """
    if 64 <= value < 8192:
        return MORE_B[value << 1 & 127] + LAST_B[value >> 6]
    if 8192 <= value < 1_048_576:
        return MORE_B[value << 1 & 127] + MORE_B[value >> 6 & 127] + LAST_B[value >> 13]
    if not LONG_MIN <= value <= LONG_MAX:
        raise OverflowError
    return varint_bytes(value << 1 ^ value >> 63)


def int_bytes(value: int) -> bytes:
    """An int.

    Raises:
        OverflowError: more than 32 bits.
    """
    if not INT_MIN <= value <= INT_MAX:
        raise OverflowError
    return varint_bytes(value << 1 ^ value >> 31)


def long_text(value: int) -> str:
    """`long_bytes`, as latin-1 text."""
    if 64 <= value < 8192:  # the length of many a text
        return MORE[value << 1 & 127] + LAST[value >> 6]
    if 8192 <= value < 1_048_576:
        return MORE[value << 1 & 127] + MORE[value >> 6 & 127] + LAST[value >> 13]
    return long_bytes(value).decode("latin-1")


def int_text(value: int) -> str:
    """`int_bytes`, as latin-1 text."""
    return int_bytes(value).decode("latin-1")


def time_text(since: timedelta) -> tuple[str, str, str, str]:
    """The parts of a timestamp of which DAYS or HIGH do not know enough yet; teaches them.

    Args:
        since: the time since the epoch.
    """
    t = _twice_millis(since)
    text = long_text(t >> 1)
    if not TIME_FROM <= t < TIME_TO:
        return text, "", "", ""
    _learn(HIGH, t >> 21, text[3:])
    return text[0], text[1], text[2], text[3:]


def time_bytes(since: timedelta) -> tuple[bytes, bytes, bytes, bytes]:
    """`time_text`, as bytes."""
    t = _twice_millis(since)
    raw = long_bytes(t >> 1)
    if not TIME_FROM <= t < TIME_TO:
        return raw, b"", b"", b""
    _learn(HIGH_B, t >> 21, raw[3:])
    return raw[:1], raw[1:2], raw[2:3], raw[3:]


def _twice_millis(since: timedelta) -> int:
    """Twice the milliseconds, which are rounded down; teaches DAYS about the day."""
    day = since.days * 172_800_000
    if 0 <= day < TIME_TO:
        _learn(DAYS, since.days, (day & (1 << 21) - 1, day >> 21))
    return day + since.seconds * 2000 + (since.microseconds // 500 & -2)


def _learn(table: dict[int, V], key: int, value: V) -> None:
    if len(table) >= MAX_KEPT:
        table.clear()
    table[key] = value
