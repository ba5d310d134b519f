"""Which Python type an Avro type is (a part of stage two)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from codegen.errors import refusal
from codegen.types import (
    SCALARS,
    ArrayOf,
    EnumOf,
    Home,
    MapOf,
    PyType,
    RecordOf,
    Scalar,
    UnionOf,
    least,
    python_class,
)
from compat_checks.schema import Array, Enum, Fixed, Map, Primitive, Record, Schema, Union, walk

MAX_DEPTH: Final = 8  # containers inside of each other: reading takes two of the 20 blocks that Python nests


class Resolver:
    """Python types by the homes of the classes."""

    def __init__(self, homes: Mapping[str, Home]) -> None:
        self._homes = homes
        self._least: dict[str, int] = {}

    def type_of(self, schema: Schema, depth: int = 0) -> PyType:
        """The Python type; `depth` is how many arrays and maps are around it.

        Raises:
            RefusalError: there is none.
        """
        match schema:
            case Primitive() | Fixed():
                return _scalar(schema)
            case Enum():
                return EnumOf(self._homes[schema.fullname], len(schema.symbols))
            case Record():
                return RecordOf(self._homes[schema.fullname], _is_binary(schema), self._least_of(schema))
            case Array():
                return ArrayOf(self.type_of(schema.items, self._deeper(schema, depth)))
            case Map():
                return MapOf(self.type_of(schema.values, self._deeper(schema, depth)))
            case Union():
                return self._union(schema, depth)

    def _deeper(self, schema: Schema, depth: int) -> int:
        if depth == MAX_DEPTH:
            raise refusal(schema, f"arrays and maps nested deeper than {MAX_DEPTH}; put one of them into a record")
        return depth + 1

    def _union(self, schema: Union, depth: int) -> UnionOf:
        """A union; branches that are of one class in Python get classes of their own."""
        branches = tuple(self.type_of(branch, depth) for branch in schema.branches)
        tagged = alike(schema)
        tags = (self._tag(branch) if branch in tagged else "" for branch in schema.branches)
        return UnionOf(branches, tuple(tags), tuple(branch.label for branch in schema.branches))

    def _tag(self, branch: Schema) -> str | Home:
        if isinstance(branch, Fixed):
            return self._homes[branch.fullname]
        return f"{branch.kind.capitalize()}Branch"

    def _least_of(self, record: Record) -> int:
        """Bytes that a value takes at least; a record inside of itself counts as none."""
        if record.fullname not in self._least:
            self._least[record.fullname] = 0
            self._least[record.fullname] = sum(self._least_in(field.type) for field in record.fields)
        return self._least[record.fullname]

    def _least_in(self, schema: Schema) -> int:
        match schema:
            case Record():
                return self._least_of(schema)
            case Primitive() | Fixed():
                return least(_scalar(schema))
            case _:
                return 1


def alike(union: Union) -> list[Schema]:
    """The branches that are of one class in Python with another branch."""
    classes = [
        python_class(_scalar(one), "") if isinstance(one, Primitive | Fixed) else one.label for one in union.branches
    ]
    return [one for one, name in zip(union.branches, classes, strict=True) if classes.count(name) > 1]


def _scalar(schema: Primitive | Fixed) -> Scalar:
    size = schema.size if isinstance(schema, Fixed) else 0
    logical = schema.logical
    if logical is None:
        is_big = schema.kind == "bytes" and schema.props.get("logicalType") == "big-decimal"
        return Scalar("big-decimal" if is_big else schema.kind, size)
    is_own = isinstance(schema, Fixed) and logical.name != "duration"
    name = f"{logical.name}-fixed" if is_own else logical.name
    if name not in SCALARS:
        raise refusal(schema, f"the logical type {logical.name} cannot be expressed")
    return Scalar(name, size, logical.precision, logical.scale)


def _is_binary(record: Record) -> bool:
    return any(isinstance(one, Fixed) or one.kind == "bytes" for one in walk(record))
