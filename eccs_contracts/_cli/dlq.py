"""`eccs-contracts dlq`: what lies in the DLQ. Redriving is in `redrive`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from eccs_contracts._cli._options import (
    Whole,
    admin,
    force,
    group_name,
    output_format,
    patience,
    personal,
    selection_of,
    selects,
)
from eccs_contracts._cli._progress import Progress, waiting
from eccs_contracts._cli._tables import bars, print_json, print_lines, shortened, table, text, wrapped

if TYPE_CHECKING:
    from eccs_contracts.dead_letters.letters import Letter
    from eccs_contracts.dead_letters.reading import LetterReader
    from eccs_contracts.dead_letters.scanning import Scan
    from eccs_contracts.dead_letters.selection import Selection
    from eccs_contracts.dead_letters.statistics import Statistics

ARCHIVE_GROUP: Final = "eccs-dlq-archive"
_PARTS: Final = (("category", "by_category"), ("reason", "by_reason"), ("topic", "by_topic"))
_STDOUT: Final = "-"
_REASONS: Final = 15  # kinds of reasons that a person is shown


@click.group()
def dlq() -> None:
    """Dead letters: what there is, why, and what to do with it."""


def reader(timeout: float) -> LetterReader:
    """A reader of the environment's DLQ; the broker has `timeout` seconds for an answer.

    Raises:
        ConfigurationError: KAFKA_BOOTSTRAP_SERVERS or SCHEMA_REGISTRY_URL is not set.
    """
    from eccs_contracts.dead_letters.reading import LetterReader
    from eccs_contracts.serde import Registry
    from eccs_contracts.settings import kafka_config

    return LetterReader(kafka_config(), Registry.for_commands(), timeout=timeout)


@dlq.command()
@selects
@click.option("--max-total", type=Whole(0), help="Exit 1 where there are more.")
@output_format
def stats(form: str, max_total: int | None, **options: Any) -> int:
    """Count dead letters by category, reason, topic and age."""
    from eccs_contracts.dead_letters.statistics import statistics

    now = datetime.now(UTC)
    found = statistics(_selected(options, now), now)
    if form == "json":
        print_json(_stats_json(found))
    else:
        print_lines(_stats_lines(found, now))
    return 1 if max_total is not None and found.total > max_total else 0


@dlq.command("list")
@selects
@click.option("--newest", is_flag=True, help="The latest first; reads only as far back as --max needs.")
@click.option("--max", "most", type=Whole(1), default=50, show_default=True, help="How many at most.")
@output_format
def list_letters(form: str, most: int, newest: bool, **options: Any) -> int:
    """List dead letters, in the order of each partition."""
    from eccs_contracts.dead_letters.masking import mask_text
    from eccs_contracts.dead_letters.showing import brief
    from eccs_contracts.dead_letters.times import age

    now = datetime.now(UTC)
    found, more = _newest(options, now, most) if newest else _oldest(options, now, most)
    if form == "json":
        print_json([brief(letter) for letter in found])
        return 0
    rows = [
        (str(one.place), age(now - one.failed_at), one.category, one.redrives, mask_text(one.reason)) for one in found
    ]
    print_lines(table(("place", "age", "category", "redrives", "reason"), rows))
    click.echo(f"{len(found)} shown, {more} more (--max)" if more else f"{len(found)} dead letters")
    return 0


def _oldest(options: dict[str, Any], now: datetime, most: int) -> tuple[list[Letter], str]:
    """Return the first letters, and how many more there are, in words."""
    found: list[Letter] = []
    more = 0
    for letter in _selected(options, now):
        if len(found) < most:
            found.append(letter)
        else:
            more += 1
    return found, str(more or "")


def _newest(options: dict[str, Any], now: datetime, most: int) -> tuple[list[Letter], str]:
    """Return the letters that were written last, and whether there are more, in words."""
    selection = selection_of(options, now)
    with reader(options["timeout"]) as source, waiting("reading backwards"):
        found = list(islice(source.newest(selection), most + 1))
    return found[:most], "some" if len(found) > most else ""


@dlq.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@personal
@patience
@output_format
def show(ids: tuple[str, ...], personal: bool, timeout: float, form: str) -> int:
    """Show dead letters whole, by e-mail id or PARTITION/OFFSET; exits 1 where there is none.

    Decoded; bytes in hexadecimal. Personal data, and the bytes of the original, are masked unless asked for.
    """
    from eccs_contracts.dead_letters.showing import shown

    empty: dict[str, Any] = dict.fromkeys(("categories", "topics", "partitions", "where"), ())
    options = {**empty, "ids": ids, "reason": "", "since": None, "until": None, "timeout": timeout}
    letters = _selected(options, datetime.now(UTC), "ID")
    found = [shown(letter, personal=personal, dates=form == "text") for letter in letters]
    if form == "json":
        print_json(found)
    for one in found if form == "text" else ():
        print_lines([*_tree_lines(one), ""])
    if not found:
        click.echo(f"no dead letter is {' or '.join(ids)}", err=True)
    return 0 if found else 1


@dlq.command()
@selects
@click.option(
    "--to", "target", metavar="FILE", default=_STDOUT, help="A new file; - is standard output.", show_default=True
)
@force
@personal
def export(target: str, force: bool, personal: bool, **options: Any) -> int:
    """Write dead letters as JSON lines.

    A file is readable for its owner only, and has its name only when it is complete.
    """
    from eccs_contracts.dead_letters.private_file import private_file

    lines = _exported(options, personal=personal)
    if target == _STDOUT:
        with click.open_file(_STDOUT, "w", encoding="utf-8") as stream:
            for line in lines:
                stream.write(line)
        return 0
    with private_file(Path(target), force=force) as file:
        count = sum(1 for line in lines if file.write(line.encode()))
    click.echo(f"{count:,} dead letters written to {target}", err=True)
    return 0


def _exported(options: dict[str, Any], *, personal: bool) -> Iterator[str]:
    from eccs_contracts.dead_letters.showing import shown
    from eccs_contracts.safe_output import json_text

    for letter in _selected(options, datetime.now(UTC)):
        yield json_text(shown(letter, personal=personal)) + "\n"


@dlq.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--group",
    default=ARCHIVE_GROUP,
    show_default=True,
    callback=group_name,
    help="Consumer group whose offsets say how far the archive goes.",
)
@force
@patience
@output_format
def archive(path: Path, group: str, force: bool, timeout: float, form: str) -> int:
    """Write what is not archived yet to an Avro object container file (.avro) or to Parquet, then move the group.

    The group is moved after the file is on the disk: a crash between the two archives letters twice, and loses none.
    Nothing leaves the DLQ; its retention does that. The file holds personal data, readable for its owner only.
    """
    from eccs_contracts.dead_letters.archive import write
    from eccs_contracts.groups import apply

    client = admin()
    with reader(timeout) as source:
        with waiting("waiting for the broker"):
            moves = _unarchived(client, source, group, timeout)
        start = {one.partition: one.low if one.old is None else max(one.low, one.old) for one in moves}
        count = sum(max(0, one.new - start[one.partition]) for one in moves)
        if count:
            with Progress("archived", count) as progress:
                ends = {one.partition: one.new for one in moves}
                count = write(path, _counted(source, start, ends, progress), force=force)
            apply(client, group, moves, timeout)
    if form == "json":
        print_json({"file": str(path) if count else None, "letters": count, "group": group})
    else:
        click.echo(f"{count:,} dead letters archived to {path}" if count else "nothing new to archive")
    return 0


def _unarchived(client: Any, source: LetterReader, group: str, timeout: float) -> Any:
    """Where the archive group is, and where it goes: the end at this moment."""
    from eccs_contracts.groups import GroupRefused, Latest, describe, plan

    found = describe(client, group, [source.topic], timeout)
    if found.active:
        raise GroupRefused(f"{group} has {found.members} active members: it is not a group for archives")
    source.bounds()  # says so where there is no DLQ
    return plan([one for one in found.lags if one.topic == source.topic], Latest())


def _counted(source: LetterReader, start: dict[int, int], end: dict[int, int], progress: Progress) -> Iterator[Letter]:
    for batch in source.letters(start, end):
        yield from batch
        progress.add(len(batch))


def _selected(options: dict[str, Any], now: datetime, name: str = "--id") -> Iterator[Letter]:
    selection = selection_of(options, now, name)
    with reader(options["timeout"]) as source, Progress("letters read") as progress:
        for scan in scanned(source, selection, progress):
            yield from scan.letters


def scanned(source: LetterReader, selection: Selection, progress: Progress) -> Iterator[Scan]:
    """Find the letters of a selection, telling how far it is."""
    parts = source.parts(selection)
    progress.expect(sum(one.high - one.low for part in parts for one in part.values()))
    for scan in source.scan(selection, parts):
        yield scan
        progress.add(scan.read)


def _stats_json(found: Statistics) -> dict[str, Any]:
    return {
        "total": found.total,
        "redrivenBefore": found.again,
        "oldest": found.oldest and found.oldest.isoformat(),
        "newest": found.newest and found.newest.isoformat(),
        "categories": dict(found.by_category.most_common()),
        "reasons": dict(found.by_reason.most_common()),
        "topics": dict(found.by_topic.most_common()),
        "ages": dict(found.by_age),
    }


def _stats_lines(found: Statistics, now: datetime) -> list[str]:
    from eccs_contracts.dead_letters.statistics import AGES
    from eccs_contracts.dead_letters.times import age

    if found.oldest is None or found.newest is None:
        return ["no dead letters"]
    oldest, newest = age(now - found.oldest), age(now - found.newest)
    lines = [f"{found.total:,} dead letters, the oldest {oldest} old, the newest {newest}"]
    if found.again:
        lines.append(f"{found.again:,} were redriven before and are dead again")
    for title, name in _PARTS:
        counts = dict(getattr(found, name).most_common(_REASONS))
        lines += ["", f"by {title}", *bars(counts)]
    return [*lines, "", "by age", *bars({name: found.by_age[name] for name, _ in AGES})]


def _tree_lines(tree: Any, indent: int = 0) -> list[str]:
    """A JSON tree, a line for each value, or several where it is longer than the terminal is wide."""
    lines = []
    for name, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{' ' * indent}{name}", *_tree_lines(value, indent + 2)]
        elif isinstance(value, list):
            lines += [f"{' ' * indent}{name}", *(_pair(one, indent + 2) for one in value)]
        elif value is not None:
            shown = str(value) if isinstance(value, int) else text(value)
            lines += wrapped(f"{' ' * indent}{name}: {shown}", indent + 2)
    return lines


def _pair(one: dict[str, Any], indent: int) -> str:
    return shortened(f"{' ' * indent}{text(one['name'])}: {text(one['value'])}")


COMMANDS: Final = (dlq,)
