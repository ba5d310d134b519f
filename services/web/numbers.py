"""Numbers and instants from outside, one bounded parser each.

`int()`, `float()` and `datetime` take more than is meant (`1_0`, `+1`, digits of any script, 5,000 of them) and raise
more than ValueError (OverflowError; ValueError beyond 4,300 digits), which a caller must not see as 500.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from starlette.convertors import Convertor, register_url_convertor

LAST: Final = 253_402_300_799  # seconds since 1970 at the end of the year 9999, the last that `datetime` has
_DIGITS: Final = re.compile(r"[0-9]{1,18}")  # every one of them fits into 64 bits
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def whole(text: str) -> int | None:
    """A whole number of at most 18 ASCII digits, without a sign; None if it is something else."""
    return int(text) if _DIGITS.fullmatch(text) else None


def numeric_date(value: Any) -> float | None:
    """Seconds since 1970 (RFC 7519, section 2): a JSON number from 0 to the year 9999; None if it is something else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LAST:
        return None
    return float(value)


def instant(text: str, first_year: int = 1970, last_year: int = 2999) -> datetime | None:
    """An instant of RFC 3339 within these years, in UTC; None if it is something else."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if first_year <= found.year <= last_year else None


class WholeConvertor(Convertor[int]):
    """`{name:whole}` in a path: at most 18 digits, while Starlette's `int` takes any number of them and then fails."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        """The number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """The digits."""
        return str(value)


register_url_convertor("whole", WholeConvertor())
