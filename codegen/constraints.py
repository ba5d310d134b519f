"""Constraints: attributes of a field to the rules that `validate` applies."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from codegen.errors import refusal
from compat_checks.schema import Field, Schema, Union

_FORMATS: Final = ("email", "single-line")
_TEXTS: Final = ("string", "bytes", "fixed")
_NUMBERS: Final = ("int", "long", "float", "double")


@dataclass(frozen=True, slots=True)
class _Constraint:
    """One attribute.

    Attributes:
        expected: what it must be, for messages.
        fits: whether it is that.
        kinds: the types that may have it.
        rule: the class of the rule.
    """

    expected: str
    fits: Callable[[Any], bool]
    kinds: tuple[str, ...]
    rule: str


def _is_length(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_expression(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError, RecursionError, OverflowError):
        return False
    return True


_TABLE: Final[dict[str, _Constraint]] = {
    "minLength": _Constraint("a length", _is_length, _TEXTS, "MinLen"),
    "maxLength": _Constraint("a length", _is_length, _TEXTS, "MaxLen"),
    "minimum": _Constraint("a number", _is_number, _NUMBERS, "Ge"),
    "maximum": _Constraint("a number", _is_number, _NUMBERS, "Le"),
    "pattern": _Constraint("a regular expression", _is_expression, ("string",), "Pattern"),
    "format": _Constraint(f"one of {', '.join(_FORMATS)}", lambda value: value in _FORMATS, ("string",), "Format"),
}


def rules_of(field: Field) -> tuple[str, ...]:
    """The rules of a field, as expressions.

    Raises:
        RefusalError: a constraint that is malformed, or that the type cannot have.
    """
    found = []
    kind = _kind(field.type)
    for name, constraint in _TABLE.items():
        if name not in field.props:
            continue
        value = field.props[name]
        if kind not in constraint.kinds:
            raise refusal(
                field.place / name, f"{name} has no meaning for a {kind}, only for {', '.join(constraint.kinds)}"
            )
        if not constraint.fits(value):
            raise refusal(field.place / name, f"{name} is {constraint.expected}, not {value!r}")
        found.append(f"{constraint.rule}({value!r})")
    for low, high in (("minLength", "maxLength"), ("minimum", "maximum")):
        if low in field.props and high in field.props and field.props[low] > field.props[high]:
            raise refusal(field.place / low, f"{low} is more than {high}, so no value fits")
    return tuple(found)


def _kind(schema: Schema) -> str:
    """The kind of a type, or of the one branch beside null; a logical type is a kind of its own."""
    if isinstance(schema, Union):
        rest = [branch for branch in schema.branches if branch.kind != "null"]
        return _kind(rest[0]) if len(rest) == 1 else "union"
    return schema.logical.name if schema.logical else schema.kind
