"""Varints, for what the tables do not hold (Avro specification, "Binary Encoding", zig-zag coding).

The readers take the position of the first byte and give back the value and the position behind it. They raise
ValueError or IndexError, without words: generated code answers with the slow path, which has the words.
"""

from __future__ import annotations

from typing import Final

from eccs_contracts._codec.tables import HIGH, HIGH_B, MAX_HIGH, TIME_FROM, TIME_TO

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
    return long_bytes(value).decode("latin-1")


def int_text(value: int) -> str:
    """`int_bytes`, as latin-1 text."""
    return int_bytes(value).decode("latin-1")


def time_text(t: int) -> tuple[str, str, str, str]:
    """The parts of a timestamp whose last three bytes are not in HIGH yet; puts them there.

    Args:
        t: twice the milliseconds.
    """
    text = long_text(t >> 1)
    if not TIME_FROM <= t < TIME_TO:
        return text, "", "", ""
    if len(HIGH) >= MAX_HIGH:
        HIGH.clear()
    HIGH[t >> 21] = text[3:]
    return text[0], text[1], text[2], text[3:]


def time_bytes(t: int) -> tuple[bytes, bytes, bytes, bytes]:
    """`time_text`, as bytes."""
    raw = long_bytes(t >> 1)
    if not TIME_FROM <= t < TIME_TO:
        return raw, b"", b"", b""
    if len(HIGH_B) >= MAX_HIGH:
        HIGH_B.clear()
    HIGH_B[t >> 21] = raw[3:]
    return raw[:1], raw[1:2], raw[2:3], raw[3:]
