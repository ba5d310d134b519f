"""`python -m tests.benchmark.http [throughput | attack | fuzz]`: exit code 1 where it fails.

throughput  the service beside the same one with the produce replaced by a no-op (the default)
attack      10,000 adversarial requests: 4xx each, and nothing in the topic
fuzz        schemathesis over the OpenAPI: no 5xx, no answer that is not declared
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from services.local_stack import StackOptions, start_stack
from services.local_stack.errors import StackError
from services.local_stack.up import apply_contracts
from tests.benchmark.http import report
from tests.benchmark.http.attack import SETTINGS, attack
from tests.benchmark.http.fuzz import FUZZ_SETTINGS, fuzz
from tests.benchmark.http.throughput import Plan, measure, server
from tests.integration.api_harness import running_api

QUICK: Final = Plan(rounds=5, seconds=1.5)


def main() -> int:
    """Run one of the three."""
    parser = argparse.ArgumentParser("python -m tests.benchmark.http", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", nargs="?", choices=list(_RUNS), default="throughput")
    parser.add_argument("--requests", type=int, default=10_000, help="of an attack")
    parser.add_argument("--examples", type=int, default=300, help="of each operation, when fuzzing")
    parser.add_argument("--quick", action="store_true", help="throughput: fewer rounds, a look and no figures to show")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="throughput: write http.json and http.svg there")
    given = parser.parse_args()
    if given.quick and given.docs:
        parser.error("--docs wants the whole run, without --quick")
    try:
        with start_stack(StackOptions(parts=("registry", "mongo", "broker"))) as stack:
            apply_contracts(stack.environment)
            given.broker = next(str(one) for one in stack.choices if one.part == "broker").partition(";")[0]
            return _RUNS[given.what]({**os.environ, **stack.environment}, given)
    except StackError as error:
        print(f"http: {error}", file=sys.stderr)
        return 3


def throughput(env: Mapping[str, str], given: argparse.Namespace) -> int:
    """The service beside its no-op twin; 1 where a promise is missed."""
    found = measure(env, QUICK if given.quick else Plan(), given.broker)
    print(report.text(found))
    if given.docs:
        (given.docs / "http.json").write_text(report.as_json(found), "utf-8")
        (given.docs / "http.svg").write_text(report.chart(found), "utf-8")
    return 0 if all(one.met for one in report.goals(found)) else 1


def attacked(env: Mapping[str, str], given: argparse.Namespace) -> int:
    """Adversarial requests."""
    with running_api(env, **SETTINGS) as api:
        report = attack(api, env, given.requests)
    for (kind, status), count in sorted(report.answers.items()):
        print(f"{kind:<20}{status:>5}{count:>8}")
    print(f"{report.answers.total()} requests; not as they should be: {len(report.wrong)}; in Kafka: {report.written}")
    print("\n".join(report.wrong[:20]))
    return 1 if report.wrong or report.written else 0


def fuzzed(env: Mapping[str, str], given: argparse.Namespace) -> int:
    """Schemathesis."""
    with server({**env, **FUZZ_SETTINGS}) as port:
        found = fuzz(f"http://127.0.0.1:{port}", given.examples)
    for (operation, mode, status), count in sorted(found.answers.items()):
        print(f"{operation:<30}{mode:<10}{status:>5}{count:>8}")
    print(f"{found.answers.total()} requests; not as described: {len(found.wrong)}")
    print("\n".join(found.wrong[:20]))
    return 1 if found.wrong else 0


_RUNS: dict[str, Callable[[Mapping[str, str], argparse.Namespace], int]] = {
    "throughput": throughput,
    "attack": attacked,
    "fuzz": fuzzed,
}

if __name__ == "__main__":
    sys.exit(main())
