"""Constraints that schemas put on fields, and how a broken one is reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from eccs_contracts.errors import Problem, ValidationError

# A rule answers with what must hold where a value breaks it, and with None where it does not.
Rule = Callable[[Any], str | None]

_SHOWN: Final = 60
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LOCAL: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LABEL: Final = re.compile(r"(?!-)(?:[^\W_]|-){1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Check:
    """What a field must hold.

    Attributes:
        field: wire name.
        attribute: Python name.
        personal: whether its values must never be shown.
        nested: checks of the records inside of the value, asked for late because types may be recursive.
    """

    field: str
    attribute: str
    rules: tuple[Rule, ...] = ()
    personal: bool = False
    nested: Callable[[], tuple[Check, ...]] | None = None


def validate(model: str, value: object, checks: tuple[Check, ...]) -> None:
    """Check a record.

    Raises:
        ValidationError: with every problem.
    """
    if problems := tuple(_problems(value, checks, "", personal=False)):
        raise ValidationError(model, problems)


def _problems(value: object, checks: tuple[Check, ...], at: str, *, personal: bool) -> Iterator[Problem]:
    for check in checks:
        found = getattr(value, check.attribute)
        if found is None:
            continue
        path, hidden = at + check.field, personal or check.personal
        for rule in check.rules:
            if (broken := rule(found)) is not None:
                yield Problem(path, broken, show(found, personal=hidden))
        if check.nested is not None:
            for step, record in _records(found):
                yield from _problems(record, check.nested(), f"{path}{step}.", personal=hidden)


def _records(value: Any) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        yield from ((f"[{index}]", one) for index, one in enumerate(value) if one is not None)
    elif isinstance(value, dict):
        yield from ((f"[{key}]", one) for key, one in value.items() if one is not None)
    else:
        yield "", value


def show(value: object, *, personal: bool) -> str:
    """A value as messages show it: short, and not at all where it is personal."""
    if personal:
        return "***"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def min_length(least: int) -> Rule:
    """At least so many characters, bytes or items."""
    return lambda value: f"at least {least} long" if len(value) < least else None


def max_length(most: int) -> Rule:
    """At most so many characters, bytes or items."""
    return lambda value: f"at most {most} long, not {len(value)}" if len(value) > most else None


def minimum(least: float) -> Rule:
    """At least so much."""
    return lambda value: f"at least {least}" if value < least else None


def maximum(most: float) -> Rule:
    """At most so much."""
    return lambda value: f"at most {most}" if value > most else None


def pattern(expression: str) -> Rule:
    """All of the text matches."""
    compiled = re.compile(expression)
    return lambda value: None if compiled.fullmatch(value) else f"matches {expression}"


def email(value: str) -> str | None:
    """The rule of `format: email`."""
    return None if is_email(value) else "an e-mail address like name@example.com"


def single_line(value: str) -> str | None:
    """The rule of `format: single-line`."""
    return None if is_single_line(value) else "one line without control characters"


def is_single_line(value: str) -> bool:
    """Whether a text has no control character and no line break: safe as the value of a mail header."""
    return _CONTROL.search(value) is None


def is_email(value: str) -> bool:
    """Whether a text is an address that mail can be sent to.

    A dot-atom, an @ and a domain of two labels or more (RFC 5321, section 4.1.2, without its quoted local parts and
    address literals), in the sizes of its section 4.5.3.1; letters beyond ASCII are welcome (RFC 6531).
    """
    local, at, domain = value.rpartition("@")
    labels = domain.split(".")
    return (
        at == "@"
        and len(value.encode(errors="replace")) <= 254
        and len(local.encode(errors="replace")) <= 64
        and _LOCAL.fullmatch(local) is not None
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
    )
