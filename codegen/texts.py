"""The self-contained schema text of one record (a part of stage one)."""

from __future__ import annotations

from collections.abc import Mapping

from compat_checks.inline import compact, full_name
from compat_checks.parse import qualify
from compat_checks.schema import PRIMITIVES, NamedSchema, Record, Schema
from compat_checks.source import Json, Place

_NESTING = ("type", "items", "values")


def self_contained(schema: Schema, types: Mapping[str, NamedSchema]) -> str:
    """The compact text of a schema, wherever it is defined, with the types that it refers to inside of it.

    For the record of a file this is the text of `SchemaFiles.self_contained`. That one takes files only, and
    defines a type twice where a definition from elsewhere has it inside, too.
    """
    value = _json(schema.place)
    root = _moved(value, schema) if isinstance(schema, Record) and schema.place.pointer else value
    return compact(_Writer(types).value(root, ""))


class _Writer:
    """One walk: it remembers which names are defined so far."""

    def __init__(self, types: Mapping[str, NamedSchema]) -> None:
        self._types = types
        self._defined: set[str] = set()

    def value(self, value: Json, namespace: str) -> Json:
        if isinstance(value, str):
            return self._name(value, namespace)
        if isinstance(value, list):
            return [self.value(one, namespace) for one in value]
        if value.get("type") in ("record", "error", "enum", "fixed"):
            fullname = full_name(value, namespace)
            if fullname in self._defined:
                return fullname
            self._defined.add(fullname)
            namespace = fullname.rpartition(".")[0]
        return {key: self._attribute(key, item, namespace) for key, item in value.items()}

    def _attribute(self, key: str, item: Json, namespace: str) -> Json:
        if key == "fields" and isinstance(item, list):
            return [{**one, "type": self.value(one["type"], namespace)} for one in item]
        is_kind = item in ("record", "error", "enum", "fixed", "array", "map")
        return self.value(item, namespace) if key in _NESTING and not is_kind else item

    def _name(self, name: str, namespace: str) -> Json:
        if name in PRIMITIVES:
            return name
        fullname = qualify(name, namespace)
        fullname = fullname if fullname in self._types else name
        if fullname in self._defined:
            return name
        found = self._types[fullname]
        return self.value(_moved(_json(found.place), found), "")


def _moved(value: Mapping[str, Json], named: NamedSchema) -> dict[str, Json]:
    """A definition with its namespace said, as it stands in another one now."""
    head = {"type": value["type"], "name": named.name, "namespace": named.namespace}
    return {**head, **{key: item for key, item in value.items() if key not in head}}


def _json(place: Place) -> Json:
    """The JSON value at a place (RFC 6901)."""
    value = place.source.load()
    for step in place.pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step.replace("~1", "/").replace("~0", "~")]
    return value
