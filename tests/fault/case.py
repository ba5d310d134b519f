"""What a fault is: a number, what it may cost, and a function that injects it and proves that it fired."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fault.books import Books, reconcile, settled
from tests.fault.rig import Rig, pause

_SETTLE = 90.0  # seconds from the end of a fault until everything has its end, at most


@dataclass(frozen=True, slots=True)
class Injected:
    """What a case did.

    Attributes:
        count: how often the fault fired; a case that did not fire proves nothing.
        bound: duplicates that it may cost.
        crashes: processes that were killed.
        lifted: `time.monotonic()` when the fault ended.
        note: what else was seen, in a phrase.
        tries: how often the mail server may see a mail for each attempt that is counted.
    """

    count: int
    bound: int = 0
    crashes: int = 0
    note: str = ""
    lifted: float = field(default_factory=time.monotonic)
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table."""

    number: str
    title: str
    inject: Callable[[Rig], Injected]
    fast: bool


@dataclass(frozen=True, slots=True)
class Row:
    """How a case ended; it holds where `problems` is empty."""

    case: Case
    injected: Injected
    books: Books
    recovered: float
    problems: tuple[str, ...]


CASES: list[Case] = []


def fault(
    number: str, title: str, *, fast: bool = False
) -> Callable[[Callable[[Rig], Injected]], Callable[[Rig], Injected]]:
    """Note a function as the case of a fault; `fast` ones also run in the ordinary suite."""

    def note(inject: Callable[[Rig], Injected]) -> Callable[[Rig], Injected]:
        CASES.append(Case(number, title, inject, fast))
        return inject

    return note


def run(case: Case, rig: Rig) -> Row:
    """Inject, wait for the end of everything, stop in order, and close the books."""
    rig.begin()
    try:
        injected = case.inject(rig)
        recovered = _settle(rig, injected.lifted)
        codes = [instance.end() for instance in rig.instances if instance.child.exit_code() is None]
    except BaseException:
        rig.stop_all()
        rig.skip_the_rest()
        raise
    finally:
        rig.stop_all()
    books = reconcile(rig, injected.crashes, injected.tries)
    if books.problems:
        rig.skip_the_rest()
    problems = list(books.problems)
    if injected.count < 1:
        problems.append("the fault did not fire")
    if books.duplicates > injected.bound:
        problems.append(f"I2: {books.duplicates} duplicates, {injected.bound} at most")
    if any(codes):
        problems.append(f"exit codes {codes}")
    return Row(case, injected, books, recovered, tuple(problems))


def _settle(rig: Rig, lifted: float) -> float:
    deadline = time.monotonic() + _SETTLE
    while not settled(rig):
        if time.monotonic() > deadline:
            for instance in rig.instances:
                sys.stderr.write(f"after {_SETTLE:g} s not settled; its last lines:\n{instance.child.tail()}\n")
            break
        pause(0.1)
    return time.monotonic() - lifted
