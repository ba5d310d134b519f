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

_MAX_DIGITS: Final = 1000  # of a decimal; each value is compared with 10 to this power
_REFUSED: Final = {
    "timestamp-nanos": "datetime ends at microseconds",
    "local-timestamp-nanos": "datetime ends at microseconds",
    "duration": "the standard library has no type of months, days and milliseconds",
}


class Resolver:
    """Python types by the homes of the classes."""

    def __init__(self, homes: Mapping[str, Home]) -> None:
        self._homes = homes
        self._least: dict[str, int] = {}

    def type_of(self, schema: Schema) -> PyType:
        """The Python type.

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
                return ArrayOf(self.type_of(schema.items))
            case Map():
                return MapOf(self.type_of(schema.values))
            case Union():
                return self._union(schema)

    def _union(self, schema: Union) -> UnionOf:
        found = UnionOf(tuple(self.type_of(branch) for branch in schema.branches))
        if not found.branches:
            raise refusal(schema, "a union without branches has no value")
        seen: dict[str, str] = {}
        for branch, one in zip(schema.branches, found.branches, strict=True):
            name = python_class(one, "")
            if name in seen:
                both = f"a union with two branches that are both {name} in Python, {seen[name]} and {branch.label}"
                raise refusal(schema, f"{both}, which cannot tell them apart; put one of them into a record")
            seen[name] = branch.label
        return found

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


def _scalar(schema: Primitive | Fixed) -> Scalar:
    size = schema.size if isinstance(schema, Fixed) else 0
    logical = schema.logical
    if logical is None:
        return Scalar(schema.kind, size)
    if logical.name in _REFUSED:
        raise refusal(schema, f"{logical.name} cannot be expressed: {_REFUSED[logical.name]}")
    if logical.precision > _MAX_DIGITS:
        raise refusal(schema, f"a decimal of more than {_MAX_DIGITS} digits cannot be expressed")
    name = f"{logical.name}-fixed" if isinstance(schema, Fixed) else logical.name
    if name not in SCALARS:
        raise refusal(schema, f"the logical type {logical.name} cannot be expressed")
    return Scalar(name, size, logical.precision, logical.scale)


def _is_binary(record: Record) -> bool:
    return any(isinstance(one, Fixed) or one.kind == "bytes" for one in walk(record))
