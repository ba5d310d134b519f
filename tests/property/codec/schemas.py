"""Random schemas, and other versions of a schema, which readers of the first can still read."""

from __future__ import annotations

import copy
from random import Random
from typing import Any, Final, TypeAlias

Schema: TypeAlias = Any  # parsed JSON

_PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_LOGICAL: Final = (
    ("int", "date"),
    ("int", "time-millis"),
    ("long", "time-micros"),
    ("string", "uuid"),
    ("bytes", "big-decimal"),
    *(("long", f"{one}timestamp-{unit}") for one in ("", "local-") for unit in ("millis", "micros", "nanos")),
)
_WORDS: Final = ("id", "userId", "_retry", "class", "str", "URL", "value", "to_avro", "o", "b", "n", "Any", "dt", "x1")
_LEAST: Final[dict[str, Any]] = {"null": None, "boolean": True, "int": 1, "string": "x", "double": 0.5, "bytes": "ÿ"}
# What a reader's type may have been written as.
_WRITTEN_AS: Final[dict[str, tuple[str, ...]]] = {
    "long": ("int",),
    "float": ("int", "long"),
    "double": ("int", "long", "float"),
    "string": ("bytes",),
    "bytes": ("string",),
}


class Schemas:
    """Random records, each of them whole."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._count = 0
        self._known: list[str] = []

    def record(self, name: str, space: str) -> Schema:
        """A record that refers to nothing but what is inside of it."""
        self._known = []
        return self._record(name, space, 0)

    def _record(self, name: str, space: str, depth: int) -> Schema:
        words = self._random.sample(_WORDS, self._random.randint(1 if depth else 2, 3 if depth else 5))
        fullname = f"{space}.{name}"
        fields = [self._field(word, space, depth) for word in words]
        if self._random.random() < 0.3:
            fields.append({"name": "again", "type": ["null", fullname], "default": None})
        self._known.append(fullname)
        return {"type": "record", "name": name, "namespace": space, "fields": fields}

    def _field(self, name: str, space: str, depth: int) -> Schema:
        type_ = self._type(space, depth + 1)
        field = {"name": name, "type": type_}
        first = type_[0] if isinstance(type_, list) else type_
        if isinstance(first, str) and first in _LEAST and self._random.random() < 0.4:
            field["default"] = _LEAST[first]
        elif isinstance(first, dict) and first["type"] in ("array", "map") and self._random.random() < 0.4:
            field["default"] = [] if first["type"] == "array" else {}
        return field

    def _type(self, space: str, depth: int) -> Schema:
        random = self._random
        kinds = ["primitive"] * 4 + ["logical", "named"] + ["array", "map", "union", "union", "record"] * (depth < 4)
        match random.choice(kinds):
            case "primitive":
                return random.choice(_PRIMITIVES)
            case "logical":
                return self._logical()
            case "named":
                return self._named()
            case "array":
                return {"type": "array", "items": self._type(space, depth + 1)}
            case "map":
                return {"type": "map", "values": self._type(space, depth + 1)}
            case "record":
                return self._record(self._name("R"), space, depth)
            case _:
                return self._union(space, depth)

    def _logical(self) -> Schema:
        if self._random.random() < 0.3:
            return {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": self._random.randint(0, 9)}
        kind, name = self._random.choice(_LOGICAL)
        return {"type": kind, "logicalType": name}

    def _named(self) -> Schema:
        random = self._random
        if self._known and random.random() < 0.3:
            return random.choice(self._known)
        name = self._name("N")
        if random.random() < 0.5:
            symbols = random.sample(("A", "b", "None", "mro", "value", "_x", "Z9", "name"), random.randint(1, 5))
            return {"type": "enum", "name": name, "symbols": symbols, "default": symbols[0]}
        size = random.choice((0, 1, 12, 16))
        logical = {12: "duration", 16: "uuid"}.get(size)
        return {"type": "fixed", "name": name, "size": size} | ({"logicalType": logical} if logical else {})

    def _union(self, space: str, depth: int) -> Schema:
        branches: list[Schema] = []
        labels: set[str] = set()
        for _ in range(self._random.randint(1, 4)):
            known = len(self._known)
            branch = self._type(space, depth + 1)
            label = _label(branch)
            if label is not None and label not in labels:
                labels.add(label)
                branches.append(branch)
            else:
                del self._known[known:]  # what it defined is not there
        return branches or ["null", "string"]

    def _name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"


def _label(branch: Schema) -> str | None:
    """What must be different in each branch; None where it can be none."""
    if isinstance(branch, list):
        return None
    if isinstance(branch, str):
        return branch.rpartition(".")[2]
    return str(branch.get("name", branch["type"]))


def other_version(schema: Schema, random: Random) -> Schema:
    """A writer's schema whose values a reader of the first can read: most of them, where unions are concerned."""
    return _other(copy.deepcopy(schema), random)


def _other(schema: Schema, random: Random) -> Schema:
    if isinstance(schema, list):
        return [_other(one, random) if isinstance(one, dict) else one for one in schema]
    if isinstance(schema, str):
        return random.choice((schema, *_WRITTEN_AS.get(schema, ()))) if random.random() < 0.4 else schema
    if schema["type"] == "record":
        schema["fields"] = _other_fields(schema["fields"], random)
    elif schema["type"] in ("array", "map"):
        key = "items" if schema["type"] == "array" else "values"
        schema[key] = _other(schema[key], random)
    elif schema["type"] == "enum":
        random.shuffle(schema["symbols"])
        schema["symbols"].append("NEW")
    return schema


def _other_fields(fields: list[Schema], random: Random) -> list[Schema]:
    """Some fields that have a default are missing, some are new, all are in another order."""
    kept = [one for one in fields if "default" not in one or _defines(one["type"]) or random.random() < 0.6]
    for one in kept:
        one["type"] = _other(one["type"], random)
        one.pop("default", None)
    for index in range(random.randint(0, 2)):
        item: Schema = random.choice(("string", "long", "bytes", {"type": "map", "values": ["null", "double"]}))
        kept.append({"name": f"new{index}", "type": item})
    if not any(_defines(one["type"]) for one in kept):
        random.shuffle(kept)
    return kept


def _defines(schema: Schema) -> bool:
    """Whether a name is defined in a type, to which others may refer."""
    if isinstance(schema, list):
        return any(map(_defines, schema))
    if not isinstance(schema, dict):
        return False
    return "name" in schema or any(_defines(schema.get(key, "")) for key in ("items", "values"))
