"""What was met under each load, and whether it is within the promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MOST_RATIO: Final = 4.0  # of the p99 of a single send
MOST_PROBE: Final = 0.1  # seconds, p99 of each probe
MOST_MEMORY: Final = 1.5  # of each service
_COLUMNS: Final = "| load | send p50 | send p99 | of quiet | slowest probe (p99) | memory, of quiet | held |"


@dataclass(frozen=True, slots=True)
class Met:
    """What was met under one load.

    Attributes:
        took: seconds of each request, by what was asked.
        memory: the most bytes that each service had resident.
    """

    load: str
    took: Mapping[str, Sequence[float]]
    memory: Mapping[str, int]


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of all is not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def missed(met: Met, quiet: Met) -> list[str]:
    """The promises that are not kept under a load."""
    found = []
    if _ratio(met, quiet) > MOST_RATIO:
        found.append(f"{met.load}: single sends take {_ratio(met, quiet):.1f} times as long")
    slowest, took = _slowest(met)
    if took > MOST_PROBE:
        found.append(f"{met.load}: {slowest} answers after {took * 1000:.0f} ms")
    name, memory = _largest(met, quiet)
    if memory > MOST_MEMORY:
        found.append(f"{met.load}: the {name} service takes {memory:.2f} times the memory")
    return found


def table(results: Sequence[Met]) -> str:
    """Markdown; the first result is the quiet one."""
    quiet = results[0]
    rows = [_COLUMNS, "|" + "---|" * 7]
    for one in results:
        send = one.took["send"]
        slowest, took = _slowest(one)
        name, memory = _largest(one, quiet)
        cells = (
            one.load,
            f"{quantile(send, 0.5) * 1000:.0f} ms",
            f"{quantile(send, 0.99) * 1000:.0f} ms",
            f"{_ratio(one, quiet):.1f}",
            f"{took * 1000:.0f} ms ({slowest})",
            f"{memory:.2f} ({name})",
            "no" if missed(one, quiet) else "yes",
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _ratio(met: Met, quiet: Met) -> float:
    return quantile(met.took["send"], 0.99) / quantile(quiet.took["send"], 0.99)


def _slowest(met: Met) -> tuple[str, float]:
    probes = {name: quantile(took, 0.99) for name, took in met.took.items() if name != "send"}
    name = max(probes, key=probes.__getitem__)
    return name, probes[name]


def _largest(met: Met, quiet: Met) -> tuple[str, float]:
    shares = {name: size / quiet.memory[name] for name, size in met.memory.items()}
    name = max(shares, key=shares.__getitem__)
    return name, shares[name]
