"""Constraints: properties of fields that Avro passes on, and that generated code and lint rules act on."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Final

from compat_checks.classes import frozen
from compat_checks.notation import value_text
from compat_checks.patterns import pattern_problem
from compat_checks.schema import Field, Union
from compat_checks.source import Json
from compat_checks.text_formats import FORMATS

_PATTERN: Final = "pattern"
_REWRITE: Final = (
    "write it so that each text matches in one way: no repetition inside of a repetition of the same characters, "
    "and no two next to each other; [a-z]+(-[a-z]+)* rather than ([a-z]+-?)+"
)
_TEXTS: Final = ("string", "bytes", "fixed")
_NUMBERS: Final = ("int", "long", "float", "double")


@frozen
class Constraint:
    """One property.

    Attributes:
        expected: what it must be, for messages.
        fits: whether it is that.
        kinds: the types that may have it.
        allows: whether a value keeps it.
    """

    expected: str
    fits: Callable[[Json], bool]
    kinds: tuple[str, ...]
    allows: Callable[[Json, Json], bool]


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_length(value: Json) -> bool:
    return type(value) is int and value >= 0


def _is_expression(value: Json) -> bool:
    if not isinstance(value, str):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sets that a later Python may read otherwise
            re.compile(value)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


CONSTRAINTS: Final[dict[str, Constraint]] = {
    "minLength": Constraint("a length", _is_length, _TEXTS, lambda limit, value: len(value) >= limit),
    "maxLength": Constraint("a length", _is_length, _TEXTS, lambda limit, value: len(value) <= limit),
    "minimum": Constraint("a number", _is_number, _NUMBERS, lambda limit, value: value >= limit),
    "maximum": Constraint("a number", _is_number, _NUMBERS, lambda limit, value: value <= limit),
    "pattern": Constraint(
        "a regular expression", _is_expression, ("string",), lambda rule, value: bool(re.fullmatch(rule, value))
    ),
    "format": Constraint(
        f"one of {', '.join(FORMATS)}",
        lambda value: isinstance(value, str) and value in FORMATS,
        ("string",),
        lambda name, value: FORMATS[name][0](value),
    ),
}


def constraints_of(field: Field) -> Iterator[tuple[str, Json]]:
    """The constraints of a field that can be checked: well formed, on a type that can have them, in linear time."""
    for key, value in _well_formed(field):
        if key != _PATTERN or pattern_problem(value) is None:
            yield key, value


def slow_pattern(field: Field) -> Misuse | None:
    """What is wrong with a pattern that can take more than linear time; None if the field has none.

    Such a pattern can stop a program for days with a text of 40 characters.
    """
    pattern = dict(_well_formed(field)).get(_PATTERN)
    problem = None if pattern is None else pattern_problem(pattern)
    if problem is None:
        return None
    return Misuse(_PATTERN, f"the pattern {value_text(pattern)} may take more than linear time: {problem}", _REWRITE)


def _well_formed(field: Field) -> Iterator[tuple[str, Json]]:
    for key, constraint in CONSTRAINTS.items():
        if key in field.props and _kind(field) in constraint.kinds and constraint.fits(field.props[key]):
            yield key, field.props[key]


def broken(key: str, limit: Json, value: Json) -> bool:
    """Whether a value of the right type breaks a constraint."""
    return not CONSTRAINTS[key].allows(limit, value)


@frozen
class Misuse:
    """A constraint that nothing can check.

    Attributes:
        key: the property.
        message: what is wrong with it.
        hint: the way out.
    """

    key: str
    message: str
    hint: str


def _correction(key: str, value: Json) -> str:
    """What to do about a malformed constraint; for a pattern with the reason of `re`, such as "bad escape"."""
    try:
        if key == _PATTERN and isinstance(value, str):
            re.compile(value)
    except re.error as error:
        return f"correct it: {error.msg} at character {(error.pos or 0) + 1}"
    except (RecursionError, OverflowError):
        return "write a shorter one"
    return "correct it"


def misuses(field: Field) -> Iterator[Misuse]:
    """What is wrong with the constraints of a field: on a type without it, malformed, or impossible together."""
    kind = _kind(field)
    for key, constraint in CONSTRAINTS.items():
        value = field.props.get(key)
        if key in field.props and kind not in constraint.kinds:
            yield Misuse(key, f"{key} means nothing for {kind}", f"it is for {', '.join(constraint.kinds)}")
        elif key in field.props and not constraint.fits(value):
            yield Misuse(key, f"{key} is {constraint.expected}, not {value_text(value)}", _correction(key, value))
    given = dict(_well_formed(field))
    for low, high in (("minLength", "maxLength"), ("minimum", "maximum")):
        if low in given and high in given and given[low] > given[high]:
            message = f"{low} {given[low]} is more than {high} {given[high]}, so no value fits"
            yield Misuse(low, message, "swap or correct them")


def _kind(field: Field) -> str:
    """The kind of a type, or of the one branch beside null; a logical type is a kind of its own."""
    branches = field.type.branches if isinstance(field.type, Union) else ()
    inner = [branch for branch in branches if branch.kind != "null"] if branches else [field.type]
    if len(inner) != 1:
        return "union"
    return inner[0].logical.name if inner[0].logical else inner[0].kind
