"""From JSON to the schema tree, as strict as Apache Avro Java 1.12 with its default settings (`Schema.Parser`).

What that parser refuses is refused here and what it takes is taken, its latitude included: a name may be used before
it is defined; a type may be defined twice in the same words; letters of any script make a name; a default may be of any
branch of a union. Refused on purpose, though Java takes them: a key twice in one object, comments, and schemas nested
deeper than MAX_DEPTH.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from compat_checks.classes import field, mutable
from compat_checks.defaults import default_problem, number_of
from compat_checks.errors import InvalidSchema
from compat_checks.logical import logical_type
from compat_checks.references import Reference, Settling, same
from compat_checks.schema import (
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
MAX_FIXED: Final = 2**31 - 9  # bytes; the longest array that a JVM has

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ORDERS: Final = ("ascending", "descending", "ignore")
_NAMED: Final = ("record", "error", "enum", "fixed")
_FIELD_KEYS: Final = frozenset(("name", "type", "doc", "default", "order", "aliases"))
_TYPE_KEYS: Final = frozenset(
    ("type", "name", "namespace", "doc", "aliases", "fields", "symbols", "default", "size", "items", "values")
)
_INNER_KEYS: Final = frozenset(("type", "items", "values"))

Resolver = Callable[[str], NamedSchema | None]


@mutable
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
    parser = _Parser(names or Names())
    try:
        tree = parser.schema(source.load(), "", Place(source), 0)
        return parser.settle(tree)
    except RecursionError:  # the caller's own stack was nearly full, or a default is as deep as a schema may be
        raise InvalidSchema("nested too deeply", path=source.path) from None


def qualify(name: str, namespace: str) -> str:
    """The full name of `name` inside of `namespace`."""
    return name if "." in name or not namespace else f"{namespace}.{name}"


def is_name(text: str) -> bool:
    """Whether Java's default validator takes a name: a letter or _, then letters, digits and _.

    Letters and digits of any script, as far as they take one UTF-16 unit; the specification allows ASCII only.
    """
    if _NAME.fullmatch(text):
        return True
    letters = all(one == "_" or one.isalpha() or one.isdecimal() for one in text)
    return bool(text) and letters and not text[0].isdecimal() and max(text) <= "\uffff"


def _source(schema: str | bytes | Json, path: str | None) -> Source:
    if isinstance(schema, bytes):
        try:
            schema = schema.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidSchema(f"is not UTF-8: {error.reason} at byte {error.start}", path=path) from None
    if isinstance(schema, str) and not _NAME.match(schema):
        return Source(schema, path)
    try:
        return Source(json.dumps(schema), path)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidSchema(f"is no JSON value: {error}", path=path) from None


class _Parser:
    """One reading of one source: the names it has learnt are its only state."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._records: list[Record] = []
        self._is_settled = True

    def schema(self, value: Json, namespace: str, place: Place, depth: int) -> Schema:
        if isinstance(value, str):
            return self._by_name(value, namespace, place)
        if depth > MAX_DEPTH:
            raise place.error(f"nested deeper than {MAX_DEPTH} schemas")
        if isinstance(value, list):
            return self._union(value, namespace, place, depth)
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in _HANDLERS:
            raise _no_type(value, place)
        node = _HANDLERS[kind](self, value, namespace, place, depth)
        if len(value) > 1:
            _add_properties(node, value, kind)
        if isinstance(node, Record | Enum | Fixed):
            self._define(node)
        return node

    def settle(self, tree: Schema) -> Schema:
        """The tree with the types that were used before they were defined."""
        if self._is_settled:
            return tree
        return Settling(self.names.known, self._records).settle(tree)

    def _by_name(self, name: str, namespace: str, place: Place) -> Schema:
        if name in PRIMITIVES:
            return Primitive(place=place, kind=cast("PrimitiveKind", name))
        found = self.names.find(name, namespace)
        if found is not None:
            return found
        self._is_settled = False
        return Reference(
            place=place, fullname=qualify(name, namespace), written=name
        )  # stands in the tree until all is read

    def _union(self, value: list[Json], namespace: str, place: Place, depth: int) -> Union:
        branches = [self.schema(item, namespace, place / index, depth + 1) for index, item in enumerate(value)]
        union = Union(place=place, branches=tuple(branches))
        union.check_branches()
        return union

    def primitive(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Primitive:
        del namespace, depth
        return Primitive(place=place, kind=value["type"])

    def array(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Array:
        if "items" not in value:
            raise place.error('array needs "items"')
        return Array(place=place, items=self.schema(value["items"], namespace, place / "items", depth + 1))

    def map(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Map:
        if "values" not in value:
            raise place.error('map needs "values"')
        return Map(place=place, values=self.schema(value["values"], namespace, place / "values", depth + 1))

    def fixed(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Fixed:
        del depth
        size = value.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_FIXED:
            raise place.error(f'a fixed needs a "size" of 0 to {MAX_FIXED} bytes, not {json.dumps(size)}')
        return Fixed(place=place, size=size, **self._head(value, namespace, place))

    def enum(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Enum:
        del depth
        symbols = value.get("symbols")
        if not isinstance(symbols, list):
            raise place.error('an enum needs "symbols", an array of names')
        seen: set[str] = set()
        for index, symbol in enumerate(symbols):
            _check_name(symbol, place, "symbols", index)
            if symbol in seen:
                raise place.at("symbols", index).error(f'the symbol "{symbol}" is given twice')
            seen.add(symbol)
        default = _text(value, "default")  # Java reads past one that is not a text
        if default is not None and default not in seen:
            raise (place / "default").error(f"the default {json.dumps(default)} is not one of the symbols")
        return Enum(place=place, symbols=tuple(symbols), default=default, **self._head(value, namespace, place))

    def record(self, value: dict[str, Json], namespace: str, place: Place, depth: int) -> Record:
        fields = value.get("fields")
        if not isinstance(fields, list):
            raise place.error('a record needs "fields", an array')
        record = Record(place=place, is_error=value["type"] == "error", **self._head(value, namespace, place))
        inner = record.namespace
        read: dict[str, Field] = {}
        for index, item in enumerate(fields):
            one = self._field(item, inner, place.at("fields", index), depth)
            if one.name in read:
                raise one.place.error(f'the field "{one.name}" is given twice')
            read[one.name] = one
        record.fields = tuple(read.values())
        self._records.append(record)
        return record

    def _field(self, value: Json, namespace: str, place: Place, depth: int) -> Field:
        if not isinstance(value, dict):
            raise place.error("a field is an object")
        name = value.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            _check_name(name, place, *(("name",) if "name" in value else ()))
        if "type" not in value:
            raise place.error(f'the field "{name}" needs a "type"')
        kind = self.schema(value["type"], namespace, place / "type", depth + 1)
        props: dict[str, Json] = {}
        read = Field(name=cast("str", name), type=kind, place=place, props=props)
        for key, item in value.items():
            if attribute := _ATTRIBUTES.get(key):
                attribute(read, key, item)
            elif key not in _FIELD_KEYS:
                props[key] = item
        return read

    def _head(self, value: dict[str, Json], namespace: str, place: Place) -> dict[str, Any]:
        name = value.get("name")
        if not isinstance(name, str) or not name:
            raise place.error(f'{value["type"]} needs a "name"')
        space, dot, short = name.rpartition(".")
        if not dot:
            given = value.get("namespace")  # Java reads past one that is not a text
            space = given if isinstance(given, str) else namespace
        for step in (*(space.split(".") if space else ()), short):
            _check_name(step, place, "name")
        fullname = f"{space}.{short}" if space else short
        if fullname in PRIMITIVES:
            raise place.error(f'no type may be named "{fullname}", as the primitive type')
        aliases = [_alias(alias, space, place) for alias in _aliases(value, place)] if "aliases" in value else ()
        return {"fullname": fullname, "aliases": tuple(dict.fromkeys(aliases)), "doc": _text(value, "doc")}

    def _define(self, schema: NamedSchema) -> None:
        other = self.names.known.setdefault(schema.fullname, schema)
        if other is not schema and not same(other, schema):
            raise schema.place.error(f'"{schema.fullname}" is defined twice, and differently')


_HANDLERS: Final[dict[str, Callable[[_Parser, dict[str, Json], str, Place, int], Schema]]] = {
    "record": _Parser.record,
    "error": _Parser.record,
    "enum": _Parser.enum,
    "fixed": _Parser.fixed,
    "array": _Parser.array,
    "map": _Parser.map,
    **dict.fromkeys(PRIMITIVES, _Parser.primitive),
}


def _no_type(value: Json, place: Place) -> InvalidSchema:
    if not isinstance(value, dict):
        return place.error(f"a schema is a string, an object or an array, not {json.dumps(value)}")
    kind = value.get("type")
    if kind is None:
        return place.error('a schema object needs a "type"')
    if isinstance(kind, str):
        return (place / "type").error(
            f'"{kind}" is not a kind of type; where a named type is meant, write its name alone'
        )
    return (place / "type").error(
        "the type of a schema object is a string; what stands inside of it needs no object around it"
    )


def _check_name(name: Json, place: Place, *steps: str | int) -> None:
    if not isinstance(name, str) or not is_name(name):
        reason = f"{json.dumps(name)} is not a name: a letter or _ first, then letters, digits and _"
        raise place.at(*steps).error(reason)


def _add_properties(node: Schema, value: dict[str, Json], kind: str) -> None:
    reserved = _TYPE_KEYS if kind in _NAMED else _INNER_KEYS
    node.props = {key: item for key, item in value.items() if key not in reserved}
    if not node.props:
        return
    node.logical = logical_type(node)
    if isinstance(node, Record | Array | Map):
        _check_properties(node.props, node.place)


def _check_properties(value: Json, place: Place) -> None:
    """Refuse what Java fails on: it copies these types, and loses integers of more than 64 bits in their properties."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            _check_properties(item, place / key)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise place.error(f"{value} has more than 64 bits; write it as a text")


def _aliases(value: Mapping[str, Json], place: Place) -> list[str]:
    aliases = value["aliases"]
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise (place / "aliases").error("aliases are an array of names")
    return aliases


def _alias(alias: str, namespace: str, place: Place) -> str:
    """The full name that an alias of a type means; of a dotted one Java checks the last part only."""
    space, dot, short = alias.rpartition(".")
    _check_name(short, place, "aliases")
    return qualify(short, space if dot else namespace) if not space else alias


def _default(read: Field, key: str, value: Json) -> None:
    """Take a default; where a number is written as a text ("NaN"), the number."""
    if isinstance(value, str) and read.type.kind in ("float", "double"):
        value = number_of(value)
    if problem := default_problem(read.type, value):
        raise (read.place / key).error(f'the default of the field "{read.name}" {problem}')
    read.default = value


def _order(read: Field, key: str, value: Json) -> None:
    order = value.upper().lower() if isinstance(value, str) else None
    if order not in _ORDERS:
        raise (read.place / key).error(f"the order {json.dumps(value)} is none of {', '.join(_ORDERS)}")
    read.order = order


def _doc(read: Field, _: str, value: Json) -> None:
    read.doc = value if isinstance(value, str) else None


def _field_aliases(read: Field, key: str, value: Json) -> None:
    read.aliases = tuple(dict.fromkeys(_aliases({key: value}, read.place)))


_ATTRIBUTES: Final[dict[str, Callable[[Field, str, Json], None]]] = {
    "default": _default,
    "order": _order,
    "doc": _doc,
    "aliases": _field_aliases,
}


def _text(value: Mapping[str, Json], key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) else None
