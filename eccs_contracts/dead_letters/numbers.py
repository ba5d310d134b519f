"""Numbers that operators type, in options and in forms: ASCII digits, within bounds, and nothing else."""

from __future__ import annotations

import re
from typing import Final

LEAST_RATE: Final = 0.01  # messages a second: one in 100 s
MOST_RATE: Final = 100_000.0

_WHOLE: Final = re.compile(r"[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}")  # browsers send .5, too


def whole(text: str, least: int, most: int) -> int:
    """Read a whole number.

    Raises:
        ValueError: it has a sign, an underscore, a blank or more than 18 digits, or is not from `least` to `most`.
    """
    if not _WHOLE.fullmatch(text) or not least <= (found := int(text)) <= most:
        raise ValueError(f"a whole number from {least} to {most} is expected")
    return found


def decimal(text: str, least: float, most: float) -> float:
    """Read a number in plain decimal notation; infinity, NaN and exponents are none.

    Raises:
        ValueError: it has another form, or is not from `least` to `most`.
    """
    if not _DECIMAL.fullmatch(text) or not least <= (found := float(text)) <= most:
        raise ValueError(f"a number from {least:.12g} to {most:.12g} is expected, for example {max(least, 1):.12g}")
    return found


def rate(text: str) -> float:
    """Read a number of messages a second; raises as `decimal`."""
    return decimal(text, LEAST_RATE, MOST_RATE)
