"""`python -m tests.benchmark.delivery`: throughput, lateness and memory in one run; 1 where a promise is missed.

About ten minutes; `--quick` takes less than three, and is for a look. `--growth` measures what grows with the messages
that wait, in about twenty minutes. Linux: it reads /proc.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.local_stack.errors import StackError
from tests.benchmark.delivery import growth, lateness, memory, report, throughput
from tests.benchmark.delivery.stage import Stage


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything.

    Attributes:
        latencies: of the mail server, in milliseconds.
        rounds: windows of each candidate at each latency, of `seconds` each.
        pending: retries that wait, with delays from 1 s to `longest`.
        messages: that go through one process, unless `limit` seconds are over first.
    """

    latencies: tuple[int, ...]
    rounds: int
    seconds: float
    pending: int
    longest: float
    messages: int
    limit: float


WHOLE: Final = Plan((0, 5, 50, 200), 3, 3.0, 10_000, 60, 200_000, 420)
QUICK: Final = Plan((0, 50), 1, 2.0, 2_000, 15, 20_000, 60)


def run(plan: Plan) -> report.Figures:
    """Measure everything on one stack."""
    before = os.getloadavg()[0]
    with Stage(_say) as stage:
        stage.feed(plan.messages + 5_000)  # a process that is stopped has taken some more
        rates = throughput.measure(stage, plan.latencies, plan.rounds, plan.seconds)
        memory_ = memory.measure(stage, plan.messages, plan.limit)
        late = lateness.measure(stage, plan.pending, plan.longest)
        return report.Figures(stage.parts, (before, os.getloadavg()[0]), rates, late, memory_)


def main() -> int:
    """Run and print; write the page, the figures and the chart where a folder is given."""
    parser = argparse.ArgumentParser("python -m tests.benchmark.delivery", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: a look, no figures to show")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="write delivery-speed.md, delivery.json, delivery.svg")
    parser.add_argument("--growth", action="store_true", help="only what grows with the messages that wait")
    options = parser.parse_args()
    if options.quick and options.docs:
        parser.error("--docs wants the whole run, without --quick")
    if options.growth:
        return _growth(options.docs, quick=options.quick)
    try:
        figures = run(QUICK if options.quick else WHOLE)
    except (StackError, RuntimeError) as error:
        print(f"delivery: {error}", file=sys.stderr)
        return 3 if isinstance(error, StackError) else 2
    print(report.text(figures))
    if options.docs:
        (options.docs / "delivery-speed.md").write_text(report.page(figures), "utf-8")
        (options.docs / "delivery.json").write_text(report.as_json(figures), "utf-8")
        (options.docs / "delivery.svg").write_text(report.chart(figures), "utf-8")
    return 0 if all(one.met for one in report.goals(figures)) else 1


def _growth(docs: Path | None, *, quick: bool) -> int:
    try:
        found = growth.run(growth.Sizes((2_000,), (2_000,), (10_000,)) if quick else growth.Sizes(), _say)
    except (StackError, RuntimeError) as error:
        print(f"delivery: {error}", file=sys.stderr)
        return 3 if isinstance(error, StackError) else 2
    print(growth.page(found))
    if docs:
        (docs / "delivery-growth.md").write_text(growth.page(found), "utf-8")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
