"""Makes random Avro schemas.

Made from a seed, so that a run can be repeated, and fast: tens of thousands of pairs in seconds. All is JSON as
`json.loads` gives it. What this project refuses on purpose and Java takes is not made: keys given twice, comments, and
nesting deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

Json = Any

PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NUMBERS: Final = ("int", "long", "float", "double")
TYPES: Final = ("A", "B", "C", "D", "List", "_x9")
SPACES: Final = ("n", "m.x")
FIELDS: Final = ("a", "b", "c", "d", "e")
SYMBOLS: Final = ("P", "Q", "R", "S")
LOGICAL: Final = ("decimal", "date", "uuid", "duration", "timestamp-millis", "time-micros", "nonsense")
NAMED: Final = ("record", "error", "enum", "fixed")
MAX_DEPTH: Final = 4


@dataclass
class Maker:
    """Makes schemas.

    Attributes:
        wild: whether it uses names before they are defined, defines types twice and takes other liberties that Java's
            parser allows and few others do; and whether there are logical types, which resolution ignores.
    """

    random: Random
    wild: bool = True
    known: dict[str, Json] = field(default_factory=dict)

    @property
    def types(self) -> tuple[str, ...]:
        """Names for types."""
        return (*TYPES, "array") if self.wild else TYPES

    @property
    def spaces(self) -> tuple[str, ...]:
        """Namespaces."""
        return (*SPACES, *SPACES, "") if self.wild else SPACES

    def schema(self) -> Json:
        """A schema that is valid in most cases; always, where it is not wild."""
        self.known = {}
        return self._record(0, "") if self.chance(0.7) else self._type(0, "", in_union=False)

    def _type(self, depth: int, space: str, *, in_union: bool) -> Json:
        if self.known and self.chance(0.15):
            return self._use(space)
        if depth >= MAX_DEPTH or self.chance(0.35):
            return self._primitive()
        makers = [self._record, self._record, self._enum, self._fixed, self._array, self._map]
        return self.random.choice(makers if in_union else [*makers, self._union, self._union])(depth, space)

    def _use(self, space: str) -> Json:
        usable = [one for one in self.known if self.wild or "." in one or not space]
        fullname = self.random.choice(usable or ["int"])
        if self.wild and self.chance(0.15):
            return copy.deepcopy(self.known[fullname]) or fullname
        if self.wild and self.chance(0.1):
            return self.random.choice(self.types)
        around, _, name = fullname.rpartition(".")
        return name if around == space and self.chance(0.5) else fullname

    def _primitive(self) -> Json:
        kind = self.random.choice(PRIMITIVES)
        if self.chance(0.8):
            return kind
        return {"type": kind, **self._properties()}

    def _properties(self) -> dict[str, Json]:
        made: dict[str, Json] = {}
        if self.wild and self.chance(0.5):
            made["logicalType"] = self.random.choice(LOGICAL)
            if self.chance(0.7):
                made |= {"precision": self.random.choice([4, 9, 40]), "scale": self.random.choice([0, 2, 9])}
        if self.chance(0.3):
            made["x"] = self.random.choice([1, 1.5, None, True, "t", [1, {"y": None}], {"z": 2**70}])
        return made

    def _array(self, depth: int, space: str) -> Json:
        return {"type": "array", "items": self._type(depth + 1, space, in_union=False), **self._rarely()}

    def _map(self, depth: int, space: str) -> Json:
        return {"type": "map", "values": self._type(depth + 1, space, in_union=False), **self._rarely()}

    def _rarely(self) -> dict[str, Json]:
        return self._properties() if self.chance(0.1) else {}

    def _union(self, depth: int, space: str) -> Json:
        branches: list[Json] = ["null"] if self.chance(0.5) else []
        labels = {"null"} if branches else set()
        for _ in range(self.random.choice([0, 1, 1, 2, 2, 3])):
            branch = self._type(depth + 1, space, in_union=True)
            if (label := label_of(branch, space)) not in labels:
                labels.add(label)
                branches.append(branch)
        return branches

    def _head(self, kind: str, space: str) -> tuple[dict[str, Json], str, str]:
        """The attributes of a named type, its namespace, and its full name."""
        name, made = self.random.choice(self.types), {}
        inner = space
        if self.chance(0.3):
            inner = made["namespace"] = self.random.choice(self.spaces)
        fullname = f"{inner}.{name}" if inner else name
        while fullname in self.known:
            name += "1"
            fullname += "1"
        if self.wild and inner and self.chance(0.1):
            made, name = {"namespace": "ignored"}, fullname
        head = {"type": kind, "name": name, **made, **self._rarely()}
        if self.chance(0.15):
            pool = [*TYPES, *(f"{one}.{two}" for one in SPACES for two in TYPES)]
            head["aliases"] = self.random.sample(pool, self.random.choice([1, 2]))
        if self.chance(0.1):
            head["doc"] = "a doc"
        self.known[fullname] = None
        return head, inner, fullname

    def _enum(self, depth: int, space: str) -> Json:
        del depth
        head, _, fullname = self._head("enum", space)
        symbols = self.random.sample(SYMBOLS, self.random.choice([1, 2, 3, 4]))
        made = {**head, "symbols": symbols}
        if self.chance(0.3):
            made["default"] = self.random.choice(symbols)
        self.known[fullname] = made
        return made

    def _fixed(self, depth: int, space: str) -> Json:
        del depth
        head, _, fullname = self._head("fixed", space)
        self.known[fullname] = {**head, "size": self.random.choice([0, 2, 4, 12, 16])}
        return self.known[fullname]

    def _record(self, depth: int, space: str) -> Json:
        head, inner, fullname = self._head(self.random.choice(["record"] * 9 + ["error"]), space)
        names = self.random.sample(FIELDS, self.random.choice([0, 1, 2, 3, 4, 4]))
        made = {**head, "fields": [self._field(name, depth, inner) for name in names]}
        if self.wild or self.known[fullname] is None:
            self.known[fullname] = made
        return made

    def _field(self, name: str, depth: int, space: str) -> Json:
        kind = self._type(depth + 1, space, in_union=False)
        made: dict[str, Json] = {"name": name, "type": kind}
        if self.chance(0.4):
            fitting = self.default(kind, space)
            if fitting is not MISSING:
                made["default"] = fitting
        if self.chance(0.1):
            made["aliases"] = [self.random.choice(FIELDS if self.wild else [f"{name}_old"])]
        if self.wild and self.chance(0.05):
            made["order"] = self.random.choice(["ascending", "IGNORE", "descending"])
        return made

    def default(self, kind: Json, space: str, levels: int = 3) -> Json:
        """A default that fits; MISSING where that is hard to say, or would go on for ever."""
        if isinstance(kind, list):
            return self.default(self.random.choice(kind if self.wild else kind[:1]), space, levels) if kind else MISSING
        if isinstance(kind, str) and kind not in PRIMITIVES:
            defined = self.known.get(kind) or self.known.get(f"{space}.{kind}")
            return self.default(defined, kind.rpartition(".")[0], levels - 1) if defined and levels else MISSING
        name = kind if isinstance(kind, str) else kind["type"]
        if name in ("record", "error"):
            return self._record_default(kind, space, levels)
        if name in ("array", "map"):
            return [] if name == "array" else {}
        return self.random.choice(kind["symbols"]) if name == "enum" else self._scalar(name, kind)

    def _record_default(self, kind: Json, space: str, levels: int) -> Json:
        made = {}
        for one in kind["fields"]:
            value = self.default(one["type"], space, levels)
            if value is MISSING:
                return MISSING
            if "default" not in one or self.chance(0.5):
                made[one["name"]] = value
        return made

    def _scalar(self, name: str, kind: Json) -> Json:
        if name == "fixed":
            return "\u00ff" * kind["size"]
        chosen = self.random.choice(SCALARS[name])
        return chosen if self.wild or name not in ("float", "double") else float(chosen)

    def chance(self, share: float) -> bool:
        """True in that share of the cases."""
        return self.random.random() < share


class _Missing:
    pass


MISSING: Final = _Missing()

SCALARS: Final[dict[str, tuple[Json, ...]]] = {
    "null": (None,),
    "boolean": (True, False),
    "int": (0, -5, 2**31 - 1),
    "long": (0, -(2**63), 2**40),
    "float": (0, 1.5, -2, 0.0078125),
    "double": (0, 2.5, 1e300, -7),
    "bytes": ("", "\u00ff\u0000"),
    "string": ("", "text", "\u00e9"),
}


def label_of(schema: Json, space: str) -> str:
    """What a union tells its branches apart by."""
    if isinstance(schema, str):
        return schema if schema in PRIMITIVES or "." in schema or not space else f"{space}.{schema}"
    if isinstance(schema, list):
        return "union"
    if schema["type"] not in NAMED:
        return str(schema["type"])
    space = schema.get("namespace", space)
    return schema["name"] if "." in schema["name"] or not space else f"{space}.{schema['name']}"
