"""Bounds of a request's `timestamp`; the API and the readers of JSON apply them. No clock: `now` is an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
MAX_AHEAD: Final = timedelta(days=1)  # clocks of producers may be wrong by this much

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_RULE: Final = "from 2000-01-01 to one day ahead of now, in milliseconds since 1970"
# Numerator and denominator that turn a number of the unit into milliseconds.
_UNITS: Final = {"seconds": (1000, 1), "microseconds": (1, 1000), "nanoseconds": (1, 1_000_000)}


def timestamp_problem(value: datetime | int, now: datetime) -> str | None:
    """The rule that a request's timestamp breaks; None if it is in bounds.

    Both bounds are included. The rule ends with a hint if the number would be in bounds in another unit.

    Args:
        value: an aware instant, or milliseconds since 1970 of any size and sign.
        now: the current instant, aware.
    """
    millis = value if isinstance(value, int) else (value - _EPOCH) // _MILLISECOND
    if _in_bounds(millis, now):
        return None
    for unit, (numerator, denominator) in _UNITS.items():
        if _in_bounds(millis * numerator // denominator, now):
            return f"{_RULE} (this looks like {unit})"
    return _RULE


def _in_bounds(millis: int, now: datetime) -> bool:
    latest = now + MAX_AHEAD
    return (EARLIEST - _EPOCH) // _MILLISECOND <= millis <= (latest - _EPOCH) // _MILLISECOND
