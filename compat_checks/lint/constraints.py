"""Rules about constraints and tags: properties of fields that Avro passes on and generated code acts on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from compat_checks import fixes
from compat_checks.classes import frozen
from compat_checks.lint.targets import AttributesTarget, FieldTarget, leaves, part, single
from compat_checks.notation import value_text
from compat_checks.rule import Hit
from compat_checks.schema import Field
from compat_checks.source import Json

TAGS: Final = "confluent:tags"
PII: Final = "PII"
_FORMATS: Final = {
    "email": re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"),
    "single-line": re.compile(r"[^\x00-\x1f\x7f]*"),
}
_TEXTS: Final = ("string", "bytes", "fixed")
_NUMBERS: Final = ("int", "long", "float", "double")
_GLOB: Final = frozenset("*?[")
_HARMLESS: Final = ("boolean", "enum", "null")


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
    try:
        re.compile(value)
    except (re.error, TypeError, RecursionError, OverflowError):
        return False
    return isinstance(value, str)


CONSTRAINTS: Final[dict[str, Constraint]] = {
    "minLength": Constraint("a length", _is_length, _TEXTS, lambda limit, value: len(value) >= limit),
    "maxLength": Constraint("a length", _is_length, _TEXTS, lambda limit, value: len(value) <= limit),
    "minimum": Constraint("a number", _is_number, _NUMBERS, lambda limit, value: value >= limit),
    "maximum": Constraint("a number", _is_number, _NUMBERS, lambda limit, value: value <= limit),
    "pattern": Constraint(
        "a regular expression", _is_expression, ("string",), lambda rule, value: bool(re.fullmatch(rule, value))
    ),
    "format": Constraint(
        f"one of {', '.join(_FORMATS)}",
        lambda value: isinstance(value, str) and value in _FORMATS,
        ("string",),
        lambda name, value: bool(_FORMATS[name].fullmatch(value)),
    ),
}


def constraints_of(field: Field) -> Iterator[tuple[str, Json]]:
    """The constraints of a field that mean something: well formed, and on a type that can have them."""
    for key, constraint in CONSTRAINTS.items():
        if key in field.props and _kind(field) in constraint.kinds and constraint.fits(field.props[key]):
            yield key, field.props[key]


def broken(key: str, limit: Json, value: Json) -> bool:
    """Whether a value of the right type breaks a constraint."""
    return not CONSTRAINTS[key].allows(limit, value)


def constraint_well_formed(target: FieldTarget) -> Iterator[Hit]:
    """A constraint can be checked.

    What it does:
        Finds minLength, maxLength, minimum, maximum, pattern and format that are on a type without lengths or
        numbers, that have a value of the wrong type, or that no value can satisfy together.

    Why it matters:
        Code generation refuses them; other tools skip them, and the limit that everybody relies on is not there.

    Example:
        `{"name": "subject", "type": "string", "maxLength": "500"}`

    Use instead:
        `{"name": "subject", "type": "string", "maxLength": 500}`
    """
    field, kind = target.field, _kind(target.field)
    for key, constraint in CONSTRAINTS.items():
        value = field.props.get(key)
        if key in field.props and kind not in constraint.kinds:
            yield Hit(
                message=f"{key} means nothing for {kind}",
                place=field.place / key,
                hint=f"it is for {', '.join(constraint.kinds)}",
            )
        elif key in field.props and not constraint.fits(value):
            yield Hit(
                message=f"{key} is {constraint.expected}, not {value_text(value)}",
                place=field.place / key,
                hint="correct it",
            )
    given = dict(constraints_of(field))
    for low, high in (("minLength", "maxLength"), ("minimum", "maximum")):
        if low in given and high in given and given[low] > given[high]:
            yield Hit(
                message=f"{low} {given[low]} is more than {high} {given[high]}, so no value fits",
                place=field.place / low,
                hint="swap or correct them",
            )


def pii_tag_required(target: FieldTarget) -> Iterator[Hit]:
    """A field that holds personal data by its name is tagged PII.

    What it does:
        Holds the names of fields against `pii_names` of `[lint]` and a list of its own: email, phone, birthDate, iban
        and more. Flags and enums are passed over.

    Why it matters:
        Masking, encryption and deletion on request follow the tag. Without it the value is in logs, consoles and
        the data lake in the clear.

    Example:
        `{"name": "email", "type": "string"}`

    Use instead:
        `{"name": "email", "type": "string", "confluent:tags": ["PII"]}`
    """
    field = target.field
    name = field.name.lstrip("_").lower()
    tags = field.props.get(TAGS, [])
    is_tagged = PII in (tags if isinstance(tags, list) else [tags])
    if is_tagged or not _is_listed(name, target.options.pii_names):
        return
    if all(leaf.kind in _HARMLESS for leaf in leaves(field.type)):
        return
    yield Hit(
        message="the field holds personal data by its name and has no PII tag",
        place=part(field.place, TAGS) if TAGS in field.props else field.place / "name",
        hint=f'add "{TAGS}": ["{PII}"]; or, if it holds none, ignore this with the reason',
        fixes=(fixes.set_value(field.place, TAGS, [*tags, PII]),) if isinstance(tags, list) else (),
    )


def tags_well_formed(target: AttributesTarget) -> Iterator[Hit]:
    """Tags are a list of texts.

    What it does:
        Finds `confluent:tags` that is anything else.

    Why it matters:
        The registry and its clients ignore it, so the value that somebody wanted to protect is not protected.

    Example:
        `"confluent:tags": "PII"`

    Use instead:
        `"confluent:tags": ["PII"]`
    """
    tags = target.props.get(TAGS, [])
    if isinstance(tags, list) and all(isinstance(tag, str) and tag.strip() for tag in tags):
        return
    is_tag = isinstance(tags, str) and tags.strip()
    yield Hit(
        message=f"tags are a list of texts, not {value_text(tags)}",
        place=target.place / TAGS,
        hint=f'write "{TAGS}": ["{PII}"]',
        fixes=(fixes.set_value(target.place, TAGS, [tags]),) if is_tag else (),
    )


def _is_listed(name: str, patterns: tuple[str, ...]) -> bool:
    exact, globs = _patterns(patterns)
    return name in exact or any(fnmatchcase(name, glob) for glob in globs)


@lru_cache(maxsize=8)
def _patterns(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Names and globs apart, in lower case: a glob costs a regular expression, most patterns are names."""
    lower = [pattern.lower() for pattern in patterns]
    globs = tuple(one for one in lower if not _GLOB.isdisjoint(one))
    return frozenset(lower) - set(globs), globs


def _kind(field: Field) -> str:
    """The kind of a type, or of the one branch beside null; a logical type is a kind of its own."""
    inner = single(field.type)
    if inner is None:
        return "union"
    return inner.logical.name if inner.logical else inner.kind
