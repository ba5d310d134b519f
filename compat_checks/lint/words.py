"""The words that a name is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# Last words of a name that say the unit of a time.
UNITS: Final = frozenset(
    (
        *("ns", "nanos", "nanoseconds", "us", "micros", "microseconds", "ms", "millis", "milliseconds", "sec"),
        *("secs", "second", "seconds", "minute", "minutes", "min", "mins", "hour", "hours", "day", "days", "week"),
        *("weeks"),
    )
)


def words(name: str) -> tuple[str, ...]:
    """`backoffDelayMs`, `BACKOFF_DELAY_MS` -> backoff, delay, ms."""
    return tuple(word.lower() for word in _WORD.findall(name))


def pascal(name: str) -> str:
    """`email_request` -> `EmailRequest`."""
    return "".join(word.capitalize() for word in words(name))


def camel(name: str) -> str:
    """`user_id` -> `userId`."""
    first, *rest = words(name) or ("",)
    return first + "".join(word.capitalize() for word in rest)


def upper_snake(name: str) -> str:
    """`notSent` -> `NOT_SENT`."""
    return "_".join(words(name)).upper()


def closest(name: str, known: Iterable[str]) -> list[str]:
    """The one known name that this may be a slip of; none where it is like no other."""
    from difflib import get_close_matches  # only where something is wrong already

    plain = {_plain(one): one for one in known}
    return [plain[one] for one in get_close_matches(_plain(name), plain, 1, cutoff=0.8)]


def _plain(name: str) -> str:
    return re.sub(r"[_-]", "", name).lower()
