"""Random Avro schemas, pairs of them that are nearly compatible, and schemas that break a rule.

Made from a seed, so that a run can be repeated, and fast: tens of thousands of pairs in seconds. All is JSON as
`json.loads` gives it. What this project refuses on purpose and Java takes is not made: keys given twice, comments, and
nesting deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
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
WRONG: Final[tuple[Json, ...]] = (
    None,
    True,
    0,
    1.0,
    -1,
    2**31,
    2**63,
    2**80,
    "",
    "x",
    "NaN",
    "-Infinity",
    "1.5f",
    " 0x1p3 ",
    "1e",
    [],
    {},
)


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


# --- What is changed between a reader and its writer, and what is broken.


@dataclass(frozen=True)
class Spot:
    """A value inside of a schema: where it is kept, and what it is."""

    holder: Any
    key: Any
    role: str  # "schema" or "field"

    @property
    def value(self) -> Json:
        """The value."""
        return self.holder[self.key]

    def put(self, value: Json) -> None:
        """Put another one in its place."""
        self.holder[self.key] = value


def spots(holder: Any, key: Any) -> Iterator[Spot]:
    """The schema at a key of its holder, and all schemas and fields inside of it."""
    here = Spot(holder, key, "schema")
    yield here
    value = here.value
    if isinstance(value, list):
        for index in range(len(value)):
            yield from spots(value, index)
    elif isinstance(value, dict):
        for inner in ("items", "values"):
            if inner in value:
                yield from spots(value, inner)
        for index, one in enumerate(value.get("fields") or ()):
            yield Spot(value["fields"], index, "field")
            yield from spots(one, "type")


Change = Callable[[Random, Json, Maker], Json]


def _promoted(random: Random, kind: Json, _: Maker) -> Json:
    return random.choice(NUMBERS if kind in NUMBERS else PRIMITIVES)


def _swapped(_: Random, kind: Json, __: Maker) -> Json:
    return "bytes" if kind == "string" else "string"


def _nullable(random: Random, kind: Json, _: Maker) -> Json:
    return random.choice((["null", kind], [kind, "null"], [kind]))


def _other(random: Random, _: Json, maker: Maker) -> Json:
    return random.choice((maker.schema, lambda: random.choice(PRIMITIVES)))()


def _branches(random: Random, kind: Json, _: Maker) -> Json:
    made = list(kind)
    if made and random.random() < 0.4:
        made.pop(random.randrange(len(made)))
    if random.random() < 0.5:
        made.insert(random.randint(0, len(made)), random.choice(PRIMITIVES))
    random.shuffle(made)
    return made


def _first_branch(random: Random, kind: Json, _: Maker) -> Json:
    return random.choice(kind) if kind else "null"


def _symbols(random: Random, kind: Json, _: Maker) -> Json:
    made = {**kind, "symbols": random.sample(SYMBOLS, random.choice([1, 2, 3, 4]))}
    made.pop("default", None)
    if random.random() < 0.4:
        made["default"] = random.choice(made["symbols"])
    return made


def _size(random: Random, kind: Json, _: Maker) -> Json:
    return {**kind, "size": random.choice([2, 4, 16])}


def _renamed(random: Random, kind: Json, maker: Maker) -> Json:
    made = {**kind, "name": random.choice(maker.types)}
    if random.random() < 0.6:
        made["aliases"] = [random.choice((kind["name"], f"{random.choice(SPACES)}.{kind['name']}", *TYPES))]
    return made


def _moved(random: Random, kind: Json, maker: Maker) -> Json:
    return {**kind, "namespace": random.choice(maker.spaces)}


def _fields(random: Random, kind: Json, maker: Maker) -> Json:
    made = list(kind["fields"])
    if made and random.random() < 0.5:
        made.pop(random.randrange(len(made)))
    free = [name for name in FIELDS if name not in {one["name"] for one in made}]
    if free and random.random() < 0.6:
        simple = random.choice(PRIMITIVES)
        new = {"name": random.choice(free), "type": simple}
        if random.random() < 0.5:
            new["default"] = maker.default(simple, "")
        made.insert(random.randint(0, len(made)), new)
    if random.random() < 0.3:
        random.shuffle(made)
    return {**kind, "fields": made}


def _error(_: Random, kind: Json, __: Maker) -> Json:
    return {**kind, "type": "record" if kind["type"] == "error" else "error"}


def _field_name(random: Random, one: Json, _: Maker) -> Json:
    made = {**one, "name": random.choice(FIELDS)}
    return {**made, "aliases": [one["name"]]} if random.random() < 0.6 else made


def _field_default(random: Random, one: Json, maker: Maker) -> Json:
    made = {key: value for key, value in one.items() if key != "default"}
    value = maker.default(one["type"], "") if isinstance(one["type"], str) else MISSING
    return made if value is MISSING or random.random() < 0.4 else {**made, "default": value}


def _field_aliases(random: Random, one: Json, _: Maker) -> Json:
    return {**one, "aliases": random.sample(FIELDS, random.choice([1, 1, 2]))}


ANY: Final[tuple[Change, ...]] = (_nullable, _other)
CHANGES: Final[dict[str, tuple[Change, ...]]] = {
    "primitive": (_promoted, _promoted, _swapped),
    "union": (_branches, _branches, _first_branch),
    "enum": (_symbols, _symbols, _renamed, _moved),
    "fixed": (_size, _renamed, _moved),
    "record": (_fields, _fields, _fields, _fields, _renamed, _moved),
    "error": (_fields, _error, _renamed, _moved),
    "field": (_field_name, _field_default, _field_aliases),
}


def kind_of(spot: Spot) -> str:
    """What a spot holds: a key of CHANGES, or something that only changes as a whole."""
    value = spot.value
    if spot.role == "field":
        return "field"
    if isinstance(value, list):
        return "union"
    name = value if isinstance(value, str) else value["type"]
    return "primitive" if name in PRIMITIVES else str(name)


def changed(schema: Json, maker: Maker, times: int) -> Json:
    """The schema with some changes: what another version of it may look like."""
    random = maker.random
    root = [copy.deepcopy(schema)]
    for _ in range(times):
        found = list(spots(root, 0))
        spot = random.choice(found[1:] if len(found) > 1 and random.random() < 0.9 else found)
        changes = CHANGES.get(kind_of(spot), ANY)
        change = random.choice(changes if spot.role == "field" or random.random() < 0.85 else ANY)
        spot.put(copy.deepcopy(change(random, spot.value, maker)))
    return root[0]


def _is(*kinds: str) -> Callable[[Spot], bool]:
    return lambda spot: spot.role == "schema" and isinstance(spot.value, dict) and spot.value["type"] in kinds


def _is_field(spot: Spot) -> bool:
    return spot.role == "field"


NAMES: Final = (
    *("", "1a", "a-b", "a b", "a.", ".a", "a..b", "a.b", "int", "n.int", 5, None),
    *("\u00e9t\u00e9", "\u540d", "a\u0663", "\u0663a", "\U00010400", "a\u0301", "a\u2160"),
)
SPACES_TRIED: Final = ("", ".", "n.", ".n", "n..m", "n.1", "n.\u00e9", 5, None, "n")
ALIASES: Final[tuple[Json, ...]] = (
    [""],
    ["a.1"],
    ["1.a"],
    [".A"],
    ["a..B"],
    ["A", "A"],
    ["\u00e9"],
    [5],
    "A",
    None,
    [],
)
SIZES: Final = (-1, 0, 1.0, "4", None, True, 2**31 - 9, 2**31 - 8, 2**31, 10**30)
ANYTHING: Final[tuple[Json, ...]] = ({"type": "A"}, "A", "n.B", "", 5, None, True, {}, {"x": 1})


def _given(key: str, *values: Json) -> Change:
    return lambda random, value, _: {**value, key: random.choice(values)}


def _without(*keys: str) -> Change:
    def change(random: Random, value: Json, _: Maker) -> Json:
        gone = random.choice(keys)
        return {key: item for key, item in value.items() if key != gone}

    return change


def _twice(key: str) -> Change:
    return lambda random, value, _: {**value, key: [*value[key], *([random.choice(value[key])] if value[key] else [5])]}


def _anything(random: Random, value: Json, _: Maker) -> Json:
    return random.choice(([value], [value, value], [["null"], value], {"type": value}, *ANYTHING))


def _is_schema(spot: Spot) -> bool:
    return spot.role == "schema"


BROKEN: Final[tuple[tuple[Callable[[Spot], bool], Change], ...]] = (
    (_is(*NAMED), _given("name", *NAMES)),
    (_is(*NAMED), _given("namespace", *SPACES_TRIED)),
    (_is(*NAMED), _given("aliases", *ALIASES)),
    (_is(*NAMED), _without("name", "fields", "symbols", "size")),
    (_is("enum"), _given("default", "nobody", "", 5, None, ["P"])),
    (_is("enum"), _given("symbols", ["1"], [""], [5], "P", None, [], ["\u00e9"], ["P", "P"], {"P": 1})),
    (_is("enum"), _twice("symbols")),
    (_is("fixed"), _given("size", *SIZES)),
    (_is("record", "error"), _given("fields", None, {}, [5], [{}], ["a"], [["a"]])),
    (_is("record", "error"), _twice("fields")),
    (_is("array", "map"), _without("items", "values")),
    (_is_field, _given("name", *NAMES)),
    (_is_field, _given("default", *WRONG)),
    (_is_field, _given("default", *WRONG)),
    (_is_field, _given("order", "up", "IGNORE", "Descending", 5, None)),
    (_is_field, _given("aliases", ["1 2"], [""], [5], "a", None, [])),
    (_is_field, _without("name", "type")),
    (_is_field, _given("type", *TYPES, "nobody", None, 5, [["null"]], {"type": {"type": "int"}}, {"type": ["null"]})),
    (_is_schema, _anything),
)


def broken(schema: Json, maker: Maker) -> Json:
    """The schema with something in it that breaks a rule, or nearly does."""
    random = maker.random
    root = [copy.deepcopy(schema)]
    found = list(spots(root, 0))
    for _ in range(8):
        applies, change = random.choice(BROKEN)
        if fitting := [spot for spot in found if applies(spot)]:
            spot = random.choice(fitting)
            spot.put(change(random, spot.value, maker))
            break
    return root[0]


def text_of(schema: Json, random: Random) -> str:
    """The JSON text, sometimes with white space, rarely with a mistake.

    Never the bare text `null`: this project takes it for the name of a type, as every other bare name.
    """
    text = json.dumps(
        5 if schema is None else schema, indent=random.choice((None, None, None, 1)), ensure_ascii=random.random() < 0.5
    )
    if random.random() < 0.01:
        mistakes = (
            text[:-1],
            f"{text} {text}",
            text.replace(":", " ", 1),
            f"{text},",
            "",
            "[NaN]",
            '{"type":"int","x":01}',
        )
        return random.choice(mistakes)
    return text


def pairs(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Texts of a reader and a writer: mostly versions of one schema, some of them broken."""
    maker = Maker(Random(seed))
    random = maker.random
    for _ in range(count):
        first = maker.schema()
        second = (
            maker.schema() if random.random() < 0.05 else changed(first, maker, random.choice([0, 1, 1, 1, 2, 3, 4]))
        )
        reader, writer = random.choice(((first, second), (second, first)))
        if random.random() < 0.15:
            reader = broken(reader, maker)
        if random.random() < 0.05:
            writer = broken(writer, maker)
        yield text_of(reader, random), text_of(writer, random)


def plain_pairs(seed: int, count: int) -> Iterator[tuple[Json, Json]]:
    """A reader and a writer that any implementation can read: versions of one schema."""
    maker = Maker(Random(seed), wild=False)
    for _ in range(count):
        first = maker.schema()
        second = changed(first, maker, maker.random.choice([0, 1, 1, 2, 3]))
        yield maker.random.choice(((first, second), (second, first)))
