"""One self-contained text of a schema that refers to other files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from compat_checks.parse import qualify
from compat_checks.schema import PRIMITIVES
from compat_checks.source import Json

# Where a type of that full name is defined: its JSON and the namespace around it. None: not in another file.
Definition = Callable[[str], Mapping[str, Json] | None]


def inline(value: Json, definition: Definition) -> Json:
    """Put the definition of each type from elsewhere where its name is used first.

    Everything that the files say is kept: docs, attributes and the order of keys. A definition is given its
    namespace explicitly, for it stands in another one now.
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
        if value.get("type") in ("record", "error", "enum", "fixed"):
            fullname = full_name(value, namespace)
            self._defined.add(fullname)
            inner = fullname.rpartition(".")[0]
        return {key: self._attribute(key, item, inner) for key, item in value.items()}

    def _attribute(self, key: str, item: Json, namespace: str) -> Json:
        if key == "fields" and isinstance(item, list):
            return [{**one, "type": self.value(one["type"], namespace)} for one in item]
        in_kind = key == "type" and item in ("record", "error", "enum", "fixed", "array", "map")
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
                space, _, short = fullname.rpartition(".")
                moved = {"type": found["type"], "name": short, "namespace": space}
                rest = {key: item for key, item in found.items() if key not in moved}
                return self.value({**moved, **rest}, "")
        return name


def full_name(value: Mapping[str, Json], namespace: str) -> str:
    """The full name of a definition that stands inside of `namespace`."""
    given = value.get("namespace")
    return qualify(value["name"], given if isinstance(given, str) else namespace)
