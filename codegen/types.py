"""What stage two decides about types: which Python type each Avro type is, and where named types live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Home:
    """Where a generated class lives.

    Attributes:
        module: its module in the generated package.
        name: the class.
        slug: what the names of its functions and tables are made of.
    """

    module: str
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type without others inside of it.

    Attributes:
        kind: the primitive or logical type, a key of SCALARS.
        size: bytes of a fixed.
        precision: digits of a decimal.
        scale: digits of a decimal after the point.
    """

    kind: str
    size: int = 0
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True, slots=True)
class EnumOf:
    """An enum; `size` is the number of its symbols."""

    home: Home
    size: int


@dataclass(frozen=True, slots=True)
class RecordOf:
    """A record.

    Attributes:
        binary: whether it is written as bytes, and not as latin-1 text: where bytes are inside of it.
        least: bytes that a value takes at least.
    """

    home: Home
    binary: bool
    least: int


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """An array."""

    items: PyType


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map."""

    values: PyType


@dataclass(frozen=True, slots=True)
class UnionOf:
    """A union.

    Attributes:
        names: of the branches, as the JSON encoding has them: of the type, or the full name.
        tags: for each branch the class that its values are in, where Python cannot tell it from another: a name for
            a primitive, a home for a fixed; else "".
    """

    branches: tuple[PyType, ...]
    tags: tuple[str | Home, ...]
    names: tuple[str, ...]

    @property
    def null(self) -> int | None:
        """The index of null, where it is a branch."""
        return next((index for index, one in enumerate(self.branches) if one == NULL), None)

    @property
    def only(self) -> tuple[int, PyType] | None:
        """Index and type of the one branch beside null; None where the union is another one."""
        rest = [(index, one) for index, one in enumerate(self.branches) if one != NULL]
        return rest[0] if len(rest) == 1 and len(self.branches) == 2 else None


PyType: TypeAlias = Scalar | EnumOf | RecordOf | ArrayOf | MapOf | UnionOf

NULL: Final = Scalar("null")
NO_VALUE: Final = UnionOf((), (), ())  # a union without branches

# Kind -> Python type and bytes at least; a fixed has its own size.
SCALARS: Final[dict[str, tuple[str, int]]] = {
    "null": ("None", 0),
    "boolean": ("bool", 1),
    "int": ("int", 1),
    "long": ("int", 1),
    "float": ("float", 4),
    "double": ("float", 8),
    "bytes": ("bytes", 1),
    "string": ("str", 1),
    "fixed": ("bytes", 0),
    "uuid": ("UUID", 37),
    "uuid-fixed": ("UUID", 16),
    "date": ("dt.date", 1),
    "time-millis": ("dt.time", 1),
    "time-micros": ("dt.time", 1),
    "timestamp-millis": ("dt.datetime", 1),
    "timestamp-micros": ("dt.datetime", 1),
    "local-timestamp-millis": ("dt.datetime", 1),
    "local-timestamp-micros": ("dt.datetime", 1),
    "decimal": ("Decimal", 1),
    "decimal-fixed": ("Decimal", 0),
    "big-decimal": ("Decimal", 1),
    "duration": ("Duration", 12),
    "timestamp-nanos": ("int", 1),
    "local-timestamp-nanos": ("int", 1),
}


def least(type_: PyType) -> int:
    """Bytes that a value takes at least."""
    match type_:
        case Scalar():
            return type_.size or SCALARS[type_.kind][1]
        case RecordOf():
            return type_.least
        case _:
            return 1


def python_class(type_: PyType, here: str) -> str:
    """The class that `type(value)` is, as an expression."""
    match type_:
        case Scalar():
            return SCALARS[type_.kind][0]
        case EnumOf() | RecordOf():
            return reference(type_.home, here)
        case ArrayOf():
            return "list"
        case MapOf():
            return "dict"
        case UnionOf():
            return "object"


def annotation(type_: PyType, here: str) -> str:
    """The annotation of a value, in the module `here`."""
    match type_:
        case ArrayOf():
            return f"list[{annotation(type_.items, here)}]"
        case MapOf():
            return f"dict[str, {annotation(type_.values, here)}]"
        case UnionOf():
            pairs = zip(type_.branches, type_.tags, strict=True)
            names = [_branch(annotation(one, here), tag, here) for one, tag in pairs if one != NULL]
            return " | ".join([*names, "None"] if type_.null is not None else names) or "Never"
        case _:
            return python_class(type_, here)


def _branch(name: str, tag: str | Home, here: str) -> str:
    """The annotation of a branch; only the class of a primitive does not know its values."""
    if isinstance(tag, Home):
        return reference(tag, here)
    return f"{tag}[{name}]" if tag else name


def tag_class(tag: str | Home, here: str) -> str:
    """The class of a branch, as an expression."""
    return reference(tag, here) if isinstance(tag, Home) else tag


def reference(home: Home, here: str, name: str = "") -> str:
    """A class, or something else beside it, as it is called from the module `here`."""
    return (name or home.name) if home.module == here else f"_{home.module}.{name or home.name}"
