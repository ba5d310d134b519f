"""What was measured: goals, tables for the terminal and for docs/, JSON and a chart."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from tests.benchmark.chart import interpreter, machine, svg
from tests.benchmark.delivery.lateness import Lateness
from tests.benchmark.delivery.memory import Memory
from tests.benchmark.delivery.throughput import FASTSTREAM, SESSIONS, TUTORIAL, WIDE, Throughput

_PARTS: Final = ("candidate", "broker", "database", "sink")
_MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class Figures:
    """One run.

    Attributes:
        parts: which broker, registry and database it was.
        load: the machine's load average before and after.
    """

    parts: Mapping[str, str]
    load: tuple[float, float]
    throughput: Sequence[Throughput]
    lateness: Lateness
    memory: Memory

    def rate(self, candidate: str, latency: int) -> float:
        """Mails a second, of the window in the middle."""
        return self.of(candidate, latency).rate

    def of(self, candidate: str, latency: int) -> Throughput:
        """The windows of a candidate at a latency."""
        return next(one for one in self.throughput if (one.candidate, one.latency) == (candidate, latency))


@dataclass(frozen=True, slots=True)
class Goal:
    """What is promised, what was found, and whether that is enough."""

    what: str
    promised: str
    found: str
    met: bool


def goals(figures: Figures) -> list[Goal]:
    """All that is promised; ratios are of medians."""
    ours = figures.rate(WIDE.name, 0)
    found = [
        _at_least(f"0 ms: times the {TUTORIAL.name}", 5, ours / figures.rate(TUTORIAL.name, 0), ".1f"),
        _at_least(f"0 ms: times {FASTSTREAM.name}", 2, ours / figures.rate(FASTSTREAM.name, 0), ".1f"),
        _at_least("50 ms: of sessions / latency", 0.8, figures.rate(WIDE.name, 50) / (SESSIONS / 0.050), ".0%"),
    ]
    late, memory = figures.lateness, figures.memory
    return [
        *found,
        _at_least("earliest retry after its due time, ms", 0, late.least, ".1f"),
        _at_most(f"lateness p99, {late.pending} pending, ms", 250, late.p99, ".0f"),
        _at_most(f"memory's drift over {memory.messages} mails", 0.1, memory.drift, ".1%"),
    ]


def _at_least(what: str, least: float, found: float, form: str) -> Goal:
    return Goal(what, f">= {least:{form}}", f"{found:{form}}", found >= least)


def _at_most(what: str, most: float, found: float, form: str) -> Goal:
    return Goal(what, f"<= {most:{form}}", f"{found:{form}}", found <= most)


def _rates(figures: Figures) -> tuple[Sequence[str], list[Sequence[str]]]:
    head = ("latency", "candidate", "mails/s", "slowest", "x tutorial", "us/mail", *_PARTS[1:], "of one core")
    rows: list[Sequence[str]] = []
    for one in figures.throughput:
        ratio = one.rate / figures.rate(TUTORIAL.name, one.latency)
        spent = [f"{one.cpu(part):.0f}" for part in _PARTS]
        busiest = max(_PARTS, key=one.cpu)
        share = f"{busiest} {one.cpu(busiest) * one.rate / 1e6:.0%}"
        numbers = (f"{one.rate:.1f}", f"{one.least:.1f}", f"{ratio:.2f}")
        rows.append((f"{one.latency} ms", one.candidate, *numbers, *spent, share))
    return head, rows


def _late(figures: Figures) -> tuple[Sequence[str], list[Sequence[str]]]:
    one = figures.lateness
    numbers = [f"{value:.1f}" for value in (one.least, one.p50, one.p99, one.most)]
    return ("pending", "delays", "earliest ms", "p50", "p99", "max"), [
        (str(one.pending), f"1 to {one.longest:g} s", *numbers)
    ]


def _memory(figures: Figures) -> tuple[Sequence[str], list[Sequence[str]]]:
    one = figures.memory
    most = max(size for _, size in one.samples)
    sizes = [f"{size / _MIB:.1f}" for size in (one.warm, one.end, most)]
    head = ("mails", "mails/s", "after warm-up MiB", "at the end", "most", "drift")
    return head, [(str(one.messages), f"{one.messages / one.seconds:.0f}", *sizes, f"{one.drift:+.1%}")]


def _met(figures: Figures) -> tuple[Sequence[str], list[Sequence[str]]]:
    rows = [(one.what, one.promised, one.found, "met" if one.met else "MISSED") for one in goals(figures)]
    return ("promise", "goal", "found", ""), list(rows)


_TABLES: Final[Mapping[str, Callable[[Figures], tuple[Sequence[str], list[Sequence[str]]]]]] = {
    "Throughput": _rates,
    "Lateness of retries": _late,
    "Memory of one process": _memory,
    "Promises": _met,
}


def where(figures: Figures) -> str:
    """What it was measured on."""
    load = " and ".join(f"{one:.1f}" for one in figures.load)
    parts = ", ".join(figures.parts.values())
    return f"{interpreter()}; {machine()}, load average {load} before and after; {parts}; a mail server of ours."


def text(figures: Figures) -> str:
    """All tables, for a terminal."""
    lines = [where(figures)]
    for title, make in _TABLES.items():
        head, rows = make(figures)
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines += ["", title]
        lines += ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows)]
    return "\n".join(lines)


def page(figures: Figures) -> str:
    """The page of docs/."""
    tables = {title: markdown(*make(figures)) for title, make in _TABLES.items()}
    return _PAGE.format(
        where=where(figures), sessions=SESSIONS, **{title.split()[0]: one for title, one in tables.items()}
    )


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def chart(figures: Figures) -> str:
    """Mails a second at each latency."""
    latencies = dict.fromkeys(one.latency for one in figures.throughput)
    blocks = [
        (
            f"{latency} ms latency of the mail server: mails a second (more is better)",
            [(one.candidate, one.rate) for one in figures.throughput if one.latency == latency],
            ".1f",
        )
        for latency in latencies
    ]
    return svg(f"Delivery from Kafka to SMTP: {interpreter()}, {machine()}", blocks)


def as_json(figures: Figures) -> str:
    """All numbers."""
    step = max(1, len(figures.memory.samples) // 100)
    content: dict[str, Any] = {
        "interpreter": interpreter(),
        "machine": machine(),
        "load": figures.load,
        "parts": dict(figures.parts),
        "throughput": [asdict(one) | {"rate": one.rate} for one in figures.throughput],
        "lateness": asdict(figures.lateness),
        "memory": {**asdict(figures.memory), "samples": figures.memory.samples[::step], "drift": figures.memory.drift},
        "goals": [asdict(one) for one in goals(figures)],
    }
    return json.dumps(_rounded(content), indent=1) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value, 3) if isinstance(value, float) else value


_PAGE: Final = """# How fast it delivers, and how punctually

Written by `python -m tests.benchmark.delivery --docs docs`; `make bench` prints the same tables. One run, on one stack:
{where}

## Throughput

![Mails a second](delivery.svg)

{Throughput}

`mails/s` is the median of several windows, `slowest` the least of them; `us/mail` is processor time of the candidate
for each mail, and behind it stands what the other processes spent on it. `of one core` names the part that worked
most. Every window ends with a reconciliation: what the mail server has is in the ledger, once, and no more is
committed.

- **ours** is `python -m services.notification_service` as it comes: {sessions} SMTP sessions, claim, send, mark,
  commit. A crash repeats at most the mails that are in doubt, and as it comes these are as many as there are sessions.
- **ours, 64 in doubt** has `SMTP_IN_DOUBT=64`: a session goes on while the end of its last mail is written to the
  ledger, and more ends are written at once. A crash can repeat 64 mails. Promises are about this one.
- **tutorial loop** polls one message, decodes it, opens a connection, sends, inserts a document with `j: true` and
  commits. No retries, no dead letters; after a crash it sends one mail twice.
- **FastStream** is its confluent broker with the same handler for asyncio (aiosmtplib, pymongo) and
  `AckPolicy.NACK_ON_ERROR`, the policy that delivers at least once. Its `max_workers` needs a policy that does not.

All read the same messages (300 characters of body), each from the start, with our decoder, and write to the same
database, which is a development substitute for MongoDB: it bounds what is possible at 0 ms.

## Lateness of retries

{Lateness}

All retries were in the one retry topic, 6 partitions, in another order than they are due in, before the first was due.
`earliest` is when MAIL reached the mail server, the others when it had the whole mail.
[delivery-growth.md](delivery-growth.md) has what grows with their number.

## Memory

{Memory}

Resident memory of one process with 64 mails in doubt, at 0 ms latency: the median over the second tenth of the mails,
and over the last.

## Promises

{Promises}
"""
