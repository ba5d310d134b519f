"""JSON of a schema taken from one place to another: each type is still defined once, and names mean the same."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from compat_checks.inline import full_name, moved
from compat_checks.json_pointer import steps
from compat_checks.parse import qualify
from compat_checks.schema import PRIMITIVES
from compat_checks.source import Json, Place

_DEFINING: Final = ("record", "error", "enum", "fixed")
_BUILT_IN: Final = (*_DEFINING, "array", "map")


# A full name, the JSON that defines it, and the namespace around that.
Definition: TypeAlias = tuple[str, Mapping[str, Json], str]


def definitions(value: Json, namespace: str = "") -> Iterator[Definition]:
    """What a schema that stands inside of a namespace defines, each before those inside of it."""
    if isinstance(value, list):
        for item in value:
            yield from definitions(item, namespace)
    elif isinstance(value, dict):
        inner = _inner(value, namespace)
        if is_definition(value):
            yield full_name(value, namespace), value, namespace
        parts = [value[key] for key in ("type", "items", "values") if isinstance(value.get(key), dict | list)]
        for part in (*parts, *(field["type"] for field in _fields(value))):
            yield from definitions(part, inner)


def is_definition(value: Json) -> bool:
    """Whether a JSON value has the form of a named type's definition."""
    return isinstance(value, dict) and value.get("type") in _DEFINING and isinstance(value.get("name"), str)


def namespace_at(place: Place) -> str:
    """The namespace that names at a place are relative to; LookupError or ValueError for a place that is not there."""
    value, namespace = place.source.load(), ""
    for step in steps(place.pointer):
        namespace = _inner(value, namespace)
        value = value[int(step)] if isinstance(value, list) else value[step]
    return namespace


class Mover:
    """Takes the schemas of one text into another.

    Attributes:
        used: full names that the moved JSON refers to and that were known before.
    """

    def __init__(self, source: Iterable[Definition], namespace: str, known: Container[str]) -> None:
        """Prepare for schemas from a text that defines `source`, to a place inside of `namespace` that has `known`."""
        self._from = {name: (found, around) for name, found, around in source}
        self._namespace = namespace
        self._known = known
        self._defined: set[str] = set()
        self.used: set[str] = set()

    def schema(self, value: Json, namespace: str) -> Json:
        """The schema `value`, which stood inside of `namespace`, as it is written in the other text."""
        return self._schema(value, namespace, self._namespace)

    def _schema(self, value: Json, old: str, new: str) -> Json:
        if isinstance(value, str):
            return self._name(value, old, new)
        if isinstance(value, list):
            return [self._schema(item, old, new) for item in value]
        if is_definition(value):
            return self._definition(value, old, new)
        return self._attributes(value, old, new) if isinstance(value, dict) else value

    def _name(self, name: str, old: str, new: str) -> str | Json:
        if name in PRIMITIVES:
            return name
        fullname = self._meant(name, old)
        if not self._has(fullname) and fullname in self._from:
            found, around = self._from[fullname]
            return self._definition(found, around, new)
        if fullname in self._known:
            self.used.add(fullname)
        return fullname if "." in name else _shortest(fullname, new)

    def _definition(self, value: Mapping[str, Json], old: str, new: str) -> Json:
        fullname = full_name(value, old)
        space = fullname.rpartition(".")[0]
        if self._has(fullname):
            self.used.add(fullname)
            return _shortest(fullname, new)
        self._defined.add(fullname)
        made = self._attributes(value, space, space)
        if full_name(value, new) == fullname:
            return made
        return moved(made, fullname)

    def _attributes(self, value: Mapping[str, Json], old: str, new: str) -> dict[str, Json]:
        made = dict(value)
        for key in ("type", "items", "values"):
            if key in made and made[key] not in _BUILT_IN:
                made[key] = self._schema(made[key], old, new)
        if _fields(value):
            made["fields"] = [{**field, "type": self._schema(field["type"], old, new)} for field in _fields(value)]
        return made

    def _has(self, fullname: str) -> bool:
        return fullname in self._defined or fullname in self._known

    def _meant(self, name: str, namespace: str) -> str:
        """The full name of a name: in its namespace, or where that has none of it, in none."""
        qualified = qualify(name, namespace)
        return name if qualified not in self._from and name in self._from else qualified


def _shortest(fullname: str, namespace: str) -> str:
    space, _, name = fullname.rpartition(".")
    return name if space in ("", namespace) else fullname


def _inner(value: Json, namespace: str) -> str:
    """The namespace inside of a value."""
    return full_name(value, namespace).rpartition(".")[0] if is_definition(value) else namespace


def _fields(value: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The fields of a record; empty for every other schema."""
    fields = value.get("fields") if is_definition(value) else None
    return [one for one in fields if isinstance(one, dict) and "type" in one] if isinstance(fields, list) else []
