"""The constraints that a schema can put on a field."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias

from eccs_contracts._codec.markers import Format, Ge, Le, Marker, MaxLen, MinLen, Pattern

Rule: TypeAlias = Marker

_MAX_ADDRESS: Final = 254  # octets
_MAX_LOCAL: Final = 64
# Expressions are compiled when they are first needed: that takes milliseconds.
_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"
# atext of RFC 5322, section 3.2.3, and every non-ASCII character, as RFC 6531, section 3.3 extends it.
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_LOCAL: Final = rf"{_ATOM}(?:\.{_ATOM})*"
_LABEL: Final = r"(?!-)[A-Za-z0-9\-\u0080-\U0010ffff]{1,63}(?<!-)"


def is_email(value: str) -> bool:
    """Whether a text is an address that mail can be sent to.

    A dot-atom, one @ and a domain of two labels or more (RFC 5321, section 4.1.2), in the sizes of its
    section 4.5.3.1 and of RFC 3696, erratum 1690. Characters beyond ASCII are welcome (RFC 6531, section 3.3;
    RFC 5890). Quoted local parts and address literals are refused: nobody needs them, many mistreat them.
    """
    local, _, domain = value.partition("@")
    if not value.isprintable() or len(value.encode()) > _MAX_ADDRESS or len(local.encode()) > _MAX_LOCAL:
        return False
    labels = domain.split(".")
    return matches(local, _LOCAL) and len(labels) > 1 and all(matches(label, _LABEL) for label in labels)


def is_single_line(value: str) -> bool:
    """Whether a text is one line without control characters, as mail headers are (RFC 5322, section 2.2).

    A line break here would let whoever writes the text add headers of their own.
    """
    return _compiled(_CONTROL).search(value) is None


def is_text(value: str) -> bool:
    """Whether a text can stand in the body of a mail: no NUL (RFC 5322, section 4; RFC 2045, section 2.8)."""
    return "\0" not in value


def matches(value: str, expression: str) -> bool:
    """Whether the whole of a text matches a regular expression."""
    return _compiled(expression).fullmatch(value) is not None


def broken_rule(rule: Rule, value: Any) -> str | None:
    """What must hold, where a value breaks a rule, else None; lengths count characters, or bytes."""
    return _HANDLERS[type(rule)](rule, value)


@lru_cache(maxsize=256)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _min_length(rule: Any, value: Any) -> str | None:
    return f"at least {_count(rule.value, value)}" if len(value) < rule.value else None


def _max_length(rule: Any, value: Any) -> str | None:
    return f"at most {_count(rule.value, value)}" if len(value) > rule.value else None


def _count(length: int, value: Any) -> str:
    unit = "byte" if isinstance(value, bytes) else "character"
    return f"{length} {unit}" if length == 1 else f"{length} {unit}s"


def _minimum(rule: Any, value: Any) -> str | None:
    return None if value >= rule.value else f"at least {rule.value}"


def _maximum(rule: Any, value: Any) -> str | None:
    return None if value <= rule.value else f"at most {rule.value}"


def _pattern(rule: Any, value: Any) -> str | None:
    return None if matches(value, rule.value) else f"text that matches {rule.value}"


def _format(rule: Any, value: Any) -> str | None:
    holds, sentence = _FORMATS[rule.value]
    return None if holds(value) else sentence


_FORMATS: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "email": (is_email, "an e-mail address like name@example.com"),
    "single-line": (is_single_line, "one line without control characters"),
    "text": (is_text, "text without NUL characters"),
}
_HANDLERS: Final[dict[type, Callable[[Any, Any], str | None]]] = {
    MinLen: _min_length,
    MaxLen: _max_length,
    Ge: _minimum,
    Le: _maximum,
    Pattern: _pattern,
    Format: _format,
}
