"""What the throughput was: goals, a table, JSON and a chart."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

from tests.benchmark.chart import interpreter, machine, svg
from tests.benchmark.http.throughput import Measured, Result

_NAMES: Final = ("no-op", "Apache Kafka")
_ROW: Final = "{:<14}" + "{:>12}" * 7


@dataclass(frozen=True, slots=True)
class Goal:
    """What is promised, what was found, and whether that is enough."""

    what: str
    promised: str
    found: str
    met: bool


def ratio(measured: Measured) -> float:
    """Of requests a second, with and without the broker: of each round's pair, the one in the middle."""
    return median(none / one for none, one in zip(measured.noop.micros, measured.real.micros, strict=True))


def goals(measured: Measured) -> list[Goal]:
    """All that is promised."""
    real, found = measured.real, ratio(measured)
    return [
        Goal("of the throughput with a no-op for the produce", ">= 70%", f"{found:.0%}", found >= 0.7),
        Goal("messages in the topic", f"{real.accepted} (202s)", str(measured.messages), _all_there(measured)),
        Goal("answers that are not 202", "0", str(real.other + measured.noop.other), _only_202(measured)),
    ]


def _all_there(measured: Measured) -> bool:
    return measured.messages == measured.real.accepted > 0


def _only_202(measured: Measured) -> bool:
    return measured.real.other + measured.noop.other == 0


def text(measured: Measured) -> str:
    """For the terminal."""
    plan = measured.plan
    lines = [
        f"{measured.broker}; {machine()}; load {measured.load[0]:.1f} before and {measured.load[1]:.1f} after",
        f"one worker, {plan.connections} connections, {plan.rounds} rounds of {plan.seconds:g} s, taking turns",
        _ROW.format("", "requests/s", "best", "us", "cpu us", "p50 ms", "p99 ms", "202"),
        *(_row(name, one) for name, one in zip(_NAMES, (measured.noop, measured.real), strict=True)),
        "",
        *(
            f"{one.what:<50}{one.promised:>18}{one.found:>10}  {'met' if one.met else 'MISSED'}"
            for one in goals(measured)
        ),
    ]
    return "\n".join(lines)


def _row(name: str, one: Result) -> str:
    micros = median(one.micros)
    figures = (
        1e6 / micros,
        1e6 / min(one.micros),
        micros,
        median(one.cpu),
        median(one.p50) * 1e3,
        median(one.p99) * 1e3,
    )
    return _ROW.format(name, *(f"{figure:.0f}" for figure in figures), one.accepted)


def as_json(measured: Measured) -> str:
    """All numbers, and on what."""
    content = {
        "interpreter": interpreter(),
        "machine": machine(),
        **asdict(measured),
        "goals": [asdict(one) for one in goals(measured)],
    }
    return json.dumps(content, indent=1) + "\n"


def chart(measured: Measured) -> str:
    """Bars of requests a second and of the time of an answer."""
    pair = {"the produce is a no-op": measured.noop, "ours, acknowledged by Kafka": measured.real}
    rates = [(name, 1e6 / median(one.micros)) for name, one in pair.items()]
    p50 = [(name, median(one.p50) * 1e3) for name, one in pair.items()]
    p99 = [(name, median(one.p99) * 1e3) for name, one in pair.items()]
    blocks = [
        ("requests a second (more is better)", rates, ",.0f"),
        ("answer of the middle, ms (less is better)", p50, ".0f"),
        ("slowest of a hundred, ms (less is better)", p99, ".0f"),
    ]
    return svg(f"POST /api/emails/send, one worker, {measured.plan.connections} connections: {interpreter()}", blocks)
