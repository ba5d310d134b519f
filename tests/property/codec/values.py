"""Random values for any schema, in the shape of fastavro: each value of a union with the name of its branch."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import struct
from collections.abc import Callable
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from functools import cache
from random import Random
from typing import Any, Final, TypeAlias
from uuid import UUID

import fastavro

from eccs_contracts._codec import varint
from eccs_contracts._codec.record import Record
from eccs_contracts.values import Branch, Duration

Schema: TypeAlias = Any  # parsed JSON

PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TEXTS: Final = ("", "a", "Ann", "漢字 é", "😀\0", "x" * 63, "x" * 64, "y" * 200, "é" * 70, "z" * 9000)
_INTS: Final = (0, 1, -1, 63, 64, -64, -65, 511, 512, 1023, 1024, 2**31 - 1, -(2**31))
_LONGS: Final = (*_INTS, 2**35, 2**42, 2**63 - 1, -(2**63))
_FLOATS: Final = (0.0, -0.0, 1.5, -2.25, 3.0e30, float("inf"))
_EXACT: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_DEEP: Final = 5


class NoValueError(Exception):
    """Raised where a schema has no value: it leads to a union without branches."""


class Named:
    """A schema, and the types that its names stand for."""

    def __init__(self, text: str) -> None:
        self.root = json.loads(text)
        self._types: dict[str, tuple[Schema, str]] = {}
        self._define(self.root, "")

    def find(self, name: str, space: str) -> tuple[Schema, str]:
        """A definition, and the namespace inside of it."""
        return self._types.get(f"{space}.{name}".strip(".")) or self._types[name]

    def _define(self, schema: Schema, space: str) -> None:
        if isinstance(schema, list):
            for one in schema:
                self._define(one, space)
        elif isinstance(schema, dict):
            if schema["type"] in ("record", "error", "enum", "fixed"):
                name = fullname(schema, space)
                space = name.rpartition(".")[0]
                self._types[name] = (schema, space)
            for field in schema.get("fields", ()):
                self._define(field["type"], space)
            for key in ("type", "items", "values"):
                if isinstance(schema.get(key), dict | list):
                    self._define(schema[key], space)


def fullname(schema: Schema, space: str) -> str:
    """The full name of a definition."""
    name: str = schema["name"]
    space = schema.get("namespace", space)
    return name if "." in name or not space else f"{space}.{name}"


@cache
def parsed(schema: str) -> Any:
    """The schema as fastavro wants it."""
    return fastavro.parse_schema(for_fastavro(json.loads(schema)))


def for_fastavro(schema: Schema) -> Schema:
    """The schema without the logical types that fastavro refuses, where the specification wants them ignored."""
    if isinstance(schema, list):
        return [for_fastavro(one) for one in schema]
    if not isinstance(schema, dict) or "type" not in schema:
        return schema
    if "name" not in schema and isinstance(schema["type"], dict | list):
        return for_fastavro(schema["type"])
    is_bad = schema.get("logicalType") == "decimal" and not leaf(schema).startswith("decimal")
    return {key: for_fastavro(one) for key, one in schema.items() if not (is_bad and key == "logicalType")}


def write(schema: str, datum: Any) -> bytes:
    """The bytes that fastavro writes."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed(schema), datum)
    return out.getvalue()


def read(schema: str, data: bytes, reader: str | None = None) -> Any:
    """What fastavro reads, as the writer meant it or as a reader's schema has it."""
    return fastavro.schemaless_reader(io.BytesIO(data), parsed(schema), parsed(reader) if reader else None)


def json_of(schema: str, datum: Any) -> str:
    """The JSON that fastavro writes."""
    out = io.StringIO()
    fastavro.json_writer(out, parsed(schema), [datum])
    return out.getvalue()


def datum_of_json(schema: str, text: str) -> Any:
    """What fastavro reads in JSON."""
    (datum,) = fastavro.json_reader(io.StringIO(text), parsed(schema))
    return datum


class Values:
    """Random values of a schema."""

    def __init__(self, schema: str, random: Random) -> None:
        self._named = Named(schema)
        self._random = random

    def one(self) -> Any:
        """A value.

        Raises:
            NoValueError: there is none.
        """
        return self._value(self._named.root, "", 0)

    def _value(self, schema: Schema, space: str, depth: int) -> Any:
        if isinstance(schema, list):
            return self._branch(schema, space, depth)
        if isinstance(schema, str):
            if schema in PRIMITIVES:
                return _LEAVES[schema](self._random, {})
            return self._value(*self._named.find(schema, space), depth)
        kind = schema["type"]
        if kind in ("record", "error", "array", "map"):
            return self._complex(schema, space, depth)
        if kind == "enum":
            return self._random.choice(schema["symbols"])
        if kind in (*PRIMITIVES, "fixed"):
            return _LEAVES[leaf(schema)](self._random, schema)
        return self._value(kind, space, depth)

    def _complex(self, schema: dict[str, Any], space: str, depth: int) -> Any:
        if schema["type"] == "array":
            return self._some(schema["items"], space, depth)
        if schema["type"] == "map":
            items = self._some(schema["values"], space, depth)
            return {self._random.choice(_TEXTS) + str(index % 3): one for index, one in enumerate(items)}
        if depth > 40:
            raise NoValueError
        space = fullname(schema, space).rpartition(".")[0]
        return {one["name"]: self._value(one["type"], space, depth + 1) for one in schema["fields"]}

    def _some(self, inner: Schema, space: str, depth: int) -> list[Any]:
        """Items: none where they have no values, many now and then where they are small."""
        many = 70 if depth == 1 and isinstance(inner, str) and inner in PRIMITIVES else 2
        count = 0 if depth > _DEEP else self._random.choice((0, 1, 2, many))
        try:
            return [self._value(inner, space, depth + 1) for _ in range(count)]
        except NoValueError:
            return []

    def _branch(self, branches: list[Schema], space: str, depth: int) -> Any:
        order = branches[:1] if depth > _DEEP and "null" in branches else list(branches)
        order = ["null"] if depth > _DEEP and "null" in branches else order
        self._random.shuffle(order)
        for branch in order:
            try:
                value = self._value(branch, space, depth)
            except NoValueError:
                continue
            return value if branch == "null" else (self._name(branch, space), value)
        raise NoValueError

    def _name(self, branch: Schema, space: str) -> str:
        if isinstance(branch, str):
            return branch if branch in PRIMITIVES else fullname(*self._named.find(branch, space))
        return (
            fullname(branch, space) if "name" in branch and branch["type"] not in ("array", "map") else branch["type"]
        )


def leaf(schema: dict[str, Any]) -> str:
    """The kind of a type with a logical type, where that is valid: the specification has others ignored."""
    kind, name, size = schema["type"], schema.get("logicalType"), schema.get("size", 0)
    if name == "decimal" and kind in ("bytes", "fixed"):
        precision, scale = schema.get("precision", 0), schema.get("scale", 0)
        fits = kind == "bytes" or 10**precision <= 1 << max(8 * size - 1, 0)
        return ("decimal" if kind == "bytes" else "decimal-fixed") if 0 <= scale <= precision > 0 and fits else kind
    if kind == "fixed":
        return {("uuid", 16): "uuid-fixed", ("duration", 12): "duration"}.get((str(name), size), "fixed")
    on = {"date": "int", "time-millis": "int", "uuid": "string", "big-decimal": "bytes"}
    longs = ("time-micros", *(f"{one}timestamp-{unit}" for one in ("", "local-") for unit in ("millis", "micros")))
    return str(name) if kind == (on | dict.fromkeys(longs, "long")).get(str(name)) else kind


def _decimal(random: Random, schema: Schema) -> Decimal:
    most = 10 ** min(schema["precision"], random.choice((1, 3, schema["precision"]))) - 1
    return Decimal(random.randint(-most, most)).scaleb(-schema.get("scale", 0), _EXACT)


def _big_decimal(random: Random, _: Schema) -> bytes:
    return big_decimal(Decimal(random.randint(-(10**40), 10**40)).scaleb(random.randint(-30, 30), _EXACT))


def _raw(random: Random, schema: Schema) -> bytes:
    return random.randbytes(schema["size"])


def _float(random: Random, _: Schema) -> float:
    found: float = struct.unpack("<f", struct.pack("<f", random.choice((*_FLOATS, random.uniform(-9, 9)))))[0]
    return found


def _instant(random: Random, schema: Schema) -> dt.datetime:
    span = random.choice(((0, 2**41), (-62_135_596_800_000, 253_402_300_799_999), (1_790_000_000_000, 2**41)))
    value = _EPOCH + dt.timedelta(milliseconds=random.randint(*span))
    if schema["logicalType"].endswith("micros"):
        value = value.replace(microsecond=random.randrange(1_000_000))
    return value.replace(tzinfo=None) if schema["logicalType"].startswith("local") else value


def _time(random: Random, schema: Schema) -> dt.time:
    unit = 1000 if schema["logicalType"].endswith("millis") else 1
    return (_EPOCH + dt.timedelta(microseconds=random.randrange(0, 86_400_000_000, unit))).time()


_LEAVES: Final[dict[str, Callable[[Random, Schema], Any]]] = {
    "null": lambda *_: None,
    "boolean": lambda random, _: random.random() < 0.5,
    "int": lambda random, _: random.choice((*_INTS, random.randint(-(2**31), 2**31 - 1))),
    "long": lambda random, _: random.choice((*_LONGS, random.randint(-(2**63), 2**63 - 1))),
    "float": _float,
    "double": lambda random, _: random.choice((*_FLOATS, random.uniform(-1e9, 1e9))),
    "bytes": lambda random, _: random.randbytes(random.choice((0, 1, 5, 63, 64, 200))),
    "string": lambda random, _: random.choice(_TEXTS),
    "decimal": _decimal,
    "decimal-fixed": _decimal,
    "big-decimal": _big_decimal,
    "uuid": lambda random, _: UUID(int=random.getrandbits(128)),
    **dict.fromkeys(("uuid-fixed", "duration", "fixed"), _raw),
    "date": lambda random, _: dt.date.fromordinal(random.randint(1, dt.date.max.toordinal())),
    **dict.fromkeys(("time-millis", "time-micros"), _time),
    **{f"{one}timestamp-{unit}": _instant for one in ("", "local-") for unit in ("millis", "micros")},
}


def big_decimal(value: Decimal) -> bytes:
    """As Apache Avro's Java writes a big-decimal into its bytes."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    unscaled = int("".join(map(str, digits))) * (-1 if sign else 1)
    raw = unscaled.to_bytes((unscaled.bit_length() + 8) // 8, "big", signed=True)
    return varint.long_bytes(len(raw)) + raw + varint.int_bytes(-exponent)


def plain(datum: Any) -> Any:
    """A value without the names of branches, as fastavro reads it."""
    if isinstance(datum, tuple):
        return plain(datum[1])
    if isinstance(datum, list):
        return [plain(one) for one in datum]
    return {key: plain(one) for key, one in datum.items()} if isinstance(datum, dict) else datum


def datum_of(value: Any) -> Any:
    """A value of ours in the shape of fastavro; `alike` says what that leaves open."""
    if isinstance(value, Record):
        slots: tuple[str, ...] = type(value).__slots__
        found = {name: datum_of(getattr(value, one)) for name, one in zip(value.FIELDS, slots, strict=True)}
        is_bare = '"type":"record"' not in value.SCHEMA[:16] and '"type":"error"' not in value.SCHEMA[:16]
        return found["value"] if is_bare else found
    if isinstance(value, Branch):
        return datum_of(value.value)
    if isinstance(value, list):
        return [datum_of(one) for one in value]
    if isinstance(value, dict):
        return {key: datum_of(one) for key, one in value.items()}
    if isinstance(value, Duration):
        return struct.pack("<3I", value.months, value.days, value.milliseconds)
    return value


def alike(ours: Any, theirs: Any) -> bool:
    """Whether values are the same; a UUID or a big-decimal may be the bytes that fastavro leaves it."""
    if isinstance(ours, dict):
        return (
            isinstance(theirs, dict) and ours.keys() == theirs.keys() and all(alike(ours[k], theirs[k]) for k in ours)
        )
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if isinstance(theirs, bytes) and isinstance(ours, UUID):
        return ours.bytes == theirs
    if isinstance(theirs, str) and isinstance(ours, bytes):
        return ours.decode("latin-1") == theirs  # a default, which fastavro gives as it stands in the schema
    if isinstance(theirs, bytes) and isinstance(ours, str):
        return ours.encode() == theirs  # fastavro promotes to the first branch, we keep to the same one
    if isinstance(theirs, float) and isinstance(ours, int | float):
        return float(ours) == theirs or (math.isnan(ours) and math.isnan(theirs))  # as above, where it is an int
    if isinstance(theirs, bytes) and isinstance(ours, Decimal):
        return big_decimal(ours) == theirs
    return bool(ours == theirs)
