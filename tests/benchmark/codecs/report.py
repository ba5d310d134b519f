"""What was measured, as a table, as JSON and as a chart."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, Final

from tests.benchmark.chart import interpreter, svg
from tests.benchmark.codecs.measure import Result


def table(results: Sequence[Result]) -> str:
    """One block for each record, size and direction; the ratio is how much faster ours is."""
    lines = []
    for group in groups(results):
        first = group[0]
        ours = next(one for one in group if one.candidate == "ours")
        lines.append(f"\n{first.record}, body of {first.body} characters, {first.what}")
        lines.append(f"  {'':34}{'min us':>9}{'median':>9}{'x ours':>8}")
        for one in group:
            ratio = one.least / ours.least
            lines.append(f"  {one.candidate:34}{one.least:9.2f}{one.median:9.2f}{ratio:8.2f}")
    return "\n".join(lines)


def groups(results: Sequence[Result]) -> list[list[Result]]:
    """The results that belong beside each other."""
    found: dict[tuple[str, int, str], list[Result]] = {}
    for one in results:
        found.setdefault((one.record, one.body, one.what), []).append(one)
    return list(found.values())


def goals(results: Sequence[Result]) -> list[tuple[str, float, float]]:
    """What is promised for small and for 4 KB messages: name, goal, the lowest ratio of the three records."""
    found = []
    for what, candidate, goal in _GOALS:
        ratios = [
            _least(group, candidate) / _least(group, "ours, Contract" if "confluent" in candidate else "ours")
            for group in groups(results)
            if group[0].what == what and group[0].body < 10_000
        ]
        found.append((f"{what}: {candidate}", goal, min(ratios)))
    return found


_GOALS: Final = (
    ("encode", "confluent, to_dict by hand", 3.0),
    ("encode", "confluent, asdict", 10.0),
    ("encode", "fastavro, ready dict", 2.5),
    ("decode", "confluent, schema and from_dict", 4.0),
    ("decode", "fastavro, dict", 1.6),
)


def _least(group: Sequence[Result], candidate: str) -> float:
    found = [one.least for one in group if one.candidate == candidate]
    return found[0] if found else next(one.least for one in group if one.candidate.startswith(candidate))


def as_json(results: Sequence[Result], memory: dict[str, dict[str, int]]) -> str:
    """All numbers, and the interpreter."""
    content: dict[str, Any] = {
        "interpreter": interpreter(),
        "unit": "microseconds a message",
        "results": [
            dataclasses.asdict(one) | {"least": round(one.least, 3), "median": round(one.median, 3)} for one in results
        ],
        "bytes of a decoded message": memory,
        "goals": [{"what": what, "goal": goal, "lowest": round(lowest, 2)} for what, goal, lowest in goals(results)],
    }
    return json.dumps(content, indent=1) + "\n"


def chart(results: Sequence[Result], record: str, body: int) -> str:
    """Bars for the two directions of one record and size."""
    blocks = [
        (
            f"{group[0].what}, microseconds a message (less is better)",
            sorted(((one.candidate, one.least) for one in group), key=lambda bar: bar[1]),
            ".2f",
        )
        for group in groups(results)
        if (group[0].record, group[0].body) == (record, body)
    ]
    return svg(f"{record}, body of {body} characters: {interpreter()}", blocks)
