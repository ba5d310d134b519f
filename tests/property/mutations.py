"""What is changed between two versions of a random schema, and what breaks one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tests.property.maker import FIELDS, MISSING, NAMED, NUMBERS, PRIMITIVES, SPACES, SYMBOLS, TYPES, Json, Maker

WRONG: Final[tuple[Json, ...]] = (
    *(None, True, 0, 1.0, -1, 2**31, 2**63, 2**80),
    *("", "x", "NaN", "-Infinity", "1.5f", " 0x1p3 ", "1e", [], {}),
)


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
