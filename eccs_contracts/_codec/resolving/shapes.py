"""A schema's text as a tree of shapes: what resolution needs to know of it, and no more."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from eccs_contracts._codec.plan import Json
from eccs_contracts._codec.resolving.leaves import leaf_kind
from eccs_contracts.errors import DecodeError

PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_TAGS: Final = "confluent:tags"
_PERSONAL: Final = "PII"
_UNUSABLE: Final = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(slots=True, eq=False)
class Shape:
    """A schema; recursive ones refer to themselves.

    Attributes:
        kind: the type: a primitive, "record", "enum", "fixed", "array", "map" or "union".
        leaf: the kind of its values, where others are not inside of it: the primitive or the logical type.
        name: the full name of a record, enum or fixed.
        aliases: full names.
        inner: the items of an array, the values of a map, the branches of a union.
        default: the symbol that stands for unknown ones.
    """

    kind: str
    leaf: str = ""
    name: str = ""
    aliases: tuple[str, ...] = ()
    size: int = 0
    precision: int = 0
    scale: int = 0
    inner: list[Shape] = field(default_factory=list)
    fields: list[FieldShape] = field(default_factory=list)
    symbols: tuple[str, ...] = ()
    default: str | None = None

    @property
    def short(self) -> str:
        """The name without its namespace, by which resolution knows a type."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True, eq=False)
class FieldShape:
    """A field of a record.

    Attributes:
        personal: whether it is tagged as personal data: `"confluent:tags": ["PII"]`.
    """

    name: str
    aliases: tuple[str, ...]
    type: Shape
    personal: bool = False


def shape_of(text: str) -> Shape:
    """The shape of a schema.

    Raises:
        DecodeError: the text is no schema.
    """
    try:
        return _Reader().shape(json.loads(text), "")
    except _UNUSABLE as error:
        raise DecodeError(f"the writer's schema is not usable: {type(error).__name__}: {error}") from error


def same_bytes(one: Shape, other: Shape, seen: set[tuple[int, int]] | None = None) -> bool:
    """Whether two schemas write the same values as the same bytes: names of fields and types, order and kinds agree."""
    seen = set() if seen is None else seen
    if (id(one), id(other)) in seen:
        return True
    seen.add((id(one), id(other)))
    plain = (one.kind, one.name, one.size, one.symbols, one.leaf, one.precision, one.scale)
    if plain != (other.kind, other.name, other.size, other.symbols, other.leaf, other.precision, other.scale):
        return False
    if [field.name for field in one.fields] != [field.name for field in other.fields]:
        return False
    inner = zip((*one.inner, *_types(one)), (*other.inner, *_types(other)), strict=False)
    return len(one.inner) == len(other.inner) and all(same_bytes(first, second, seen) for first, second in inner)


def _types(shape: Shape) -> tuple[Shape, ...]:
    return tuple(field.type for field in shape.fields)


class _Reader:
    """One reading; the names that it has met are its only state."""

    def __init__(self) -> None:
        self._named: dict[str, Shape] = {}

    def shape(self, value: Json, space: str) -> Shape:
        if isinstance(value, list):
            return Shape("union", inner=[self.shape(one, space) for one in value])
        if isinstance(value, str):
            return Shape(value, value) if value in PRIMITIVES else self._known(value, space)
        kind = value["type"]
        if not isinstance(kind, str):
            return self.shape(kind, space)
        if kind in ("record", "error", "enum", "fixed"):
            return self._define(kind, value, space)
        if kind in ("array", "map"):
            return Shape(kind, inner=[self.shape(value["items" if kind == "array" else "values"], space)])
        return _leaf(Shape(kind), value) if kind in PRIMITIVES else self._known(kind, space)

    def _known(self, name: str, space: str) -> Shape:
        found = self._named.get(_full(name, space)) or self._named.get(name)
        if found is None:
            raise LookupError(name)
        return found

    def _define(self, kind: str, value: dict[str, Any], space: str) -> Shape:
        name = _full(value["name"], value.get("namespace", space))
        space = name.rpartition(".")[0]
        aliases = tuple(_full(alias, space) for alias in value.get("aliases", ()))
        made = Shape("record" if kind == "error" else kind, name=name, aliases=aliases)
        self._named[name] = made
        if kind == "fixed":
            made.size = int(value["size"])
            return _leaf(made, value)
        if kind == "enum":
            made.symbols, made.default = tuple(map(str, value["symbols"])), value.get("default")
            return made
        for one in value["fields"]:
            made.fields.append(self._field(one, space))
        return made

    def _field(self, value: dict[str, Any], space: str) -> FieldShape:
        personal = _PERSONAL in (value.get(_TAGS) or ())
        return FieldShape(
            str(value["name"]), tuple(value.get("aliases", ())), self.shape(value["type"], space), personal
        )


def _full(name: str, space: str) -> str:
    return name if "." in name or not space else f"{space}.{name}"


def _leaf(shape: Shape, value: dict[str, Any]) -> Shape:
    """The shape with its logical type, where that is valid; the specification wants others to be ignored."""
    precision, scale = value.get("precision", 0), value.get("scale", 0)
    shape.leaf = leaf_kind(shape.kind, shape.size, value.get("logicalType"), (precision, scale))
    if shape.leaf.startswith("decimal"):
        shape.precision, shape.scale = precision, scale
    return shape
