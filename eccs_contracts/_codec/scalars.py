"""Plans of the primitive types, of fixed and of enums."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from eccs_contracts._codec import varint
from eccs_contracts._codec.at import At, Report
from eccs_contracts._codec.cursor import Cursor
from eccs_contracts._codec.plan import AvroType, Json
from eccs_contracts._codec.tables import DOUBLE as DOUBLE_STRUCT
from eccs_contracts._codec.tables import FLOAT as FLOAT_STRUCT
from eccs_contracts.errors import DecodeError

# What a conversion may raise where a value of the right class does not fit.
MISFIT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)


def same(value: Any) -> Any:
    """The value itself."""
    return value


class Scalar(AvroType):
    """A type without others inside of it, made of functions that raise MISFIT where a value is wrong."""

    __slots__ = ("_classes", "_get", "_of_json", "_put", "_to_json", "label", "least")

    def __init__(
        self,
        label: str,
        classes: tuple[type, ...],
        least: int,
        codec: tuple[Callable[[Cursor, At], Any], Callable[[Any], bytes]],
        json: tuple[Callable[[Json], Any], Callable[[Any], Json]] = (same, same),
    ) -> None:
        """Take the label, the Python classes (the reader's own first), and the functions."""
        self.label = label
        self.least = least
        self._classes = classes
        self._get, self._put = codec
        self._of_json, self._to_json = json

    def owns(self, value: object) -> bool:
        return type(value) is self._classes[0]

    def read(self, cursor: Cursor, at: At) -> Any:
        start = cursor.position
        try:
            return self._get(cursor, at)
        except DecodeError:
            raise
        except MISFIT:
            at.broken(f"{self.label} is expected", start)

    def write(self, value: Any, at: At) -> bytes:
        if not self._is_class(value):
            at.refuse(self.label, value)
        try:
            return self._put(value)
        except MISFIT:
            at.misfit(self.label)

    def check(self, value: Any, at: At, report: Report) -> bool:
        if self._fits(value):
            return True
        report.add(at, f"{self.label} is expected", value)
        return False

    def to_json(self, value: Any) -> Json:
        return self._to_json(value)

    def from_json(self, value: Json, at: At, report: Report) -> Any:
        try:
            found = self._of_json(value)
        except MISFIT:
            found = _UNFIT
        if found is not _UNFIT and self._fits(found):
            return found
        report.add(at, f"{self.label} is expected", value)
        return None

    def _is_class(self, value: object) -> bool:
        return isinstance(value, self._classes) and (not isinstance(value, bool) or bool in self._classes)

    def _fits(self, value: object) -> bool:
        if not self._is_class(value):
            return False
        try:
            self._put(value)
        except MISFIT:
            return False
        return True


_UNFIT: Final = object()


def _read_boolean(cursor: Cursor, at: At) -> bool:
    byte = cursor.take(1, at)[0]
    if byte > 1:
        raise ValueError
    return byte == 1


def _write_string(value: str) -> bytes:
    raw = value.encode()
    return varint.long_bytes(len(raw)) + raw


def _write_bytes(value: bytes) -> bytes:
    return varint.long_bytes(len(value)) + value


def _number(value: Json) -> float:
    """A JSON number; JSON has one kind of numbers, so 5 is good for a double."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def base64_text(value: bytes) -> str:
    """Bytes in JSON (RFC 4648, section 4)."""
    return base64.b64encode(value).decode("ascii")


def of_base64(value: Json) -> bytes:
    """Bytes from JSON."""
    return base64.b64decode(value.encode("ascii"), validate=True)


NULL: Final = Scalar("None", (type(None),), 0, (lambda cursor, at: None, lambda value: b""))  # noqa: ARG005  no bytes
BOOLEAN: Final = Scalar("a bool", (bool,), 1, (_read_boolean, lambda value: b"\1" if value else b"\0"))
INT: Final = Scalar("an int of 32 bits", (int,), 1, (Cursor.int32, varint.int_bytes))
LONG: Final = Scalar("an int of 64 bits", (int,), 1, (Cursor.int64, varint.long_bytes))
FLOAT: Final = Scalar(
    "a float of 32 bits",
    (float, int),
    4,
    (lambda cursor, at: FLOAT_STRUCT.unpack(cursor.take(4, at))[0], FLOAT_STRUCT.pack),
    (_number, same),
)
DOUBLE: Final = Scalar(
    "a float",
    (float, int),
    8,
    (lambda cursor, at: DOUBLE_STRUCT.unpack(cursor.take(8, at))[0], DOUBLE_STRUCT.pack),
    (_number, same),
)
STRING: Final = Scalar("text", (str,), 1, (lambda cursor, at: cursor.sized(at).decode(), _write_string))
BYTES: Final = Scalar("bytes", (bytes,), 1, (Cursor.sized, _write_bytes), (of_base64, base64_text))


def fixed(size: int) -> Scalar:
    """The plan of a fixed."""

    def put(value: bytes) -> bytes:
        if len(value) != size:
            raise ValueError
        return value

    return Scalar(
        f"{size} bytes",
        (bytes,),
        size,
        (lambda cursor, at: cursor.take(size, at), put),
        (of_base64, base64_text),
    )


class Enum(AvroType):
    """An enum. Its class is asked for when it is needed: modules may import each other in a circle."""

    __slots__ = ("_class",)
    least = 1

    def __init__(self, symbols: Callable[[], type[StrEnum]]) -> None:
        self._class = symbols

    @property
    def label(self) -> str:  # type: ignore[override]  # the class is not known before it is asked for
        return f"a {self.symbols.__name__}"

    @property
    def symbols(self) -> type[StrEnum]:
        """The class."""
        return self._class()

    def owns(self, value: object) -> bool:
        return type(value) is self.symbols

    def read(self, cursor: Cursor, at: At) -> StrEnum:
        start = cursor.position
        members = tuple(self.symbols)
        index = cursor.int32(at)
        if not 0 <= index < len(members):
            at.broken(f"symbol {index} of an enum that has {len(members)}", start)
        return members[index]

    def write(self, value: Any, at: At) -> bytes:
        if not self.owns(value):
            at.refuse(self.label, value)
        return varint.int_bytes(tuple(self.symbols).index(value))

    def check(self, value: Any, at: At, report: Report) -> bool:
        if not self.owns(value):
            report.add(at, f"{self.label} is expected", value)
        return self.owns(value)

    def to_json(self, value: Any) -> Json:
        return str(value)

    def from_json(self, value: Json, at: At, report: Report) -> Any:
        symbols = [str(member) for member in self.symbols]
        if value in symbols:
            return self.symbols(value)
        report.add(at, f"one of {', '.join(symbols)} is expected", value)
        return None
