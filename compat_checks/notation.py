"""Types and fields as people write them, on one line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from compat_checks.schema import Array, Enum, Field, Fixed, LogicalType, Map, Record, Schema, Union
from compat_checks.source import Json

MAX_TEXT: Final = 60  # characters; what is longer is cut
CONSTRAINTS: Final = ("minLength", "maxLength", "minimum", "maximum", "pattern", "format")
TAGS: Final = "confluent:tags"
_AROUND_SYMBOLS: Final = len("optional enum  {, …}")


def type_text(schema: Schema) -> str:
    """A type, in MAX_TEXT characters at most.

    `string`, `timestamp-millis`, `decimal(10, 2)`, `array<string>`, `map<string or null>`, `optional string` for a
    union of null and one other, `enum Color {RED, GREEN}`, `fixed Hash(16)`, `record RetryMetadata`.
    """
    union = isinstance(schema, Union) and len(schema.branches) == 2 and _without_null(schema)
    if union and len(union) == 1:
        return cut(f"optional {_outer(union[0])}")
    return cut(_outer(schema))


def field_text(field: Field) -> str:
    """A field without its name: type, default, constraints and tags, in MAX_TEXT characters at most."""
    parts = [type_text(field.type)]
    if field.has_default:
        parts.append(f"default {_json(field.default)}")
    parts += [f"{key} {_plain(field.props[key])}" for key in CONSTRAINTS if key in field.props]
    if TAGS in field.props:
        parts.append(f"tags {_plain(field.props[TAGS])}")
    return cut(", ".join(parts))


def value_text(value: Json) -> str:
    """A JSON value, cut where it is long."""
    return cut(_json(value))


def cut(text: str) -> str:
    """A text of MAX_TEXT characters at most."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _outer(schema: Schema) -> str:
    """A type that is not inside of another one; there is room for the symbols of an enum."""
    if isinstance(schema, Enum) and not schema.logical:
        return f"enum {schema.name} {{{_symbols(schema.symbols, MAX_TEXT - len(schema.name) - _AROUND_SYMBOLS)}}}"
    return _type(schema)


def _symbols(symbols: Sequence[str], room: int) -> str:
    """As many as there is room for, in characters, but the first one always."""
    shown = 1
    while shown < len(symbols) and len(", ".join(symbols[: shown + 1])) <= room:
        shown += 1
    return ", ".join([*symbols[:shown], *(["…"] if shown < len(symbols) else [])])


def _type(schema: Schema) -> str:
    if schema.logical:
        return _logical(schema, schema.logical)
    match schema:
        case Array():
            return f"array<{_type(schema.items)}>"
        case Map():
            return f"map<{_type(schema.values)}>"
        case Union():
            return _union(schema)
        case Fixed():
            return f"fixed {schema.name}({schema.size})"
        case Record():
            return f"{'error' if schema.is_error else 'record'} {schema.name}"
        case Enum():
            return f"enum {schema.name}"
        case _:
            return schema.kind


def _logical(schema: Schema, logical: LogicalType) -> str:
    name = f"decimal({logical.precision}, {logical.scale})" if logical.name == "decimal" else logical.name
    return f"{name} in fixed {schema.name}({schema.size})" if isinstance(schema, Fixed) else name


def _union(union: Union) -> str:
    """The branches, null last; the order that matters to a default is for the default to tell."""
    names = [_type(branch) for branch in _without_null(union)]
    names += ["null"] * (len(names) < len(union.branches))
    *rest, last = names or ["a union of nothing"]
    return f"{', '.join(rest)} or {last}" if rest else last


def _without_null(union: Union) -> list[Schema]:
    return [branch for branch in union.branches if branch.kind != "null"]


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Json) -> str:
    """A text without quotes, a list of texts without brackets; anything else as JSON."""
    if isinstance(value, list) and all(isinstance(item, str) and item.isprintable() for item in value):
        return " ".join(value)
    return value if isinstance(value, str) and value.isprintable() else _json(value)
