"""The form of a correction: each field of the contract as text that a person can edit, and back. Values only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from eccs_contracts import EmailRequest
from eccs_contracts.dead_letters.editing import FIXED, stands
from eccs_contracts.dead_letters.errors import EditRefused
from eccs_contracts.dead_letters.request_fields import is_optional, is_text
from services.dlq_console.filters import Fields, first

PREFIX: Final = "field."  # of the names in the form
_SHORT: Final = 1_000  # characters that a field of one line may have
_TYPES: Final = {one["name"]: one for one in json.loads(EmailRequest.SCHEMA)["fields"]}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Input:
    """One field of the form.

    Attributes:
        name: on the wire.
        text: what is in it.
        help: what the contract says of it.
        fixed: whether it is only shown.
        lines: how many lines it is high; 1 for a text without line breaks.
    """

    name: str
    text: str
    help: str
    fixed: bool
    lines: int


def inputs(before: Mapping[str, Any], fields: Fields | None = None) -> list[Input]:
    """Return the form of a request.

    Args:
        before: the request as the letter has it.
        fields: what was typed, if anything was.
    """
    return [_input(name, before, fields) for name in EmailRequest.FIELDS]


def _input(name: str, before: Mapping[str, Any], fields: Fields | None) -> Input:
    typed = None if fields is None else fields.get(PREFIX + name)
    shown = text_of(name, before.get(name))
    fixed = name in FIXED and stands(before, name)
    text = shown if typed is None or fixed else typed[0]
    lines = 1 if _is_short(name) and "\n" not in text else min(16, 2 + text.count("\n"))
    return Input(name, text, _help(name), fixed, lines)


def after_of(before: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """Return the request that a form says.

    A field whose text is as it was shown keeps its value: browsers write line breaks in their own way, and an instant
    is shown shorter than it is.

    Raises:
        EditRefused: a text cannot be a value of its field; lists all of these.
    """
    after, problems = dict(before), []
    for name in EmailRequest.FIELDS:
        typed = first(fields, PREFIX + name) if PREFIX + name in fields else None
        if typed is None or _plain(typed) == _plain(text_of(name, before.get(name))):
            continue
        try:
            after[name] = _value(name, typed, before.get(name))
        except (ValueError, RecursionError):
            problems.append(f"{name}: {_EXPECTED[_kind(name)]} is expected")
    if problems:
        raise EditRefused(tuple(problems))
    return after


def text_of(name: str, value: Any) -> str:
    """Return a value as it is edited: text as it is, an instant in ISO 8601, anything else as JSON; "" for none."""
    if value is None:
        return ""
    if isinstance(value, str) and _kind(name) == "text":
        return value
    if _kind(name) == "instant" and isinstance(value, int) and not isinstance(value, bool):
        return _shown_instant(value)
    return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, Mapping) else None)


def _shown_instant(millis: int) -> str:
    try:
        return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return str(millis)


def _value(name: str, typed: str, before: Any) -> Any:
    kind = _kind(name)
    if not typed.strip() and is_optional(name):
        return None
    if kind == "text":
        wide = isinstance(before, str) and "\r\n" in before
        return _plain(typed).replace("\n", "\r\n") if wide else _plain(typed)
    if kind == "instant":
        found = datetime.fromisoformat(typed.strip())
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        return round((aware - _EPOCH).total_seconds() * 1000)
    return json.loads(typed)


def _kind(name: str) -> str:
    if is_text(name):
        return "text"
    return "instant" if "timestamp-millis" in json.dumps(_TYPES[name]["type"]) else "json"


def _is_short(name: str) -> bool:
    found = _TYPES[name]
    return _kind(name) != "json" and (
        _kind(name) == "instant" or name == "id" or found.get("maxLength", _SHORT + 1) <= _SHORT
    )


def _help(name: str) -> str:
    return str(_TYPES[name].get("doc", ""))


def _plain(text: str) -> str:
    """Return a text with LF as its line break, whatever a browser sent."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


_EXPECTED: Final = {
    "text": "text",
    "instant": "an instant such as 2026-05-01T12:00:00Z",
    "json": 'a JSON object such as {"name": "Ada"}',
}
