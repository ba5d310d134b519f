"""`eccs-contracts topics`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from eccs_contracts._cli._options import admin, output_format, patience
from eccs_contracts._cli._progress import waiting
from eccs_contracts._cli._tables import print_json, print_lines, table, wrapped
from eccs_contracts.models._topics import TOPICS

if TYPE_CHECKING:
    from eccs_contracts.topics import Change, Danger, Partition

_ENVIRONMENTS: Final = sorted({name for topic in TOPICS for name in topic.environments})
_DANGERS: Final = ("compaction", "data-loss", "less-durable", "smaller-messages")


@click.group()
def topics() -> None:
    """Topics as contracts.toml declares them, and as the broker has them."""


_environment = click.option(
    "--environment",
    type=click.Choice(_ENVIRONMENTS),
    default="dev",
    show_default=True,
    help="Which settings.",
)
_allow = click.option(
    "--allow", "allowed", type=click.Choice(_DANGERS), multiple=True, help="Accept what a change can cost."
)


@topics.command()
@_environment
@_allow
@patience
@output_format
def plan(environment: str, allowed: tuple[str, ...], timeout: float, form: str) -> int:
    """Show what differs from the declarations; exits 1 where something does."""
    changes = _changes(environment, allowed, timeout)
    _show(changes, form)
    return 1 if changes else 0


@topics.command()
@_environment
@_allow
@patience
@output_format
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(environment: str, allowed: tuple[str, ...], timeout: float, form: str, yes: bool) -> int:
    """Create and change topics until they are as declared; none is ever deleted.

    A change that can cost something is refused unless --allow names it; exits 1 where one is refused.
    """
    from eccs_contracts.topics import apply as apply_changes

    changes = _changes(environment, allowed, timeout)
    _show(changes, form)
    wanted = [change for change in changes if change.refused is None]
    if wanted and not yes:
        click.confirm(f"make {len(wanted)} changes?", abort=True, err=True)
    with waiting("waiting for the broker"):
        apply_changes(admin(), wanted, environment, timeout)
    if form == "text":
        click.echo(f"{len(wanted)} changes made")
    return 1 if len(wanted) < len(changes) else 0


@topics.command("list")
@patience
@output_format
def list_topics(timeout: float, form: str) -> int:
    """Show the topics that the broker has, and the declared ones that it has not."""
    from eccs_contracts.topics import names, partitions

    client = admin()
    with waiting("waiting for the broker"):
        found = names(client, timeout)
        held = partitions(client, list(found), timeout)
    declared = {topic.name for topic in TOPICS}
    rows = [
        (name, name in declared, *found.get(name, (None, None)), _records(held.get(name)))
        for name in sorted(declared | set(found))
    ]
    if form == "json":
        keys = ("topic", "declared", "partitions", "replicas", "records")
        print_json([dict(zip(keys, row, strict=True)) for row in rows])
    else:
        shown = [(name, "yes" if known else "no", *rest) for name, known, *rest in rows]
        print_lines(table(("topic", "declared", "partitions", "replicas", "records"), shown))
    return 0


@topics.command()
@click.argument("name", type=click.Choice([topic.name for topic in TOPICS]))
@_environment
@patience
@output_format
def describe(name: str, environment: str, timeout: float, form: str) -> int:
    """Show the partitions of a declared topic, and its settings beside the declared ones; exits 1 on drift."""
    from eccs_contracts.topics import ChangeRefused, partitions
    from eccs_contracts.topics import describe as describe_topics

    topic = next(one for one in TOPICS if one.name == name)
    client = admin()
    with waiting("waiting for the broker"):
        state = describe_topics(client, [topic], environment, timeout).get(name)
        layout = partitions(client, [name], timeout).get(name)
    if state is None or layout is None:
        raise ChangeRefused(f"the broker does not have {name} (make it: eccs-contracts topics apply)")
    declared = {
        "partitions": str(topic.partitions),
        "replication.factor": str(topic.environments[environment].replication_factor),
        **topic.settings(environment),
    }
    there = {
        "partitions": str(state.partitions),
        "replication.factor": str(state.replication_factor),
        **state.settings,
    }
    settings = [(one, declared[one], there.get(one)) for one in declared]
    _show_topic(topic.doc, settings, layout, form)
    return 0 if all(wanted == found for _, wanted, found in settings) else 1


def _show_topic(doc: str, settings: list[tuple[str, str, str | None]], layout: list[Partition], form: str) -> None:
    rows = [
        (one.number, one.leader, _numbers(one.replicas), _numbers(one.in_sync), one.low, one.high) for one in layout
    ]
    if form == "json":
        keys = ("partition", "leader", "replicas", "inSync", "low", "high")
        print_json(
            {
                "settings": {name: {"declared": wanted, "broker": found} for name, wanted, found in settings},
                "partitions": [dict(zip(keys, row, strict=True)) for row in rows],
            }
        )
        return
    print_lines([doc, ""])
    marked = [(name, wanted, found, "" if wanted == found else "differs") for name, wanted, found in settings]
    print_lines([*table(("setting", "declared", "broker", ""), marked), ""])
    print_lines(table(("partition", "leader", "replicas", "in sync", "low", "high"), rows))


def _numbers(found: Any) -> str:
    return ",".join(map(str, found))


def _records(found: list[Partition] | None) -> int | None:
    return None if found is None else sum(one.high - one.low for one in found)


def _show(changes: tuple[Change, ...], form: str) -> None:
    if form == "json":
        print_json(
            [
                {
                    "topic": one.topic.name,
                    "what": one.what,
                    "old": one.old,
                    "new": one.new,
                    "danger": one.danger,
                    "refused": one.refused,
                }
                for one in changes
            ]
        )
        return
    if changes:
        rows = [(one.topic.name, one.what, one.old, one.new, "refused" if one.refused else "") for one in changes]
        print_lines(table(("topic", "what", "broker", "declared", ""), rows))
    for one in changes:
        if one.refused:
            print_lines(wrapped(f"refused: {one.topic.name}: {one.what}: {one.refused}"))
    click.echo(f"{len(changes)} changes" if changes else "the broker is as declared")


def _changes(environment: str, allowed: tuple[str, ...], timeout: float) -> tuple[Change, ...]:
    from eccs_contracts.topics import Danger as Dangers
    from eccs_contracts.topics import describe as describe_topics
    from eccs_contracts.topics import plan as plan_changes

    accepted: list[Danger] = [Dangers(name) for name in allowed]
    with waiting("waiting for the broker"):
        there = describe_topics(admin(), TOPICS, environment, timeout)
    return plan_changes(TOPICS, there, environment, accepted)


COMMANDS: Final = (topics,)
