"""The texts by which a registry compares schemas: canonical as they came, and normalised.

Canonical is what Apache Avro Java 1.12 prints (`Schema.toString()`): no white space, known keys in a fixed order, names
relative to the namespace around them, a type by its name when it comes again. Docs, defaults, aliases and attributes
stay: it is not Parsing Canonical Form. Normalised, as Confluent's registry does it when asked (`AvroSchemaUtils`), also
sorts attributes and aliases, and drops what says the default: a decimal's scale of 0, an empty doc.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from typing import Final

from compat_checks.inline import compact
from compat_checks.schema import PRIMITIVES, Array, Enum, Field, Fixed, Map, NamedSchema, Record, Schema, Union
from compat_checks.source import Json

_LOGICAL_KEYS: Final = ("logicalType", "precision", "scale")
# Names that would be read as a kind of type, were they written without their namespace.
_KINDS: Final = PRIMITIVES | {"record", "enum", "array", "map", "union", "fixed"}


def canonical(schema: Schema, referenced: Container[str] = ()) -> str:
    """The canonical text.

    Args:
        schema: the tree.
        referenced: full names of types that references define; those are printed by their name.
    """
    return compact(printed(schema, referenced))


def printed(schema: Schema, referenced: Container[str] = ()) -> Json:
    """The JSON of the canonical text; arguments as `canonical`."""
    return _Printer(referenced, normalise=False).schema(schema, "")


def normalised(schema: Schema, referenced: Container[str] = ()) -> str:
    """The normalised text; arguments as `canonical`."""
    return compact(_Printer(referenced, normalise=True).schema(schema, ""))


class _Printer:
    """One printing: it remembers which types are defined so far."""

    def __init__(self, referenced: Container[str], *, normalise: bool) -> None:
        self._referenced = referenced
        self._normalise = normalise
        self._defined: set[str] = set()

    def schema(self, schema: Schema, namespace: str) -> Json:
        match schema:
            case Union():
                return [self.schema(branch, namespace) for branch in schema.branches]
            case Array():
                items = self.schema(schema.items, namespace)
                return {"type": "array", "items": items, **self._props(schema)}
            case Map():
                values = self.schema(schema.values, namespace)
                return {"type": "map", "values": values, **self._props(schema)}
            case Record() | Enum() | Fixed():
                return self._named(schema, namespace)
            case _:
                props = self._props(schema)
                return {"type": schema.kind, **props} if props else schema.kind

    def _named(self, schema: NamedSchema, namespace: str) -> Json:
        if schema.fullname in self._defined or schema.fullname in self._referenced:
            return _relative(schema.fullname, namespace)
        self._defined.add(schema.fullname)
        is_error = isinstance(schema, Record) and schema.is_error and not self._normalise
        head = {"type": "error" if is_error else schema.kind, "name": schema.name}
        space = {"namespace": schema.namespace} if schema.namespace != namespace else {}
        return {
            **head,
            **space,
            **self._doc(schema),
            **self._inside(schema),
            **self._props(schema),
            **self._aliases(schema),
        }

    def _doc(self, schema: NamedSchema) -> Mapping[str, Json]:
        if schema.doc is None or (self._normalise and not schema.doc):
            return {}
        return {"doc": schema.doc}

    def _inside(self, schema: NamedSchema) -> Mapping[str, Json]:
        match schema:
            case Record():
                return {"fields": [self._field(field, schema.namespace) for field in schema.fields]}
            case Enum():
                default = {} if schema.default is None else {"default": schema.default}
                return {"symbols": list(schema.symbols), **default}
            case Fixed():
                return {"size": schema.size}

    def _field(self, field: Field, namespace: str) -> Json:
        printed: dict[str, Json] = {"name": field.name, "type": self.schema(field.type, namespace)}
        if field.doc is not None:
            printed["doc"] = field.doc
        if field.has_default:
            default = _finite(field.default)
            printed["default"] = _sorted(default) if self._normalise else default
        if field.order != "ascending":
            printed["order"] = field.order
        if field.aliases:
            printed["aliases"] = self._names(field.aliases)
        return {**printed, **self._sorted_props(field.props)}

    def _aliases(self, schema: NamedSchema) -> Mapping[str, Json]:
        if not schema.aliases:
            return {}
        return {"aliases": [_relative(name, schema.namespace) for name in self._names(schema.aliases)]}

    def _names(self, names: Iterable[str]) -> list[str]:
        return sorted(set(names)) if self._normalise else list(dict.fromkeys(names))

    def _props(self, schema: Schema) -> Mapping[str, Json]:
        props = schema.props
        if not self._normalise or schema.logical is None:
            return self._sorted_props(props)
        logical = {key: props[key] for key in _LOGICAL_KEYS if key in props and not (key == "scale" and not props[key])}
        return {**logical, **self._sorted_props({key: props[key] for key in props if key not in _LOGICAL_KEYS})}

    def _sorted_props(self, props: Mapping[str, Json]) -> Mapping[str, Json]:
        if not self._normalise:
            return props
        return {key: _sorted(props[key]) for key in sorted(props)}


def _relative(fullname: str, namespace: str) -> str:
    """A name as it is written inside of a namespace."""
    space, _, name = fullname.rpartition(".")
    return name if space == namespace and name not in _KINDS else fullname


def _finite(value: Json) -> Json:
    """A default as JSON can hold it: what is no finite number is a text."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _sorted(value: Json) -> Json:
    """Keys sorted, however deep."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
