"""`python -m tests.fault [NUMBER...]`: run the faults with real processes, and write the table to docs/faults.md."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.fault.books import Books
from tests.fault.case import Case, Injected, Row, run
from tests.fault.cases import CASES
from tests.fault.rig import SLOTS, Rig

_TABLE = Path("docs/faults.md")
_HEAD = """# Faults, and what each costs

Written by `make faults`: every row ran with the service as a process, Apache Kafka on the JVM, a database and a
registry as processes, and a mail server that keeps what it is given. Afterwards a reconciler held the ids that were
produced against the mail server, the ledger, the retry topic, the DLQ and the group's committed places: I1 each e-mail
has exactly one end, I2 duplicates within the bound, I3 no retry before it was due, I4 nothing committed that is not
done, I5 attempts within their number, I6 dead letters hold the bytes as they came, I7 all of it without a hand.

What could not be asked of the parts at hand was injected as near as they allow: a primary that steps down by MongoDB's
failpoint `failCommand` (11); greylisting with a `GREYLIST_DELAY` of 2 s (14); an outage of the mail server of 20 s, not
of 10 min (18); a clock that jumps by shifting Python's `time.time` (25); a thread that dies by `SystemExit` (30). One
message has one recipient, so that there are no partial recipients (17). That the API answers 413 is a test of its own.

"""


def main(argv: Sequence[str]) -> int:
    """Run what is asked for, or all; 0 where every row holds."""
    parser = argparse.ArgumentParser("python -m tests.fault", description=__doc__)
    parser.add_argument("numbers", nargs="*", help="faults by number; all of them by default")
    chosen = parser.parse_args(argv).numbers
    cases = sorted((one for one in CASES if not chosen or one.number in chosen), key=_order)
    with Rig(lambda line: print(line, file=sys.stderr)) as rig:
        rows = [_run(case, rig) for case in cases]
    if not chosen:
        _TABLE.write_text(_HEAD + "\n".join(table(rows)) + "\n")
    return 0 if all(not row.problems for row in rows) else 1


def _order(case: Case) -> tuple[int, str]:
    return (int(case.number) if case.number.isdecimal() else 99, case.title)


def _run(case: Case, rig: Rig) -> Row:
    began = time.monotonic()
    try:
        row = run(case, rig)
    except Exception as error:  # noqa: BLE001  the other rows are worth having
        traceback.print_exc()
        row = Row(case, Injected(0), Books(0, 0, 0, 0, 0, ()), 0.0, (f"{type(error).__name__}: {error}",))
    print(f"{line(row)}  ({time.monotonic() - began:.0f} s)", flush=True)
    for problem in row.problems[:10]:
        print(f"    WRONG: {problem}", flush=True)
    return row


def table(rows: Sequence[Row]) -> list[str]:
    """The rows as Markdown."""
    head = [
        f"C, the sends in flight at most, was {SLOTS}. `fed` counts e-mails, `injected` how often the fault fired.",
        "",
        "| # | fault | fed | injected | lost | duplicates | bound | recovered in | holds | seen |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    return head + [line(row) for row in rows]


def line(row: Row) -> str:
    """One row of the table."""
    books, injected = row.books, row.injected
    cells = (
        row.case.number,
        row.case.title,
        books.fed,
        injected.count,
        books.lost,
        books.duplicates,
        injected.bound,
        f"{max(0.0, row.recovered):.1f} s",
        "yes" if not row.problems else "NO",
        injected.note,
    )
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
