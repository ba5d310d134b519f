"""One self-contained text of a schema that refers to other files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from compat_checks.parse import qualify
from compat_checks.schema import PRIMITIVES
from compat_checks.source import Json

# The JSON of the type of that full name, as it stands in another file. None: there it is not defined.
Definition = Callable[[str], Mapping[str, Json] | None]

_KINDS: Final = ("record", "error", "enum", "fixed")


def inline(value: Json, definition: Definition) -> Json:
    """Put the definition of each type from elsewhere where its name is used first.

    Everything that the files say is kept: docs, attributes and the order of keys. A definition is given its
    namespace explicitly, for it stands in another one now. Each type is defined once: where a definition from elsewhere
    has one inside that is there already, its name stands instead.
    """
    return _Inliner(definition).value(value, "")


def compact(value: Json) -> str:
    """The JSON text without white space: what is registered, fingerprinted and compiled into code."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class _Inliner:
    """One walk: it remembers which names are defined so far."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._defined: set[str] = set()

    def value(self, value: Json, namespace: str) -> Json:
        if isinstance(value, str):
            return self._name(value, namespace)
        if isinstance(value, list):
            return [self.value(item, namespace) for item in value]
        if not isinstance(value, dict):
            return value
        inner = namespace
        if value.get("type") in _KINDS:
            fullname = full_name(value, namespace)
            if fullname in self._defined:
                return fullname
            self._defined.add(fullname)
            inner = fullname.rpartition(".")[0]
        return {key: self._attribute(key, item, inner) for key, item in value.items()}

    def _attribute(self, key: str, item: Json, namespace: str) -> Json:
        if key == "fields" and isinstance(item, list):
            return [{**one, "type": self.value(one["type"], namespace)} for one in item]
        in_kind = key == "type" and item in (*_KINDS, "array", "map")
        if key in ("type", "items", "values") and not in_kind:
            return self.value(item, namespace)
        return item

    def _name(self, name: str, namespace: str) -> Json:
        if name in PRIMITIVES:
            return name
        for fullname in dict.fromkeys((qualify(name, namespace), name)):
            if fullname in self._defined:
                return name
            if (found := self._definition(fullname)) is not None:
                return self.value(moved(found, fullname), "")
        return name


def moved(value: Mapping[str, Json], fullname: str) -> dict[str, Json]:
    """A definition with its namespace said, to stand in another one."""
    space, _, short = fullname.rpartition(".")
    head = {"type": value["type"], "name": short, "namespace": space}
    return {**head, **{key: item for key, item in value.items() if key not in head}}


def full_name(value: Mapping[str, Json], namespace: str) -> str:
    """The full name of a definition that stands inside of `namespace`."""
    given = value.get("namespace")
    return qualify(value["name"], given if isinstance(given, str) else namespace)
