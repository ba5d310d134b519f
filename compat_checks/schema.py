"""The Avro schema tree (Avro specification 1.12, "Schema Declaration").

A tree may be recursive: a named type that is used again is the same object. So nodes compare by identity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from compat_checks.classes import field, frozen, mutable
from compat_checks.source import Json, Place

PrimitiveKind: TypeAlias = Literal["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
PRIMITIVES: Final[frozenset[str]] = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))


KINDS: Final = (*sorted(PRIMITIVES), "array", "map", "union", "fixed", "enum", "record")


class Missing:
    """The type of MISSING: a field without a default is not a field whose default is null."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@frozen
class LogicalType:
    """A logical type that is valid where it stands (an invalid one is ignored, as the specification asks).

    Attributes:
        name: for example "decimal" or "timestamp-millis".
        precision: digits of a decimal, at least 1; 0 for every other logical type.
        scale: digits of a decimal after the point, from 0 to precision.
    """

    name: str
    precision: int = 0
    scale: int = 0


@mutable(eq=False, kw_only=True)
class _Node:
    """What every schema has.

    Attributes:
        place: where it stands in its source.
        props: the attributes that the specification does not reserve, `logicalType` among them.
        logical: the logical type, where one is given and valid.
    """

    place: Place
    props: Mapping[str, Json] = field(default_factory=dict)
    logical: LogicalType | None = None


@mutable(eq=False, kw_only=True)
class Primitive(_Node):
    """A primitive type."""

    kind: PrimitiveKind

    @property
    def label(self) -> str:
        """How the type is called in messages."""
        return self.kind


@mutable(eq=False, kw_only=True)
class Array(_Node):
    """An array."""

    kind: Literal["array"] = "array"
    items: Schema

    @property
    def label(self) -> str:
        """How the type is called in messages."""
        return self.kind


@mutable(eq=False, kw_only=True)
class Map(_Node):
    """A map from strings."""

    kind: Literal["map"] = "map"
    values: Schema

    @property
    def label(self) -> str:
        """How the type is called in messages."""
        return self.kind


@mutable(eq=False, kw_only=True)
class Union(_Node):
    """A union; its branches are distinct and none is a union."""

    kind: Literal["union"] = "union"
    branches: tuple[Schema, ...]

    @property
    def label(self) -> str:
        """How the type is called in messages."""
        return self.kind

    def check_branches(self) -> None:
        """Check what the specification asks of branches.

        Raises:
            InvalidSchema: a branch is a union, or of the same type as one before it.
        """
        labels: set[str] = set()
        for index, branch in enumerate(self.branches):
            if branch.kind == "union":
                raise (self.place / index).error("a union directly inside of a union")
            if branch.label in labels:
                raise (self.place / index).error(f'the union has "{branch.label}" twice')
            labels.add(branch.label)


@mutable(eq=False, kw_only=True)
class _Named(_Node):
    """What records, enums and fixeds have.

    Attributes:
        fullname: namespace and name, joined by a dot; only the name where there is no namespace.
        aliases: full names, each once.
        doc: the doc, where one is given.
    """

    fullname: str
    aliases: tuple[str, ...] = ()
    doc: str | None = None

    @property
    def name(self) -> str:
        """The name without its namespace."""
        return self.fullname.rpartition(".")[2]

    @property
    def namespace(self) -> str:
        """The namespace; empty where there is none."""
        return self.fullname.rpartition(".")[0]

    @property
    def label(self) -> str:
        """How the type is called in messages."""
        return self.fullname


@mutable(eq=False, kw_only=True)
class Fixed(_Named):
    """A fixed: `size` bytes, at least 0."""

    kind: Literal["fixed"] = "fixed"
    size: int


@mutable(eq=False, kw_only=True)
class Enum(_Named):
    """An enum; `default` is the symbol that a reader puts in the place of one it does not know."""

    kind: Literal["enum"] = "enum"
    symbols: tuple[str, ...]
    default: str | None = None


@mutable(eq=False, kw_only=True)
class Field:
    """A field of a record.

    Attributes:
        default: its JSON form, as written; MISSING where there is none. Of a number that is written as a text, as
            Java takes it for floats ("NaN"), the number.
        order: "ascending", "descending" or "ignore".
        props: the attributes that the specification does not reserve.
    """

    name: str
    type: Schema
    place: Place
    default: Json | Missing = MISSING
    aliases: tuple[str, ...] = ()
    order: str = "ascending"
    doc: str | None = None
    props: Mapping[str, Json] = field(default_factory=dict)

    @property
    def has_default(self) -> bool:
        """Whether a default is given; null is one."""
        return self.default is not MISSING


@mutable(eq=False, kw_only=True)
class Record(_Named):
    """A record, or an error (`is_error`), which differs by its name only."""

    kind: Literal["record"] = "record"
    fields: tuple[Field, ...] = ()
    is_error: bool = False


NamedSchema: TypeAlias = Record | Enum | Fixed
Schema: TypeAlias = Primitive | Array | Map | Union | Record | Enum | Fixed


def children(schema: Schema) -> tuple[Schema, ...]:
    """The schemas directly inside of one, in their order."""
    match schema:
        case Array():
            return (schema.items,)
        case Map():
            return (schema.values,)
        case Union():
            return schema.branches
        case Record():
            return tuple(field.type for field in schema.fields)
        case _:
            return ()


def walk(schema: Schema) -> Iterator[Schema]:
    """The schema and all inside of it, depth first; each named type once."""
    seen: set[int] = set()
    stack: list[Schema] = [schema]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        stack.extend(reversed(children(node)))
