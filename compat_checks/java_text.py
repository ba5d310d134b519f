"""A schema as Apache Avro Java writes it (`Schema.toString`): it is part of what Java says where it throws."""

from __future__ import annotations

import json
import math
import re
from typing import Final

from compat_checks.schema import (
    PRIMITIVES,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    NamedSchema,
    Primitive,
    Record,
    Schema,
    Union,
)
from compat_checks.source import Json

# In its own namespace, a type of such a name is still referred to by its full name.
_TYPE_NAMES: Final = PRIMITIVES | {"record", "enum", "array", "map", "union", "fixed"}
_SPECIAL = re.compile(r'[\x00-\x1f"\\]')
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def java_text(schema: Schema) -> str:
    """The compact text; only the full name where types are chained deeper than Python calls."""
    try:
        return _text(_value(schema, "", set()))
    except RecursionError:
        return schema.label


def _value(schema: Schema, namespace: str, seen: set[str]) -> Json:
    match schema:
        case Primitive():
            return {"type": schema.kind, **schema.props} if schema.props else schema.kind
        case Array():
            return {"type": "array", "items": _value(schema.items, namespace, seen), **schema.props}
        case Map():
            return {"type": "map", "values": _value(schema.values, namespace, seen), **schema.props}
        case Union():
            return [_value(branch, namespace, seen) for branch in schema.branches]
    if schema.fullname in seen:
        return _name_in(schema.fullname, namespace)
    seen.add(schema.fullname)
    made = {**_head(schema, namespace), **_content(schema, seen), **schema.props}
    if schema.aliases:
        made["aliases"] = [_name_in(alias, schema.namespace) for alias in schema.aliases]
    return made


def _head(schema: NamedSchema, namespace: str) -> dict[str, Json]:
    kind = "error" if isinstance(schema, Record) and schema.is_error else schema.kind
    head: dict[str, Json] = {"type": kind, "name": schema.name}
    if schema.namespace != namespace:
        head["namespace"] = schema.namespace
    return head if schema.doc is None else {**head, "doc": schema.doc}


def _content(schema: NamedSchema, seen: set[str]) -> dict[str, Json]:
    match schema:
        case Record():
            return {"fields": [_field(field, schema.namespace, seen) for field in schema.fields]}
        case Enum():
            default = {} if schema.default is None else {"default": schema.default}
            return {"symbols": list(schema.symbols), **default}
        case Fixed():
            return {"size": schema.size}


def _field(field: Field, namespace: str, seen: set[str]) -> dict[str, Json]:
    made: dict[str, Json] = {"name": field.name, "type": _value(field.type, namespace, seen)}
    if field.doc is not None:
        made["doc"] = field.doc
    if field.has_default:
        made["default"] = field.default
    if field.order != "ascending":
        made["order"] = field.order
    if field.aliases:
        made["aliases"] = list(field.aliases)
    return {**made, **field.props}


def _name_in(fullname: str, namespace: str) -> str:
    space, _, name = fullname.rpartition(".")
    return name if space and space == namespace and name not in _TYPE_NAMES else fullname


def _text(value: Json) -> str:
    """Compact JSON, with numbers as Java writes them and control characters as Jackson does."""
    if isinstance(value, dict):
        return "{" + ",".join([f"{_text(key)}:{_text(one)}" for key, one in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_text(one) for one in value]) + "]"
    if isinstance(value, float):
        return _double(value)
    return f'"{_SPECIAL.sub(_escape, value)}"' if isinstance(value, str) else json.dumps(value)


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"


def _double(value: float) -> str:
    """`Double.toString`: scientific below a thousandth and from ten millions on."""
    if not math.isfinite(value):
        return '"NaN"' if math.isnan(value) else f'"{"-" if value < 0 else ""}Infinity"'
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    from decimal import Decimal  # here, for few schemas have a number to write

    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    first, rest = digits[0], "".join(map(str, digits[1:])).rstrip("0") or "0"
    return f"{'-' if sign else ''}{first}.{rest}E{int(exponent) + len(digits) - 1}"
