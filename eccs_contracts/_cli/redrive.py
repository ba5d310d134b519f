"""`eccs-contracts dlq redrive` and `dlq audit`."""

from __future__ import annotations

import getpass
import socket
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from eccs_contracts._cli._options import LONGEST, Decimal, max_redrives, output_format, selection_of, selects
from eccs_contracts._cli._progress import Progress, waiting
from eccs_contracts._cli._tables import print_json, print_json_list, print_lines, table, text
from eccs_contracts._cli.dlq import reader, scanned
from eccs_contracts.dead_letters.numbers import LEAST_RATE, MOST_RATE

if TYPE_CHECKING:
    from eccs_contracts.dead_letters.audit import Item, Run
    from eccs_contracts.dead_letters.decision import Guard
    from eccs_contracts.dead_letters.performing import Watch
    from eccs_contracts.dead_letters.redriving import Order, Outlook
    from eccs_contracts.dead_letters.store import AuditStore

_NOT_AN_OPTION: Final = (
    "yes",
    "form",
    "note",
    "rate",
    "timeout",
)  # what may differ when an interrupted run is continued
_LOOK: Final = 1.0  # seconds between two looks at the ledger, and no more than a quarter of the time looking


@click.command()
@selects
@click.option("--all", "everything", is_flag=True, help="Every dead letter: needed where nothing else is selected.")
@click.option("--rate", type=Decimal(LEAST_RATE, MOST_RATE), help="Messages a second at most.")
@max_redrives
@click.option("--note", default="", help="Why, for the audit record.")
@click.option("--yes", is_flag=True, help="Do it; without this, it is only counted.")
@output_format
@click.pass_context
def redrive(context: click.Context, /, form: str, yes: bool, note: str, **options: Any) -> int:
    """Send the originals of dead letters to their topics once more.

    Key, value and headers are sent as they came. Without --yes nothing is sent. A run that was interrupted is continued
    by the same command. Exits 1 if one of the selected letters cannot be sent.
    """
    selection = selection_of(options, datetime.now(UTC))
    if selection.everything and not options["everything"]:
        raise click.UsageError("nothing is selected: give --id, --category, another filter, or --all")
    typed = {name: _plain(value) for name, value in context.params.items() if name not in _NOT_AN_OPTION}
    return _redrive(typed, options, note, form) if yes else _dry(options, form)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _dry(options: dict[str, Any], form: str) -> int:
    from eccs_contracts.dead_letters.redriving import outlook
    from eccs_contracts.dead_letters.store import AuditStore
    from eccs_contracts.settings import optional_setting

    now = datetime.now(UTC)
    store = AuditStore.from_env() if optional_setting("MONGODB_URI") else None
    with reader(options["timeout"]) as source, Progress("letters looked at") as progress:
        order = _order(options, now)
        found = outlook(scanned(source, order.selection, progress), order, store, now)
    if store is not None:
        store.close()
    if form == "json":
        keys = ("send", "again", "left", "topics")
        print_json({"done": False, **{key: getattr(found, key) for key in keys}})
    else:
        print_lines(_outlook_lines(found, audited=store is not None))
    return 1 if _troubling(found.left) else 0


def _outlook_lines(found: Outlook, *, audited: bool) -> list[str]:
    rows = [(f"send to {topic}", count) for topic, count in found.topics.most_common()]
    rows += [(f"leave: {_why(why)}", count) for why, count in found.left.most_common()]
    lines = table(("what", "letters"), rows) if rows else []
    if found.again:
        lines.append(f"{found.again:,} of those to send were redriven before and died again")
    if not audited:
        lines.append("MONGODB_URI is not set: letters that were redriven before are not recognised")
    return [*lines, f"nothing is sent; --yes sends {found.send:,}"]


def _why(why: str) -> str:
    from eccs_contracts.dead_letters.decision import EXPLANATIONS, Left
    from eccs_contracts.dead_letters.redriving import ALREADY

    return "sent by an earlier run" if why == ALREADY else EXPLANATIONS[Left(why)]


def _troubling(left: Any) -> bool:
    """Whether something that was selected stays though nobody has sent it."""
    from eccs_contracts.dead_letters.redriving import ALREADY

    return any(count for why, count in left.items() if why != ALREADY)


def _order(options: dict[str, Any], now: datetime) -> Order:
    from eccs_contracts.dead_letters.redriving import Order

    return Order(selection_of(options, now), guard_of(options["max_redrives"]), options["rate"])


def guard_of(most: int) -> Guard:
    """Return the guard that never sends to the DLQ itself, nor a message more often than `most` times."""
    from eccs_contracts import EmailDlq
    from eccs_contracts.dead_letters.decision import Guard
    from eccs_contracts.models._topics import TOPICS

    return Guard(frozenset(topic.name for topic in TOPICS) - {EmailDlq.TOPIC}, most)


def _redrive(typed: dict[str, Any], options: dict[str, Any], note: str, form: str) -> int:
    from eccs_contracts.dead_letters.performing import Task, perform
    from eccs_contracts.dead_letters.store import AuditStore
    from eccs_contracts.settings import kafka_config

    host = socket.gethostname()
    task = Task(typed, lambda run: _order(options, run.started), f"{user()}@{host}", host, note)
    try:
        with closing(AuditStore.from_env()) as store, reader(options["timeout"]) as source:
            source.bounds_of(options["partitions"])  # refuses an unknown partition before a run begins
            with Progress("letters looked at") as progress:
                run = perform(kafka_config(), store, source, task, _watch(progress, form))
            return _report(store, run, form)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("the same command continues") from None


def _watch(progress: Progress, form: str) -> Watch:
    from eccs_contracts.dead_letters.performing import Watch

    def begun(run: Run, continued: bool, settled: Counter[Any]) -> None:
        progress.expect(sum(max(0, end - run.reached.get(number, 0)) for number, end in run.until.items()))
        if form == "text":
            click.echo(f"{'continues' if continued else 'begins'} run {run.id}")
            for state, count in settled.items():
                click.echo(f"of an interrupted run: {count:,} {state}")

    return Watch(begun, progress.add)


def user() -> str:
    """Return the name of whoever runs the command, for the audit record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def _report(store: AuditStore, name: str, form: str) -> int:
    (run,) = store.runs({"_id": name})
    counts = {str(state): count for state, count in store.counts(name).items() if count}
    if form == "json":
        print_json({"done": True, "run": name, "items": counts, "left": run.left})
    else:
        rows = list(counts.items())
        rows += [(f"left: {_why(why)}", count) for why, count in run.left.items()]
        print_lines(table(("what", "letters"), rows))
        click.echo(f"how they end: eccs-contracts dlq audit {name}")
    return 1 if set(counts) - {"sent"} or _troubling(run.left) else 0


@click.command()
@click.argument("run", required=False)
@click.option("--wait", type=Decimal(0, LONGEST), default=0.0, help="Seconds to wait until every message has its end.")
@click.option("--items", is_flag=True, help="Each letter, too.")
@output_format
def audit(run: str | None, wait: float, items: bool, form: str) -> int:
    """Show the redrives that were made; of one RUN, how its messages ended.

    RUN is a name, or "latest". Ends are what the ledger of the notification service says, and stay in the record.
    Exits 1 unless every message of the run was delivered. A message without an e-mail id that the ledger does not know
    is "sent-again" after a minute: if it can be decoded by now, its end stands under an id that nobody knew.
    """
    from eccs_contracts.dead_letters.store import AuditStore

    with closing(AuditStore.from_env()) as store:
        if run is None:
            _show_runs(store, form)
            return 0
        return _show_run(store, _known_run(store, run), wait, form, items=items)


def _known_run(store: AuditStore, name: str) -> str:
    names = [one.id for one in store.runs()]
    if name == "latest" and names:
        return names[0]
    if name not in names:
        raise click.BadParameter(f"there is no run {name}; eccs-contracts dlq audit shows them", param_hint="RUN")
    return name


def _show_runs(store: AuditStore, form: str) -> None:
    rows = []
    for one in store.runs():
        counts = store.counts(one.id)
        sent = sum(count for state, count in counts.items() if state == "sent")
        rows.append((one.id, one.by, str(one.state), sent, sum(counts.values()) - sent, one.note))
    titles = ("run", "by", "state", "sent", "not sent", "note")
    if form == "json":
        print_json([dict(zip(titles, row, strict=True)) for row in rows])
    else:
        print_lines(table(titles, rows))


def _show_run(store: AuditStore, run: str, wait: float, form: str, *, items: bool) -> int:
    with waiting("waiting for the ledger"):
        ended = _ends(store, run, wait)
    counts = {str(state): count for state, count in store.counts(run).items() if count and state != "sent"}
    totals = {**{str(end): count for end, count in ended.items()}, **counts}
    changes = _changes(store, run)
    if form == "json":
        head = {"run": run, "ends": totals, **({"diff": changes} if changes else {})}
        if items:
            print_json_list(head, "items", (one.to_json() for one in store.items(run)))
        else:
            print_json(head)
    else:
        print_lines([*map(text, changes), ""] if changes else [])
        print_lines(table(("end", "messages"), list(totals.items())))
        if items:
            _print_items(store.items(run))
    return 0 if set(totals) <= {"delivered"} else 1


def _print_items(items: Iterable[Item]) -> None:
    """Print a line for each letter; the columns are as wide as their values can be, for there may be many."""
    click.echo(f"\n{'LETTER':<20}  {'E-MAIL':<36}  REDRIVE  END")
    for one in items:
        click.echo(f"{one.place!s:<20}  {text(one.email_id):<36}  {one.redrive:>7}  {one.shown_end or one.state}")


def _changes(store: AuditStore, run: str) -> list[str]:
    """Return how a correction differs from its letter, personal data masked; nothing for any other run."""
    from eccs_contracts.dead_letters.editing import difference

    edit = store.edit(run)
    return difference(edit.before, edit.after, personal=False) if edit else []


def _ends(store: AuditStore, run: str, wait: float) -> Counter[Any]:
    from eccs_contracts.dead_letters.audit import End
    from eccs_contracts.dead_letters.redriving import ends

    deadline = time.monotonic() + wait
    while True:
        began = time.monotonic()
        found = ends(store, run, datetime.now(UTC))
        if not found[End.UNDER_WAY] or time.monotonic() >= deadline:
            return found
        time.sleep(max(_LOOK, 3 * (time.monotonic() - began)))


COMMANDS: Final = (redrive, audit)
