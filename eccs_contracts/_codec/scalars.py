"""Plans of the primitive types, of fixed and of enums."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeAlias

from eccs_contracts._codec import varint
from eccs_contracts._codec.at import At, Report
from eccs_contracts._codec.cursor import Cursor
from eccs_contracts._codec.plan import AvroType, Form, Json
from eccs_contracts._codec.tables import DOUBLE as DOUBLE_STRUCT
from eccs_contracts._codec.tables import FLOAT as FLOAT_STRUCT
from eccs_contracts.errors import DecodeError

# What a conversion may raise where a value of the right class does not fit.
MISFIT: Final = (ArithmeticError, AttributeError, DecodeError, LookupError, TypeError, ValueError, struct.error)


Codec: TypeAlias = tuple[Callable[[Cursor, At], Any], Callable[[Any], bytes]]
JsonCodec: TypeAlias = tuple[Callable[[Json], Any], Callable[[Any], Json]]


def same(value: Any) -> Any:
    """The value itself."""
    return value


class Scalar(AvroType):
    """A type without others inside of it, made of functions that raise MISFIT where a value is wrong."""

    __slots__ = ("_classes", "_get", "_json", "_put", "label", "least")

    def __init__(
        self,
        label: str,
        classes: tuple[type, ...],
        least: int,
        codec: Codec,
        plain: JsonCodec = (same, same),
        avro: JsonCodec | Scalar = (same, same),
    ) -> None:
        """Take the label, the Python classes (the reader's own first), and the functions.

        A logical type gives for `avro` the type that it is on, whose JSON is its own.
        """
        self.label = label
        self.least = least
        self._classes = classes
        self._get, self._put = codec
        self._json: dict[Form, JsonCodec] = {
            "plain": plain,
            "avro": self._as_stored(avro) if isinstance(avro, Scalar) else avro,
        }

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

    def to_json(self, value: Any, at: At, form: Form) -> Json:
        if not self._is_class(value):
            at.refuse(self.label, value)
        if not self._fits(value):
            at.misfit(self.label)
        return self._json[form][1](value)

    def from_json(self, value: Json, at: At, report: Report, form: Form) -> Any:
        try:
            found = self._json[form][0](value)
        except MISFIT:
            found = _UNFIT
        if found is not _UNFIT and self._fits(found):
            return found
        report.add(at, f"{self.label} is expected", value)
        return None

    def _as_stored(self, base: Scalar) -> JsonCodec:
        """The JSON of the type that a logical type is on: what it reads of the same bytes."""
        of_json, to_json = base._json["avro"]

        def of_stored(value: Json) -> Any:
            found = of_json(value)
            if not base._is_class(found):
                raise TypeError
            return self._get(Cursor(base._put(found)), At())

        return of_stored, lambda value: to_json(base._get(Cursor(self._put(value)), At()))

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


def _avro_number(value: Json) -> float:
    """As `_number`, or one that JSON has not, as Apache Avro for Java writes it."""
    return _NO_NUMBERS[value] if isinstance(value, str) else _number(value)


def _of_latin1(value: Json) -> bytes:
    """Bytes from the Avro JSON encoding: a code point for each."""
    raw: bytes = value.encode("latin-1")
    return raw


def _latin1(value: bytes) -> str:
    return value.decode("latin-1")


def base64_text(value: bytes) -> str:
    """Bytes in JSON (RFC 4648, section 4)."""
    return base64.b64encode(value).decode("ascii")


def of_base64(value: Json) -> bytes:
    """Bytes from JSON."""
    return base64.b64decode(value.encode("ascii"), validate=True)


_NO_NUMBERS: Final = {name: float(name) for name in ("NaN", "Infinity", "-Infinity")}
_BASE64: Final = (of_base64, base64_text)
_LATIN1: Final = (_of_latin1, _latin1)

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
    (_avro_number, same),
)
DOUBLE: Final = Scalar(
    "a float",
    (float, int),
    8,
    (lambda cursor, at: DOUBLE_STRUCT.unpack(cursor.take(8, at))[0], DOUBLE_STRUCT.pack),
    (_number, same),
    (_avro_number, same),
)
STRING: Final = Scalar("text", (str,), 1, (lambda cursor, at: cursor.sized(at).decode(), _write_string))
BYTES: Final = Scalar("bytes", (bytes,), 1, (Cursor.sized, _write_bytes), _BASE64, _LATIN1)


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
        _BASE64,
        _LATIN1,
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

    def to_json(self, value: Any, at: At, form: Form) -> Json:  # noqa: ARG002  the same in both
        if not self.owns(value):
            at.refuse(self.label, value)
        return str(value)

    def from_json(self, value: Json, at: At, report: Report, form: Form) -> Any:  # noqa: ARG002
        symbols = [str(member) for member in self.symbols]
        if value in symbols:
            return self.symbols(value)
        report.add(at, f"one of {', '.join(symbols)} is expected", value)
        return None
