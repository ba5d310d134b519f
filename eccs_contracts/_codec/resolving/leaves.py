"""Values without others inside: how the writer's are read, and what the reader makes of them.

Specification 1.12, "Schema Resolution" and "Logical Types". The types themselves must match or be promoted. Where
both sides count time, the number is brought from the writer's unit to the reader's, which no type says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from eccs_contracts._codec import convert, logical, scalars
from eccs_contracts._codec.at import At
from eccs_contracts._codec.cursor import Cursor
from eccs_contracts._codec.plan import AvroType

Conversion = Callable[[Any], Any]

_DIGITS_OF_BIT: Final = math.log10(2)
_NANOS: Final = {"millis": 1_000_000, "micros": 1_000, "nanos": 1}


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of values.

    Attributes:
        base: the type that it stands on.
        plan: how it is read with every check.
        of_base: makes the value of a value of the base; None where they are the same.
        clock: what its numbers count, where they count time: numbers of one clock can be converted.
    """

    base: str
    plan: AvroType | None = None
    of_base: Conversion | None = None
    clock: str = ""


_KINDS: Final[dict[str, _Kind]] = {
    "null": _Kind("null", scalars.NULL),
    "boolean": _Kind("boolean", scalars.BOOLEAN),
    "int": _Kind("int", scalars.INT),
    "long": _Kind("long", scalars.LONG),
    "float": _Kind("float", scalars.FLOAT),
    "double": _Kind("double", scalars.DOUBLE),
    "bytes": _Kind("bytes", scalars.BYTES),
    "string": _Kind("string", scalars.STRING),
    "fixed": _Kind("fixed"),
    "uuid": _Kind("string", logical.UUID_TEXT, convert.uuid_of_text),
    "uuid-fixed": _Kind("fixed", logical.UUID_FIXED, convert.uuid_of_bytes),
    "date": _Kind("int", logical.DATE, convert.date_of_days),
    "time-millis": _Kind("int", logical.TIME_MILLIS, convert.time_of_millis, "time"),
    "time-micros": _Kind("long", logical.TIME_MICROS, convert.time_of_micros, "time"),
    "timestamp-millis": _Kind("long", logical.TIMESTAMP_MILLIS, convert.instant_of_millis, "timestamp"),
    "timestamp-micros": _Kind("long", logical.TIMESTAMP_MICROS, convert.instant_of_micros, "timestamp"),
    "local-timestamp-millis": _Kind("long", logical.LOCAL_TIMESTAMP_MILLIS, convert.local_of_millis, "local-timestamp"),
    "local-timestamp-micros": _Kind("long", logical.LOCAL_TIMESTAMP_MICROS, convert.local_of_micros, "local-timestamp"),
    "timestamp-nanos": _Kind("long", scalars.LONG, int, "timestamp"),
    "local-timestamp-nanos": _Kind("long", scalars.LONG, int, "local-timestamp"),
    "duration": _Kind("fixed", logical.DURATION, convert.duration_of_bytes),
    "big-decimal": _Kind("bytes", logical.BIG_DECIMAL, convert.big_decimal_of_bytes),
    "decimal": _Kind("bytes"),
    "decimal-fixed": _Kind("fixed"),
}
# Logical type -> the types that it may stand on, and the kind that it is there.
_LOGICAL: Final[dict[tuple[str, str], str]] = {
    ("string", "uuid"): "uuid",
    ("bytes", "big-decimal"): "big-decimal",
    **{(kind.base, name): name for name, kind in _KINDS.items() if kind.of_base and kind.base in ("int", "long")},
}
_FIXED: Final[dict[tuple[object, int], str]] = {("uuid", 16): "uuid-fixed", ("duration", 12): "duration"}
# Writer's type -> the types that it is promoted to.
_PROMOTIONS: Final[dict[str, tuple[str, ...]]] = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}


def leaf_kind(kind: str, size: int, name: object, digits: tuple[object, object]) -> str:
    """The kind of values of a type with a logical type; that of the type where the logical one is not valid."""
    if name == "decimal" and kind in ("bytes", "fixed") and _is_decimal(digits, size if kind == "fixed" else None):
        return "decimal" if kind == "bytes" else "decimal-fixed"
    if kind == "fixed":
        return _FIXED.get((name, size), "fixed")
    return _LOGICAL.get((kind, str(name)), kind)


def _is_decimal(digits: tuple[object, object], size: int | None) -> bool:
    precision, scale = digits
    if type(precision) is not int or type(scale) is not int or not 0 <= scale <= precision > 0:
        return False
    return size is None or precision <= int((8 * size - 1) * _DIGITS_OF_BIT)


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """How a value is read.

    Attributes:
        kind: what the bytes are read as.
        convert: what is made of that; None where nothing needs to be.
    """

    kind: str
    size: int = 0
    precision: int = 0
    scale: int = 0
    convert: Conversion | None = None

    @property
    def plan(self) -> AvroType:
        """How it is read with every check."""
        if self.kind == "fixed":
            return scalars.fixed(self.size)
        if self.kind == "decimal":
            return logical.decimal_bytes(self.precision, self.scale)
        if self.kind == "decimal-fixed":
            return logical.decimal_fixed(self.size, self.precision, self.scale)
        found = _KINDS[self.kind].plan
        assert found  # noqa: S101  the others are the three above
        return found

    @property
    def least(self) -> int:
        """Bytes that a value takes at least."""
        return self.plan.least

    def read(self, cursor: Cursor, at: At) -> Any:
        """Read with every check."""
        start = cursor.position
        value = self.plan.read(cursor, at)
        if self.convert is None:
            return value
        try:
            return self.convert(value)
        except scalars.MISFIT:
            at.broken("a value that the reader's type cannot hold", start)


def is_promoted(writer: str, reader: str) -> bool:
    """Whether values of one type are read as those of another."""
    return reader in _PROMOTIONS.get(writer, ())


def resolved(writer: Leaf, reader: Leaf) -> Leaf:
    """How the writer's values are read as the reader's.

    Args:
        writer: of a type that is the reader's, or is promoted to it. Its decimals are what it says, whatever digits
            the reader has for them.
        reader: what is wanted.
    """
    if writer.kind == reader.kind:
        return writer
    base, target = _KINDS[writer.kind].base, _KINDS[reader.kind].base
    made = _of_base(reader)
    if (clock := _KINDS[reader.kind].clock) and clock == _KINDS[writer.kind].clock:
        made = _rescaled(_unit(writer.kind), _unit(reader.kind), made)
    elif base in ("int", "long") and target in ("float", "double"):
        made = float
    read_as = target if {base, target} == {"string", "bytes"} else base
    return Leaf(read_as, writer.size, convert=made)


def _of_base(leaf: Leaf) -> Conversion | None:
    if leaf.kind.startswith("decimal"):
        return lambda raw: convert.decimal_of_bytes(raw, leaf.precision, leaf.scale)
    return _KINDS[leaf.kind].of_base


def _unit(kind: str) -> int:
    return _NANOS[kind.rpartition("-")[2]]


def _rescaled(writer: int, reader: int, made: Conversion | None) -> Conversion:
    def rescale(value: int) -> Any:
        number = value * writer // reader
        return made(number) if made else number

    return rescale
