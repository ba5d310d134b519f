"""`python -m tests.benchmark.dlq`: time and memory of commands at several sizes of the DLQ, as a table.

It starts a local stack of its own. Each command is a process of its own: its start counts.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.local_stack import StackOptions, start_stack
from services.local_stack.up import apply_contracts
from tests.benchmark.dlq.letters import fill, size

SIZES: Final = (1_000, 20_000, 200_000)
_ROUNDS: Final = 3  # of what is quick; the median counts
_MIB: Final = 1024  # VmHWM is in KiB


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took.

    Attributes:
        seconds: from start to end.
        cpu: seconds of the processor.
        memory: the most that was resident, in MiB.
    """

    seconds: float
    cpu: float
    memory: float


# Runs one command in this process and says last how much memory it had at most: unlike ru_maxrss, this begins at 0 for
# a process that another one has started.
_COMMAND: Final = """
import re, sys
from pathlib import Path
from eccs_contracts._cli import main
code = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(code)
"""


def measured(environment: Mapping[str, str], *arguments: str) -> Cost:
    """Run one command to its end.

    Raises:
        RuntimeError: it could not do its work.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    *said, memory = done.stderr.splitlines()
    if done.returncode and (said or done.returncode != 1):  # 1 without a word: something that was selected stays
        raise RuntimeError(f"{arguments}: {done.returncode}: {done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, cpu, int(memory) / _MIB)


def commands(identity: str) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Names, arguments and rounds; those that send come last."""
    for by, name in (("place", "0/100"), ("id", identity)):
        yield f"show by {by}", ("dlq", "show", name), _ROUNDS
        yield f"redrive by {by}, dry", ("dlq", "redrive", "--id", name), _ROUNDS
        yield f"redrive by {by}", ("dlq", "redrive", "--id", name, "--yes"), 1
    yield "list --newest", ("dlq", "list", "--newest"), _ROUNDS
    yield "stats", ("dlq", "stats"), 1
    yield "redrive --all", ("dlq", "redrive", "--all", "--yes"), 1
    yield "audit latest", ("dlq", "audit", "latest"), 1


def rows(sizes: tuple[int, ...]) -> Iterator[tuple[int, str, Cost]]:
    """Size, command and cost, one after the other."""
    with start_stack(StackOptions(parts=("broker", "registry", "mongo"))) as stack:
        apply_contracts(stack.environment)
        for wanted in sizes:
            identity = fill(stack.environment, wanted - size(stack.environment))
            for name, arguments, rounds in commands(str(identity)):
                found = [measured(stack.environment, *arguments) for _ in range(rounds)]
                yield wanted, name, sorted(found, key=lambda one: one.seconds)[rounds // 2]


def main(arguments: list[str]) -> None:
    """Print a table in Markdown, a row as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.dlq", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of letters, ascending")
    sizes = tuple(map(int, parser.parse_args(arguments).sizes.split(",")))
    print("| letters | command | seconds | CPU seconds | memory MiB |\n| --- | --- | --- | --- | --- |")
    for letters, name, cost in rows(sizes):
        print(f"| {letters:,} | `{name}` | {cost.seconds:.2f} | {cost.cpu:.2f} | {cost.memory:.0f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
