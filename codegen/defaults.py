"""Defaults of fields as Python expressions."""

from __future__ import annotations

from codegen.errors import Refusal
from compat_checks.schema import Array, Enum, Field, Fixed, Map, Primitive, Record, Schema, Union
from compat_checks.source import Json


def default_expression(field: Field) -> tuple[str | None, bool]:
    """The expression, and whether it makes a new value each time; (None, False) where there is no default.

    Raises:
        Refusal: a default of a kind that cannot be expressed yet.
    """
    if not field.has_default:
        return None, False
    expression = _expression(field.type, field.default)
    if expression is None:
        raise Refusal(str((field.place / "default").error("cannot be expressed yet: a default of this type")))
    return expression, expression[:1] in "[{"


def _expression(schema: Schema, value: Json) -> str | None:
    match schema:
        case Union():
            tried = (_expression(branch, value) for branch in schema.branches)
            return next((found for found in tried if found is not None), None)
        case Primitive() if schema.logical is None:
            return _primitive(schema.kind, value)
        case Array() if value == []:
            return "[]"
        case Map() if value == {}:
            return "{}"
        case Enum() if value in schema.symbols:
            return f"{schema.name}({value!r})"
        case Fixed() | Record() | Primitive() | Array() | Map() | Enum():
            return None


def _primitive(kind: str, value: Json) -> str | None:
    if value is None:
        return "None" if kind == "null" else None
    if isinstance(value, bool):
        return repr(value) if kind == "boolean" else None
    if isinstance(value, int | float):
        makes = {"int": int, "long": int, "float": float, "double": float}
        return repr(makes[kind](value)) if kind in makes else None
    if isinstance(value, str) and kind == "bytes":
        return repr(value.encode("latin-1"))
    return repr(value) if isinstance(value, str) and kind == "string" else None
