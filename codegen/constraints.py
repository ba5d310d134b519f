"""Constraints: attributes of a field to the rules that `validate` applies."""

from __future__ import annotations

from typing import Final

from codegen.errors import refusal
from compat_checks.constraints import constraints_of, misuses, slow_pattern
from compat_checks.schema import Field

# Constraint -> the class of its rule.
_RULES: Final = {
    "minLength": "MinLen",
    "maxLength": "MaxLen",
    "minimum": "Ge",
    "maximum": "Le",
    "pattern": "Pattern",
    "format": "Format",
}


def rules_of(field: Field) -> tuple[str, ...]:
    """The rules of a field, as expressions.

    Raises:
        RefusalError: a constraint that is malformed, that the type cannot have, or that takes too long to check.
    """
    for one in (*misuses(field), *filter(None, (slow_pattern(field),))):
        raise refusal(field.place / one.key, f"{one.message}; {one.hint}")
    return tuple(f"{_RULES[key]}({value!r})" for key, value in constraints_of(field))
