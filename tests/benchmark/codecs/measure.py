"""Measuring: all candidates take turns, in short rounds; what else the machine does then hits all alike, or none."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tests.benchmark.codecs.candidates import Candidate

_SLICES: Final = 8  # a round takes every eighth message


@dataclass(frozen=True, slots=True)
class Result:
    """What one candidate took.

    Attributes:
        least: microseconds a message, of the fastest round.
        median: of the round in the middle.
    """

    record: str
    body: int
    what: str
    candidate: str
    least: float
    median: float


def rounds(candidates: Sequence[Candidate], values: Sequence[Any], count: int) -> dict[str, list[float]]:
    """Microseconds a message, by candidate and round, of which there are eight times `count`; nothing made is kept.

    Each turn has an order of its own: who comes first finds the caches cold and warms them for the next.
    """
    inputs = {one.name: [one.make(value) for value in values] for one in candidates}
    found: dict[str, list[float]] = {one.name: [] for one in candidates}
    random = Random(count)
    for turn in range(count * _SLICES):
        gc.collect()
        for one in random.sample(candidates, len(candidates)):
            found[one.name].append(_round(one, inputs[one.name][turn % _SLICES :: _SLICES]))
    return found


def _round(candidate: Candidate, values: Sequence[Any]) -> float:
    run = candidate.run
    start = time.perf_counter()
    for value in values:
        run(value)
    return (time.perf_counter() - start) / len(values) * 1e6


def results(record: str, body: int, what: str, taken: dict[str, list[float]]) -> list[Result]:
    """The results of some rounds."""
    return [Result(record, body, what, name, min(one), statistics.median(one)) for name, one in taken.items()]


def memory(candidate: Candidate, values: Sequence[Any]) -> int:
    """Bytes that one decoded message holds."""
    inputs = [candidate.make(value) for value in values]
    candidate.run(inputs[0])
    gc.collect()
    tracemalloc.start()
    kept = [candidate.run(one) for one in inputs]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held // len(kept)
