"""From JSON to the schema tree, as strict as Apache Avro Java 1.12 (`Schema.Parser`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from compat_checks.defaults import default_problem
from compat_checks.logical import logical_type
from compat_checks.schema import (
    MISSING,
    PRIMITIVES,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    NamedSchema,
    Primitive,
    PrimitiveKind,
    Record,
    Schema,
    Union,
)
from compat_checks.source import Json, Place, Source

MAX_DEPTH: Final = 200  # schemas inside of schemas; deeper ones are refused, not a RecursionError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ORDERS: Final = ("ascending", "descending", "ignore")
_NAMED: Final = ("record", "error", "enum", "fixed")
_FIELD_KEYS: Final = frozenset(("name", "type", "doc", "default", "order", "aliases"))
_TYPE_KEYS: Final = frozenset(
    ("type", "name", "namespace", "doc", "aliases", "fields", "symbols", "default", "size", "items", "values")
)

Resolver = Callable[[str], NamedSchema | None]


@dataclass(slots=True)
class Names:
    """The named types that a schema may refer to.

    Attributes:
        known: by full name; parsing adds to it.
        resolve: asked for a full name that is not known, for example to parse another file.
    """

    known: dict[str, NamedSchema] = field(default_factory=dict)
    resolve: Resolver = lambda _: None

    def find(self, name: str, namespace: str) -> NamedSchema | None:
        """The type that `name` means inside of `namespace` (specification, "Names")."""
        for fullname in dict.fromkeys((qualify(name, namespace), name)):
            if found := self.known.get(fullname) or self.resolve(fullname):
                return found
        return None


def parse_schema(schema: Source | str | bytes | Json, *, names: Names | None = None, path: str | None = None) -> Schema:
    """Read a schema.

    Args:
        schema: JSON text, or parsed JSON. A bare name such as `long` means the JSON text `"long"`.
        names: types from elsewhere that the schema may refer to; its own are added.
        path: the file it came from, for messages.

    Raises:
        InvalidSchema: with the file, line, column, JSON pointer and the rule that is broken.
    """
    source = schema if isinstance(schema, Source) else _source(schema, path)
    return _Parser(names or Names()).schema(source.load(), "", Place(source), 0)


def qualify(name: str, namespace: str) -> str:
    """The full name of `name` inside of `namespace`."""
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _source(schema: str | bytes | Json, path: str | None) -> Source:
    if isinstance(schema, bytes):
        schema = schema.decode("utf-8", errors="replace")
    is_text = isinstance(schema, str) and not _NAME.match(schema)
    return Source(schema if is_text else json.dumps(schema), path)


class _Parser:
    """One reading of one source: the names it has learnt are its only state."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def schema(self, value: Json, namespace: str, place: Place, depth: int) -> Schema:
        if depth > MAX_DEPTH:
            raise place.error(f"nested deeper than {MAX_DEPTH} schemas")
        if isinstance(value, str):
            return self._by_name(value, namespace, place)
        if isinstance(value, list):
            return self._union(value, namespace, place, depth)
        if isinstance(value, dict):
            return self._object(value, namespace, place, depth)
        raise place.error(f"a schema is a string, an object or an array, not {json.dumps(value)}")

    def _by_name(self, name: str, namespace: str, place: Place) -> Schema:
        if name in PRIMITIVES:
            return Primitive(place=place, kind=cast("PrimitiveKind", name))
        found = self.names.find(name, namespace)
        if found is None:
            raise place.error(f'"{name}" is not a type and not the name of one that is defined before')
        return found

    def _object(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Schema:
        kind = value.get("type")
        if kind is None:
            raise place.error('a schema object needs a "type"')
        if not isinstance(kind, str):  # {"type": {...}}, {"type": [...]}: the inner one, as Java reads it
            return self.schema(kind, namespace, place / "type", depth + 1)
        handler = _HANDLERS.get(kind)
        node = handler(self, value, namespace, place, depth) if handler else None
        if node is None:
            node = self._by_name(kind, namespace, place / "type")
            if not isinstance(node, Primitive):
                return node
            node.place = place
        node.props = {key: item for key, item in value.items() if key not in _reserved(kind)}
        node.logical = logical_type(node)
        return node

    def _union(self, value: list[Json], namespace: str, place: Place, depth: int) -> Union:
        branches: list[Schema] = []
        labels: set[str] = set()
        for index, item in enumerate(value):
            here = place / index
            branch = self.schema(item, namespace, here, depth + 1)
            if isinstance(branch, Union):
                raise here.error("a union directly inside of a union")
            if branch.label in labels:
                raise here.error(f'the union has "{branch.label}" twice')
            labels.add(branch.label)
            branches.append(branch)
        return Union(place=place, branches=tuple(branches))

    def array(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Array:
        items = self._inner(value, "items", namespace, place, depth)
        return Array(place=place, items=items)

    def map(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Map:
        values = self._inner(value, "values", namespace, place, depth)
        return Map(place=place, values=values)

    def _inner(self, value: dict[str, Json], key: str, namespace: str, place: Place, depth: int) -> Schema:
        if key not in value:
            raise place.error(f'{value["type"]} needs "{key}"')
        return self.schema(value[key], namespace, place / key, depth + 1)

    def fixed(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Fixed:
        del depth
        size = value.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise place.error(f'a fixed needs a "size" of 0 or more bytes, not {json.dumps(size)}')
        fixed = Fixed(place=place, size=size, **self._head(value, namespace, place))
        self._define(fixed)
        return fixed

    def enum(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Enum:
        del depth
        symbols = value.get("symbols")
        if not isinstance(symbols, list):
            raise place.error('an enum needs "symbols", an array of names')
        for index, symbol in enumerate(symbols):
            self._check_name(symbol, place / "symbols" / index)
            if symbol in symbols[:index]:
                raise (place / "symbols" / index).error(f'the symbol "{symbol}" is given twice')
        default = value.get("default")
        if default is not None and default not in symbols:
            raise (place / "default").error(f"the default {json.dumps(default)} is not one of the symbols")
        head = self._head(value, namespace, place)
        enum = Enum(place=place, symbols=tuple(symbols), default=default, **head)
        self._define(enum)
        return enum

    def record(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Record:
        fields = value.get("fields")
        if not isinstance(fields, list):
            raise place.error('a record needs "fields", an array')
        head = self._head(value, namespace, place)
        record = Record(place=place, is_error=value["type"] == "error", **head)
        self._define(record)  # before its fields, which may refer to it
        seen: set[str] = set()
        parsed = []
        for index, item in enumerate(fields):
            here = place / "fields" / index
            one = self._field(item, record.namespace, here, depth)
            if one.name in seen:
                raise here.error(f'the field "{one.name}" is given twice')
            seen.add(one.name)
            parsed.append(one)
        record.fields = tuple(parsed)
        return record

    def _field(self, value: Json, namespace: str, place: Place, depth: int) -> Field:
        if not isinstance(value, dict):
            raise place.error("a field is an object")
        name = value.get("name")
        self._check_name(name, place / "name" if "name" in value else place)
        if "type" not in value:
            raise place.error(f'the field "{name}" needs a "type"')
        order = value.get("order", "ascending")
        if not isinstance(order, str) or order.lower() not in _ORDERS:
            raise (place / "order").error(f"the order {json.dumps(order)} is none of {', '.join(_ORDERS)}")
        made = Field(
            name=cast("str", name),
            type=self.schema(value["type"], namespace, place / "type", depth + 1),
            place=place,
            default=value.get("default", MISSING),
            aliases=self._aliases(value, place),
            order=order.lower(),
            doc=_text(value, "doc"),
            props={key: item for key, item in value.items() if key not in _FIELD_KEYS},
        )
        if made.has_default and (problem := default_problem(made.type, made.default)):
            raise (place / "default").error(f'the default of the field "{name}" {problem}')
        return made

    def _head(self, value: dict[str, Json], namespace: str, place: Place) -> dict[str, Any]:
        name = value.get("name")
        if not isinstance(name, str) or not name:
            raise place.error(f'{value["type"]} needs a "name"')
        given = value.get("namespace")
        if given is not None and not isinstance(given, str):
            raise (place / "namespace").error("a namespace is a string")
        fullname = name if "." in name else qualify(name, namespace if given is None else given)
        for step in fullname.removeprefix(".").split("."):
            self._check_name(step, place / "name")
        fullname = fullname.removeprefix(".")
        space = fullname.rpartition(".")[0]
        aliases = tuple(qualify(alias, space) for alias in self._aliases(value, place))
        return {"fullname": fullname, "aliases": aliases, "doc": _text(value, "doc")}

    def _aliases(self, value: Mapping[str, Json], place: Place) -> tuple[str, ...]:
        aliases = value.get("aliases", [])
        if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
            raise (place / "aliases").error("aliases are an array of names")
        return tuple(aliases)

    def _check_name(self, name: Json, place: Place) -> None:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise place.error(f"{json.dumps(name)} is not a name: a letter or _ first, then letters, digits and _")

    def _define(self, schema: NamedSchema) -> None:
        if schema.fullname in PRIMITIVES:
            raise schema.place.error(f'no type may be named "{schema.fullname}", as the primitive type')
        if schema.fullname in self.names.known:
            raise schema.place.error(f'"{schema.fullname}" is defined twice')
        self.names.known[schema.fullname] = schema


_HANDLERS: Final[dict[str, Callable[[_Parser, dict[str, Json], str, Place, int], Schema]]] = {
    "record": _Parser.record,
    "error": _Parser.record,
    "enum": _Parser.enum,
    "fixed": _Parser.fixed,
    "array": _Parser.array,
    "map": _Parser.map,
}


def _reserved(kind: str) -> Iterable[str]:
    return _TYPE_KEYS if kind in _NAMED else ("type", "items", "values")


def _text(value: Mapping[str, Json], key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) else None
