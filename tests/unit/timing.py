"""Whether the time that a function takes grows with the length of a text, or faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

LARGE: Final = 1_000_000
MOST: Final = 15.0  # times as long for ten times the text; what is quadratic takes 100 times as long
_LEAST: Final = 0.005  # seconds; less cannot be measured beside other work
_TRIES: Final = 6


def growth(work: Callable[[str], object], shape: str, size: int = LARGE) -> float:
    """How many times as long a text of a shape takes as a tenth of it, tried until it is at most MOST."""
    large = (shape * size)[:size]
    least = float("inf")
    for ratio in _ratios(work, large, large[: size // 10]):
        least = min(least, ratio)
        if least <= MOST:
            break
    return least


def _ratios(work: Callable[[str], object], large: str, small: str) -> Iterator[float]:
    for _ in range(_TRIES):
        short = max(_LEAST, *(seconds_of(work, small) for _ in range(2)))
        yield seconds_of(work, large) / short


def seconds_of(work: Callable[[str], object], text: str) -> float:
    """The processor time of one run."""
    started = time.process_time()
    work(text)
    return time.process_time() - started
