"""Rules about constraints and tags: properties of fields that Avro passes on and generated code acts on."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from compat_checks import fixes
from compat_checks.constraints import constraints_of, misuses, slow_pattern
from compat_checks.lint.targets import AttributesTarget, FieldTarget, leaves, part
from compat_checks.notation import TAGS, value_text
from compat_checks.rule import Hit

PII: Final = "PII"
_GLOB: Final = frozenset("*?[")
_HARMLESS: Final = ("boolean", "enum", "null")


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
    for one in misuses(target.field):
        yield Hit(message=one.message, place=target.field.place / one.key, hint=one.hint)


def pattern_linear_time(target: FieldTarget) -> Iterator[Hit]:
    """A pattern matches in linear time.

    What it does:
        Proves that a text of n characters takes a number of steps in proportion to n, whatever the text. Finds
        patterns for which it cannot: repetitions inside of or beside repetitions of the same characters,
        alternatives that overlap, back-references, look-arounds, and flags.

    Why it matters:
        The regular expressions of Python, Java and JavaScript try one way to match after the other. For `(a+)+` each
        further letter doubles the ways, so that a value of 40 letters stops a consumer for days. Code generation
        refuses such patterns.

    Example:
        `{"name": "code", "type": "string", "pattern": "([a-z]+-?)+"}`

    Use instead:
        `{"name": "code", "type": "string", "pattern": "[a-z]+(-[a-z]+)*-?"}`
    """
    if found := slow_pattern(target.field):
        yield Hit(message=found.message, place=target.field.place / found.key, hint=found.hint)


def pattern_has_max_length(target: FieldTarget) -> Iterator[Hit]:
    """A pattern has a maxLength beside it.

    What it does:
        Finds `pattern` on a field that has no `maxLength`.

    Why it matters:
        The time of a match grows with the text, and readers in other languages have engines of their own. Columns
        and forms need a length, too.

    Example:
        `{"name": "code", "type": "string", "pattern": "[a-z]+"}`

    Use instead:
        `{"name": "code", "type": "string", "pattern": "[a-z]+", "maxLength": 64}`
    """
    given = {key for key, _ in constraints_of(target.field)}
    if "pattern" in given and "maxLength" not in given:
        yield Hit(
            message="the pattern has no maxLength beside it",
            place=target.field.place / "pattern",
            hint="add the largest length that the field may have",
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
