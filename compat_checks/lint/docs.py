"""Rules about docs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from compat_checks.lint.targets import DocTarget, FieldTarget, NamedTarget, part
from compat_checks.lint.words import words
from compat_checks.rule import Hit

_EMPTY_WORDS: Final = frozenset(
    (
        *("the", "a", "an", "of", "this", "that", "is", "it", "in", "value", "field", "record", "enum", "fixed"),
        *("type"),
    )
)
_PLACEHOLDERS: Final = frozenset(("", "todo", "tbd", "fixme", "xxx", "na", "none", "null", "doc", "description"))
_TOKEN: Final = re.compile(r"\w+")


def type_doc(target: NamedTarget) -> Iterator[Hit]:
    """A record, enum or fixed has a doc.

    What it does:
        Finds types whose `doc` is missing, blank or not a text.

    Why it matters:
        The schema is the only place where each reader of a topic looks. Docs reach generated code, the registry and
        the data catalogue from here.

    Example:
        `{"type": "enum", "name": "ErrorCategory", "symbols": ["PARSE"]}`

    Use instead:
        `"doc": "Class of the failure; decides whether sending again can help."`
    """
    if not (target.schema.doc or "").strip():
        yield Hit(
            message=f"the {target.schema.kind} has no doc",
            place=part(target.schema.place, "doc"),
            hint=f"say what one {target.schema.name} stands for",
        )


def field_doc(target: FieldTarget) -> Iterator[Hit]:
    """A field has a doc.

    What it does:
        Finds fields whose `doc` is missing, blank or not a text.

    Why it matters:
        A type does not say the unit, who sets the value, or what its absence means. Without a doc each reader guesses
        on its own.

    Example:
        `{"name": "attempt", "type": "int"}`

    Use instead:
        `"doc": "Which retry this is: 1 for the first, the first delivery not counted."`
    """
    if not (target.field.doc or "").strip():
        yield Hit(
            message="the field has no doc",
            place=part(target.field.place, "doc"),
            hint="say what it holds, its unit, and what it means when it is not given",
        )


def doc_says_something(target: DocTarget) -> Iterator[Hit]:
    """A doc says more than the name.

    What it does:
        Finds docs made of the words of the name only, and placeholders such as TODO.

    Why it matters:
        It counts as a doc, and tells nobody anything.

    Example:
        `{"name": "userId", "doc": "The user id."}`

    Use instead:
        `"doc": "The user on whose behalf the e-mail is sent."`
    """
    tokens = _TOKEN.findall(target.doc)
    said = {word for token in tokens for word in _words(token)}
    placeholder = "".join(tokens).lower() in _PLACEHOLDERS or (tokens and tokens[0] in ("TODO", "FIXME"))
    if placeholder or said - _EMPTY_WORDS <= set(words(target.name)):
        what = "is a placeholder" if placeholder else "only repeats the name"
        yield Hit(
            message=f'the doc "{target.doc}" {what}', place=target.place / "doc", hint="say what the name does not"
        )


def _words(token: str) -> tuple[str, ...]:
    """The words of a token; one in another script is a word as it is."""
    return words(token) if token.isascii() else (token,)
