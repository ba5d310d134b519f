"""Constraints: field attributes to markers for `Annotated` and rules for `validate`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from codegen.errors import Refusal
from compat_checks.schema import Field, Primitive, Schema, Union


def _length(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _expression(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError):
        return False
    return True


_FORMATS: Final = {"email": ("is_email", "email"), "single-line": ("is_single_line", "single_line")}

# Attribute -> what it must be, is it that, the marker, the rule.
_TABLE: Final[dict[str, tuple[str, Callable[[Any], bool], str, str]]] = {
    "minLength": ("a length", _length, "MinLen({!r})", "c.min_length({!r})"),
    "maxLength": ("a length", _length, "MaxLen({!r})", "c.max_length({!r})"),
    "minimum": ("a number", _number, "Ge({!r})", "c.minimum({!r})"),
    "maximum": ("a number", _number, "Le({!r})", "c.maximum({!r})"),
    "pattern": ("a regular expression", _expression, "", "c.pattern({!r})"),
    "format": (f"one of {', '.join(_FORMATS)}", lambda value: value in _FORMATS, "", ""),
}
_ON: Final = {
    "minLength": ("string", "bytes", "array", "map"),
    "maxLength": ("string", "bytes", "array", "map"),
    "minimum": ("int", "long", "float", "double"),
    "maximum": ("int", "long", "float", "double"),
    "pattern": ("string",),
    "format": ("string",),
}


def field_constraints(field: Field) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Marker and rule expressions of a field.

    Raises:
        Refusal: a constraint that is malformed, or that the type cannot have.
    """
    markers: list[str] = []
    rules: list[str] = []
    for name, (expected, fits, marker, rule) in _TABLE.items():
        if name not in field.props:
            continue
        value = field.props[name]
        kind = _constrained(field.type)
        if kind not in _ON[name]:
            raise Refusal(str(field.place.error(f"{name} has no meaning for a {kind}")))
        if not fits(value):
            raise Refusal(str((field.place / name).error(f"{name} is {expected}, not {value!r}")))
        made, checked = _expressions(name, value, marker, rule)
        markers += [made] if made else []
        rules.append(checked)
    return tuple(markers), tuple(rules)


def _expressions(name: str, value: Any, marker: str, rule: str) -> tuple[str, str]:
    if name == "format":
        test, checked = _FORMATS[value]
        return f"Predicate(c.{test})", f"c.{checked}"
    return marker.format(value), rule.format(value)


def _constrained(schema: Schema) -> str:
    """The kind of the type, or of the one branch that is not null; a logical type takes no constraint."""
    if isinstance(schema, Union):
        rest = [branch for branch in schema.branches if branch.kind != "null"]
        return _constrained(rest[0]) if len(rest) == 1 else "union"
    return f"{schema.kind} {schema.logical.name}" if isinstance(schema, Primitive) and schema.logical else schema.kind
