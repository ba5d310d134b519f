"""Avro binary, one function a type (Avro specification 1.12, "Binary encoding").

Writers take a value and give its bytes, or raise EncodeError. Readers take the data and a position and give the value
and the position after it, or raise DecodeError; they never look or allocate beyond the data.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar

from eccs_contracts.errors import DecodeError, EncodeError

T = TypeVar("T")
E = TypeVar("E", EncodeError, DecodeError)
Reader = Callable[[bytes, int], tuple[T, int]]

_FLOAT: Final = struct.Struct("<f")
_DOUBLE: Final = struct.Struct("<d")
_INT_END: Final = 2**31
_LONG_END: Final = 2**63
_MAX_EMPTY_ITEMS: Final = 1_000_000  # items of no size cost a writer nothing: a bound of our own
_ONE: Final = tuple(bytes([number]) for number in range(128))


def at_field(error: E, field: str) -> E:
    """The error, with a field put in front of its path."""
    rule = str(error).removeprefix(f"{error.field}: ") if error.field else str(error)
    error.field = field + ("" if not error.field or error.field[0] == "[" else ".") + error.field
    error.args = (f"{error.field}: {rule}",)
    return error


def wrong(expected: str, value: object) -> EncodeError:
    """The error of a value of another type; the value itself may be personal and is not shown."""
    return EncodeError(f"{expected} is expected, not {type(value).__name__}")


def varint(number: int) -> bytes:
    """Zig-zag and variable length, of a number that is known to be a long."""
    rest = number << 1 if number >= 0 else (-number << 1) - 1
    if rest < 128:
        return _ONE[rest]
    out = bytearray()
    while rest > 127:
        out.append(rest & 127 | 128)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def write_long(value: int) -> bytes:
    """A long: 64 bits, signed."""
    if type(value) is not int:
        raise wrong("a whole number", value)
    if not -_LONG_END <= value < _LONG_END:
        raise EncodeError("the number does not fit into 64 bits")
    return varint(value)


def write_int(value: int) -> bytes:
    """An int: 32 bits, signed."""
    if type(value) is not int:
        raise wrong("a whole number", value)
    if not -_INT_END <= value < _INT_END:
        raise EncodeError("the number does not fit into 32 bits")
    return varint(value)


def write_null(value: None) -> bytes:
    """Null: no bytes."""
    if value is not None:
        raise wrong("None", value)
    return b""


def write_boolean(value: bool) -> bytes:
    """A boolean: one byte."""
    if type(value) is not bool:
        raise wrong("True or False", value)
    return b"\1" if value else b"\0"


def write_float(value: float) -> bytes:
    """A float: 4 bytes, little-endian."""
    return _write_real(_FLOAT, value)


def write_double(value: float) -> bytes:
    """A double: 8 bytes, little-endian."""
    return _write_real(_DOUBLE, value)


def _write_real(form: struct.Struct, value: float) -> bytes:
    if type(value) not in (float, int):
        raise wrong("a number", value)
    try:
        return form.pack(value)
    except (OverflowError, struct.error):
        raise EncodeError("the number is too large for a floating-point one") from None


def write_bytes(value: bytes) -> bytes:
    """Bytes: their count as a long, then they."""
    if not isinstance(value, bytes):
        raise wrong("bytes", value)
    return varint(len(value)) + value


def write_string(value: str) -> bytes:
    """A string: as bytes, in UTF-8."""
    if not isinstance(value, str):
        raise wrong("text", value)
    try:
        data = value.encode()
    except UnicodeEncodeError:
        raise EncodeError("the text has a lone surrogate, which UTF-8 cannot hold") from None
    return varint(len(data)) + data


def write_fixed(value: bytes, size: int) -> bytes:
    """A fixed: `size` bytes and nothing else."""
    if not isinstance(value, bytes) or len(value) != size:
        raise wrong(f"{size} bytes", value)
    return value


def write_uuid(value: uuid.UUID) -> bytes:
    """A UUID as text of 36 characters (RFC 9562, section 4)."""
    if not isinstance(value, uuid.UUID):
        raise wrong("a uuid.UUID", value)
    return b"\x48" + str(value).encode()


def write_array(value: list[Any], item: Callable[[Any], bytes]) -> bytes:
    """An array: one block, then the end."""
    if not isinstance(value, list):
        raise wrong("a list", value)
    parts = [varint(len(value))] if value else []
    for index, one in enumerate(value):
        try:
            parts.append(item(one))
        except EncodeError as error:
            raise at_field(error, f"[{index}]") from None
    return b"".join((*parts, b"\0"))


def write_map(value: dict[str, Any], item: Callable[[Any], bytes]) -> bytes:
    """A map: one block of keys and values, then the end."""
    if not isinstance(value, dict):
        raise wrong("a dict", value)
    parts = [varint(len(value))] if value else []
    for key, one in value.items():
        parts.append(write_string(key))
        try:
            parts.append(item(one))
        except EncodeError as error:
            raise at_field(error, f"[{key}]") from None
    return b"".join((*parts, b"\0"))


def cut(position: int) -> DecodeError:
    """The error of data that ends before its value does."""
    return DecodeError("the data ends too early", offset=position)


def read_long(data: bytes, position: int) -> tuple[int, int]:
    """A long of at most 10 bytes."""
    number = 0
    for index, byte in enumerate(data[position : position + 10]):
        number |= (byte & 127) << 7 * index
        if byte < 128:
            if number >= 1 << 64:
                raise DecodeError("a number of more than 64 bits", offset=position)
            return (number >> 1) ^ -(number & 1), position + index + 1
    if len(data) - position < 10:
        raise cut(position)
    raise DecodeError("a number of more than 10 bytes", offset=position)


def read_int(data: bytes, position: int) -> tuple[int, int]:
    """An int: 32 bits."""
    value, end = read_long(data, position)
    if not -_INT_END <= value < _INT_END:
        raise DecodeError("a number of more than 32 bits", offset=position)
    return value, end


def read_null(data: bytes, position: int) -> tuple[None, int]:
    """Null."""
    del data
    return None, position


def read_boolean(data: bytes, position: int) -> tuple[bool, int]:
    """A boolean: 0 or 1."""
    if position >= len(data):
        raise cut(position)
    if data[position] > 1:
        raise DecodeError(f"a boolean is 0 or 1, not {data[position]}", offset=position)
    return data[position] == 1, position + 1


def read_float(data: bytes, position: int) -> tuple[float, int]:
    """A float."""
    return _read_real(_FLOAT, data, position)


def read_double(data: bytes, position: int) -> tuple[float, int]:
    """A double."""
    return _read_real(_DOUBLE, data, position)


def _read_real(form: struct.Struct, data: bytes, position: int) -> tuple[float, int]:
    if position + form.size > len(data):
        raise cut(position)
    value: float = form.unpack_from(data, position)[0]
    return value, position + form.size


def read_bytes(data: bytes, position: int) -> tuple[bytes, int]:
    """Bytes."""
    size, start = read_long(data, position)
    if size < 0:
        raise DecodeError("a negative length", offset=position)
    end = start + size
    if end > len(data):
        raise cut(position)
    return data[start:end], end


def read_string(data: bytes, position: int) -> tuple[str, int]:
    """A string; strict UTF-8."""
    value, end = read_bytes(data, position)
    try:
        return value.decode(), end
    except UnicodeDecodeError:
        raise DecodeError("not UTF-8", offset=position) from None


def read_fixed(data: bytes, position: int, size: int) -> tuple[bytes, int]:
    """A fixed."""
    end = position + size
    if end > len(data):
        raise cut(position)
    return data[position:end], end


def read_uuid(data: bytes, position: int) -> tuple[uuid.UUID, int]:
    """A UUID in the form of 36 characters, and no other that Python would take."""
    text, end = read_string(data, position)
    try:
        value = uuid.UUID(text)
    except ValueError:
        raise DecodeError("not a UUID", offset=position) from None
    if str(value) != text.lower():
        raise DecodeError("not a UUID of 36 characters", offset=position)
    return value, end


def _block(data: bytes, position: int, least: int) -> tuple[int, int]:
    """How many items the next block has; a negative count is followed by the block's size in bytes."""
    count, end = read_long(data, position)
    if count < 0:
        count = -count
        _, end = read_long(data, end)
    limit = (len(data) - end) // least if least else _MAX_EMPTY_ITEMS
    if count > limit:
        raise DecodeError(f"a block of {count} items in {len(data) - end} bytes", offset=position)
    return count, end


def read_array(data: bytes, position: int, item: Reader[T], least: int) -> tuple[list[T], int]:
    """An array; `least` is the smallest size of an item in bytes."""
    items: list[T] = []
    while True:
        count, position = _block(data, position, least)
        if not count:
            return items, position
        if not least and len(items) + count > _MAX_EMPTY_ITEMS:
            raise DecodeError(f"more than {_MAX_EMPTY_ITEMS} items without any bytes", offset=position)
        for _ in range(count):
            one, position = item(data, position)
            items.append(one)


def read_map(data: bytes, position: int, item: Reader[T]) -> tuple[dict[str, T], int]:
    """A map; of a key that is given twice the last value stays."""
    items: dict[str, T] = {}
    while True:
        count, position = _block(data, position, 1)
        if not count:
            return items, position
        for _ in range(count):
            key, position = read_string(data, position)
            items[key], position = item(data, position)


def read_all(data: bytes, item: Reader[Any]) -> Any:
    """One record that is all of the data.

    Raises:
        DecodeError: bytes are left over, or anything that the reader raises.
    """
    try:
        value, end = item(data, 0)
    except RecursionError:
        raise DecodeError("nested too deeply") from None
    if end != len(data):
        raise DecodeError(f"{len(data) - end} bytes too many", offset=end)
    return value
