"""Rules about defaults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compat_checks import fixes
from compat_checks.classes import replace
from compat_checks.constraints import broken, constraints_of
from compat_checks.defaults import default_problem
from compat_checks.lint.targets import FieldTarget, NamedTarget, single
from compat_checks.lint.words import words
from compat_checks.notation import value_text
from compat_checks.rule import Hit
from compat_checks.schema import MISSING, Enum, Union

_NEUTRAL: Final = frozenset(("unknown", "unspecified", "undefined", "other", "unrecognized"))
_PLACEHOLDERS: Final = frozenset(("null", "none", "nil", "n/a", "na", "tbd", "todo", "undefined", "unknown", "-", "?"))
_TIMES: Final = ("date", "timestamp-", "local-timestamp-")


def nullable_default_null_first(target: FieldTarget) -> Iterator[Hit]:
    """A nullable field has null first, and null as its default.

    What it does:
        Finds nullable fields without a default, and defaults that are not of the first branch of their union.

    Why it matters:
        Without a default the field can neither be added nor removed compatibly, so it is optional in name only. And
        Avro before 1.12 takes a default of the first branch only: most other libraries refuse the whole schema.

    Example:
        `{"name": "source", "type": ["string", "null"], "default": null}`

    Use instead:
        `{"name": "source", "type": ["null", "string"], "default": null}`
    """
    field = target.field
    union = field.type
    if not isinstance(union, Union) or not union.branches:
        return
    if field.default is MISSING:
        if any(branch.kind == "null" for branch in union.branches):
            yield Hit(
                message="the field is nullable and has no default",
                place=field.place / "type",
                hint='put null first and add "default": null',
                fixes=(fixes.make_nullable(field),),
            )
    elif default_problem(union.branches[0], field.default):
        yield Hit(
            message=f"the default {value_text(field.default)} is not of the first branch, {union.branches[0].label}",
            place=field.place / "default",
            hint="put the branch of the default first",
            fixes=(fixes.order_branches(field),),
        )


def enum_has_default(target: NamedTarget) -> Iterator[Hit]:
    """An enum has a default.

    What it does:
        Finds enums without one. The default of a field of that enum is another thing: it stands in for a missing
        field, not for a symbol that the reader does not know.

    Why it matters:
        Without it no symbol can ever be added: readers that do not know it fail on the message.

    Example:
        `{"type": "enum", "name": "Color", "symbols": ["RED", "GREEN"]}`

    Use instead:
        `{"type": "enum", "name": "Color", "symbols": ["UNKNOWN", "RED", "GREEN"], "default": "UNKNOWN"}`
    """
    schema = target.schema
    if not isinstance(schema, Enum) or schema.default is not None:
        return
    neutral = [symbol for symbol in schema.symbols if _is_neutral(symbol)]
    likely = (neutral or list(schema.symbols))[:1]
    yield Hit(
        message="the enum has no default: no symbol can be added to it",
        place=schema.place / "name",
        hint='add "default": the symbol that unknown ones are read as',
        fixes=tuple(replace(fixes.add_enum_default(schema, one), decided=bool(neutral)) for one in likely),
    )


def enum_default_is_neutral(target: NamedTarget) -> Iterator[Hit]:
    """The default of an enum claims nothing.

    What it does:
        Finds enums whose default does not end in UNKNOWN, UNSPECIFIED, UNDEFINED or OTHER.

    Why it matters:
        A reader takes each symbol that it does not know for the default, and cannot tell the two apart: a new
        `CANCELLED` that reads as `PAID` is a wrong decision, not a gap.

    Example:
        `"symbols": ["PAID", "OPEN"], "default": "PAID"`

    Use instead:
        `"symbols": ["UNKNOWN", "PAID", "OPEN"], "default": "UNKNOWN"`
    """
    schema = target.schema
    if isinstance(schema, Enum) and schema.default is not None and not _is_neutral(schema.default):
        yield Hit(
            message=f"unknown symbols are read as {schema.default}, which has a meaning of its own",
            place=schema.place / "default",
            hint="give the enum a symbol UNKNOWN and make that its default",
        )


def default_satisfies_constraints(target: FieldTarget) -> Iterator[Hit]:
    """A default is a value that the constraints of its field allow.

    What it does:
        Holds the default against minLength, maxLength, minimum, maximum, pattern and format.

    Why it matters:
        Who leaves the field out gets a value that the generated `validate()` refuses: an error far from its cause.

    Example:
        `{"name": "attempt", "type": "int", "minimum": 1, "default": 0}`

    Use instead:
        A default within the limits, or limits that allow it.
    """
    field = target.field
    if isinstance(field.default, str | int | float) and not isinstance(field.default, bool):
        for key, value in constraints_of(field):
            if broken(key, value, field.default):
                yield Hit(
                    message=f"the default {value_text(field.default)} breaks {key} {value_text(value)}",
                    place=field.place / "default",
                    hint=f"change the default, or {key}",
                )


def default_is_value(target: FieldTarget) -> Iterator[Hit]:
    """A default is a value, not a word for none.

    What it does:
        Finds defaults such as "null", "N/A" or "unknown" of strings, and 0 or -1 of times.

    Why it matters:
        "null" with quotes is a text of four letters, which readers print into letters to customers; 0 is a date in
        1970. Both pass every check for null.

    Example:
        `{"name": "source", "type": "string", "default": "null"}`

    Use instead:
        `{"name": "source", "type": ["null", "string"], "default": null}`
    """
    field, inner = target.field, single(target.field.type)
    is_word = isinstance(field.default, str) and field.default.strip().lower() in _PLACEHOLDERS
    is_time = bool(inner and inner.logical and inner.logical.name.startswith(_TIMES))
    if inner and ((inner.kind == "string" and is_word) or (is_time and field.default in (0, -1))):
        yield Hit(
            message=f"the default {value_text(field.default)} stands for no value",
            place=field.place / "default",
            hint='make the field nullable, with "default": null',
        )


def _is_neutral(symbol: str) -> bool:
    return bool(words(symbol)) and words(symbol)[-1] in _NEUTRAL
