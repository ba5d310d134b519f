"""Whether the time that a function takes grows with the length of a text, or faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

LARGE: Final = 1_000_000
MOST: Final = 15.0  # times as long for ten times the text; what is quadratic takes 100 times as long
_LEAST: Final = 0.005  # seconds; less cannot be measured beside other work
_TRIES: Final = 6


def growth(work: Callable[[str], object], shape: str) -> float:
    """How many times as long 1 MB of a shape takes as 100 kB, tried until it is at most MOST."""
    large = (shape * LARGE)[:LARGE]
    least = float("inf")
    for ratio in _ratios(work, large, large[: LARGE // 10]):
        least = min(least, ratio)
        if least <= MOST:
            break
    return least


def _ratios(work: Callable[[str], object], large: str, small: str) -> Iterator[float]:
    for _ in range(_TRIES):
        short = max(_LEAST, *(_seconds(work, small) for _ in range(2)))
        yield _seconds(work, large) / short


def _seconds(work: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    work(text)
    return time.process_time() - started
