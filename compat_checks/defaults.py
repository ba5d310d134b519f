"""Whether a JSON value can be the default of a field (specification, "Default values", as Java 1.12 reads it)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Container
from typing import Final

from compat_checks.classes import field, mutable
from compat_checks.schema import Array, Enum, Field, Fixed, Map, Primitive, Record, Schema, Union
from compat_checks.source import Json

_INT: Final = range(-(2**31), 2**31)
_LONG: Final = range(-(2**63), 2**63)
_MAX_SHOWN: Final = 60

# What java.lang.Double.parseDouble takes, after it has trimmed.
_DECIMAL = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fFdD]?")
_HEX = re.compile(r"([+-]?0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[fFdD]?")
_SPECIAL: Final = {"NaN": math.nan, "Infinity": math.inf}
_TRIMMED: Final = "".join(map(chr, range(33)))


def default_problem(schema: Schema, value: Json, incomplete: Container[int] = ()) -> str | None:
    """What is wrong with a default, as the end of a sentence; None where nothing is.

    As in Java 1.12, the default of a union may be of any of its branches (the older rule, the first branch, is what
    most readers in the field still apply), and any text is a default of an enum, a fixed or bytes. `incomplete` are the
    ids of records whose fields are not all known yet; nothing is a default of those.
    """
    try:
        if _Fitting(incomplete).fits(schema, value):
            return None
    except _IncompleteError as error:
        return f"needs {error}, which is not complete before this field"
    shown = json.dumps(value)
    shown = shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "…"
    return f"is {shown}, which is not {_article(schema)}"


def number_of(text: str) -> Json:
    """The number that Java reads in the text of a float's default: "NaN", "-Infinity", "1.5"; else the text."""
    trimmed = text.strip(_TRIMMED)
    unsigned = trimmed.removeprefix("-") if trimmed.startswith("-") else trimmed.removeprefix("+")
    if unsigned in _SPECIAL:
        return math.copysign(1, -1 if trimmed.startswith("-") else 1) * _SPECIAL[unsigned]
    if found := _DECIMAL.fullmatch(trimmed):
        return float(found[1])
    if found := _HEX.fullmatch(trimmed):
        try:
            return float.fromhex(found[1])
        except OverflowError:
            return -math.inf if trimmed.startswith("-") else math.inf
    return text


class _IncompleteError(Exception):
    """Raised where a record is asked for its fields too early; its text is the record's name."""


@mutable
class _Fitting:
    """One question. Answers about containers are kept: in a union each branch asks about all that is inside."""

    incomplete: Container[int]
    known: dict[tuple[int, int], bool] = field(default_factory=dict)

    def fits(self, schema: Schema, value: Json) -> bool:
        if isinstance(schema, Primitive):
            return _PRIMITIVE[schema.kind](value)
        if isinstance(schema, Union):
            return any(self.fits(branch, value) for branch in schema.branches)
        if isinstance(schema, Enum | Fixed):
            return isinstance(value, str)
        if not isinstance(value, list if isinstance(schema, Array) else dict):
            return False
        key = id(schema), id(value)
        if key not in self.known:
            self.known[key] = self._contents_fit(schema, value)
        return self.known[key]

    def _contents_fit(self, schema: Array | Map | Record, value: Json) -> bool:
        if isinstance(schema, Array):
            return all(self.fits(schema.items, item) for item in value)
        if isinstance(schema, Map):
            return all(self.fits(schema.values, item) for item in value.values())
        if id(schema) in self.incomplete:
            raise _IncompleteError(schema.label)
        return all(self._field_fits(field, value) for field in schema.fields)

    def _field_fits(self, field: Field, value: dict[str, Json]) -> bool:
        """Where the value has not the field, its own default fits: it was checked when the field was read."""
        return self.fits(field.type, value[field.name]) if field.name in value else field.has_default


def _article(schema: Schema) -> str:
    if isinstance(schema, Union):
        return f"any of [{', '.join(branch.label for branch in schema.branches)}]"
    return f"of the type {schema.label}"


def _is_integer(value: Json, allowed: range) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in allowed


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_PRIMITIVE: Final[dict[str, Callable[[Json], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "int": lambda value: _is_integer(value, _INT),
    "long": lambda value: _is_integer(value, _LONG),
    "float": _is_number,
    "double": _is_number,
    "bytes": lambda value: isinstance(value, str),
    "string": lambda value: isinstance(value, str),
}
