"""The self-contained schema text of one schema (a part of stage one)."""

from __future__ import annotations

from collections.abc import Mapping

from compat_checks.inline import compact, inline, moved
from compat_checks.json_pointer import value_at
from compat_checks.schema import NamedSchema, Record, Schema
from compat_checks.source import Json


def self_contained(schema: Schema, types: Mapping[str, NamedSchema]) -> str:
    """The compact text of a schema, wherever it is defined, with the types that it refers to inside of it.

    For the schema of a file this is the text of `SchemaFiles.self_contained`, which takes files only.
    """
    value = value_at(schema.place)
    root = moved(value, schema.fullname) if isinstance(schema, Record) and schema.place.pointer else value

    def definition(fullname: str) -> Mapping[str, Json] | None:
        found: Mapping[str, Json] | None = value_at(types[fullname].place) if fullname in types else None
        return found

    return compact(inline(root, definition))
