"""`python -m tests.fuzz [COUNT] [SEED]`: so many damaged messages for each decoder; exit code 1 for a wrong one."""

from __future__ import annotations

import resource
import sys
import time

from tests.fuzz.damage import run
from tests.fuzz.targets import TARGETS


def main(count: int = 200_000, seed: int = 1) -> int:
    """Run, and print a line for each decoder."""
    wrong: list[str] = []
    for target in TARGETS:
        start = time.perf_counter()
        outcome = run(target, count, seed)
        wrong += outcome.wrong
        counts = ", ".join(f"{number} {what}" for what, number in sorted(outcome.counts.items()))
        took, slowest = time.perf_counter() - start, outcome.slowest * 1000
        print(f"{target.name}: {counts}; slowest message {slowest:.1f} ms; {took:.0f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    print("\n".join(wrong[:20]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
