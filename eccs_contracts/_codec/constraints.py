"""The constraints that a schema can put on a field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from eccs_contracts._codec.markers import Format, Ge, Le, Marker, MaxLen, MinLen, Pattern
from eccs_contracts._codec.text_formats import FORMATS, is_email, is_single_line, is_text, matches

__all__ = ["Rule", "broken_rule", "is_email", "is_single_line", "is_text", "matches"]

Rule: TypeAlias = Marker


def broken_rule(rule: Rule, value: Any) -> str | None:
    """What must hold, where a value breaks a rule, else None; lengths count characters, or bytes."""
    return _HANDLERS[type(rule)](rule, value)


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
    holds, sentence = FORMATS[rule.value]
    return None if holds(value) else sentence


_HANDLERS: Final[dict[type, Callable[[Any, Any], str | None]]] = {
    MinLen: _min_length,
    MaxLen: _max_length,
    Ge: _minimum,
    Le: _maximum,
    Pattern: _pattern,
    Format: _format,
}
