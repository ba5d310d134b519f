"""Values of older messages, read with tolerance: whatever is not usable is absent, and never an error."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from eccs_contracts._json_object import INT64, Unfit, load_text

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
INT32_MAX: Final = 2**31 - 1
_LAST_MILLIS: Final = 253_402_300_799_999  # of the year 9999
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_TOPIC: Final = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_MAX_TEXT: Final = 64  # characters of a number or an instant


def plain(name: str) -> str:
    """A name without case and separators: `scheduled_at`, `ScheduledAt` and `scheduledAt` are one."""
    return name.replace("_", "").replace("-", "").lower()


def named(fields: Mapping[str, Any], names: Collection[str]) -> Iterator[Any]:
    """The values of the fields that have one of some plain names, in the order of these names."""
    spelled = {plain(name): value for name, value in fields.items()}
    return (spelled[name] for name in names if name in spelled)


def as_object(value: Any) -> dict[str, Any]:
    """An object, or the object that a text holds as JSON; empty if it is neither."""
    if isinstance(value, str):
        return load_text(value) or {}
    return value if isinstance(value, dict) else {}


def whole(value: Any) -> int | None:
    """An integer, also as text or as a float without a fraction; cut to 64 bits. None if it is something else."""
    if isinstance(value, Unfit):
        return value.bound
    if isinstance(value, str):
        return _whole_text(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return clamp(value, INT64.start, INT64.stop - 1)


def _whole_text(text: str) -> int | None:
    text = text.strip()
    if _WHOLE.fullmatch(text) is None:
        return None
    return clamp(int(text), INT64.start, INT64.stop - 1) if len(text) <= _MAX_TEXT else Unfit(text).bound


def instant(value: Any) -> datetime | None:
    """An instant from milliseconds since 1970 or ISO 8601 text, cut to 1970 to 9999; without a zone it is UTC."""
    if isinstance(value, float):
        value = int(value)
    millis = whole(value)
    if millis is not None:
        return EPOCH + timedelta(milliseconds=clamp(millis, 0, _LAST_MILLIS))
    return _iso(value) if isinstance(value, str) and len(value) <= _MAX_TEXT else None


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip().upper())
        return max(EPOCH, found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def topic(value: Any) -> str | None:
    """A name that a topic of Kafka can have; None if it is something else."""
    return value if isinstance(value, str) and _TOPIC.fullmatch(value) else None


def message(value: Any) -> str | None:
    """A text, or the `message` of an error object, at most 1,024 characters; None if it is something else or empty."""
    if isinstance(value, dict):
        value = value.get("message")
    if not isinstance(value, str):
        return None
    return value[:1024].encode("utf-8", errors="replace").decode("utf-8") or None


def clamp(value: int, least: int, most: int) -> int:
    """The value, or the bound that it is beyond."""
    return min(max(value, least), most)


def first(values: Iterable[Any]) -> Any:
    """The first value that is not None; None if there is none."""
    return next((value for value in values if value is not None), None)
