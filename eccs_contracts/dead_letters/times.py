"""Instants as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO: Final = re.compile(r"([0-9]{1,9})([smhdw])")
_LONGEST: Final = 64  # characters of a time; ISO 8601 takes half of them


def instant(text: str, now: datetime) -> datetime:
    """An instant: `90s`, `30m`, `6h`, `7d`, `2w` before `now`, or ISO 8601; without an offset it is UTC.

    Raises:
        ValueError: it is neither.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text if len(text) <= _LONGEST else "")
        # In UTC at once: the first and the last hours of the calendar do not exist in every zone.
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text[:_LONGEST]!r} is no time: give 2026-01-31T09:30:00Z, or 30m, 6h, 7d before now"
        ) from None


def age(span: timedelta) -> str:
    """A length of time in its two largest units, for example `3d 4h`; below a second, `0s`."""
    seconds = max(0, int(span.total_seconds()))
    parts = []
    for name, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{name}")
    return " ".join(parts[:2]) or "0s"
