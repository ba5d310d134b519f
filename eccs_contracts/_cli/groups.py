"""`eccs-contracts groups`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from eccs_contracts._cli._options import Whole, admin, group_name, output_format, partition, patience, time_of
from eccs_contracts._cli._progress import waiting
from eccs_contracts._cli._tables import print_json, print_lines, table
from eccs_contracts.models._topics import EMAIL_REQUESTS, EMAIL_REQUESTS_RETRY

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

    from eccs_contracts.groups import Group, Lag, Move, Target

_DEFAULT: Final = "notification-group"
_READ: Final = (EMAIL_REQUESTS.name, EMAIL_REQUESTS_RETRY.name)  # what the notification service reads

_group = click.argument("group", envvar="KAFKA_GROUP_ID", default=_DEFAULT, callback=group_name)


@click.group()
def groups() -> None:
    """Consumer groups: where they are, how far behind, and how to move them."""


@groups.command("list")
@click.option("--active", is_flag=True, help="Only groups that have members.")
@patience
@output_format
def list_groups(active: bool, timeout: float, form: str) -> int:
    """Show every consumer group: its state, its members, its lag in all."""
    from eccs_contracts.groups import overview

    with waiting("waiting for the broker"):
        found = [one for one in overview(admin(), timeout) if one.active or not active]
    if form == "json":
        keys = ("state", "members", "lag")
        print_json([{"group": one.name, **{key: getattr(one, key) for key in keys}} for one in found])
    else:
        rows = [(one.name, one.state.lower(), one.members, one.lag) for one in found]
        print_lines(table(("group", "state", "members", "lag"), rows))
    return 0


@groups.command()
@_group
@click.option("--max-lag", type=Whole(0), help="Exit 1 where the lag in all is more, or nobody knows the group.")
@patience
@output_format
def describe(group: str, max_lag: int | None, timeout: float, form: str) -> int:
    """Show the state of a group and its lag, per partition and in all."""
    from eccs_contracts.groups import describe as describe_group

    with waiting("waiting for the broker"):
        found = describe_group(admin(), group, _READ if group == _DEFAULT else (), timeout)
    if form == "json":
        print_json(_group_json(found))
    else:
        state = f"{found.state.lower()}, {found.members} members" if found.known else "the broker knows no such group"
        print_lines([f"{found.name}: {state}"])
        rows = [(one.topic, one.partition, one.committed, one.high, one.lag, one.member) for one in found.lags]
        print_lines(table(("topic", "partition", "committed", "end", "lag", "member"), rows))
        click.echo(f"lag in all: {found.lag:,}")
    return 1 if max_lag is not None and (found.lag > max_lag or not found.known) else 0


@groups.command()
@_group
@click.option("--topic", "topics", multiple=True, help="Only this topic; may be repeated. All that it reads otherwise.")
@partition
@click.option("--to-earliest", is_flag=True, help="To the first record that is there.")
@click.option("--to-latest", is_flag=True, help="To the end: what is there is not read.")
@click.option("--to-time", metavar="TIME", help="To the first record of this time: ISO 8601, or 30m, 6h, 7d ago.")
@click.option("--to-offset", type=Whole(0), help="To this offset, as far as the partition has it.")
@click.option("--yes", is_flag=True, help="Do it; without this, it is only shown.")
@patience
@output_format
@click.pass_context
def reset(context: click.Context, /, group: str, yes: bool, timeout: float, form: str, **_: object) -> int:
    """Put a group somewhere else. Without --yes nothing is changed; an active group is refused."""
    from eccs_contracts.groups import GroupRefused, apply
    from eccs_contracts.groups import describe as describe_group

    options = context.params
    client = admin()
    with waiting("waiting for the broker"):
        found = describe_group(client, group, options["topics"] or (_READ if group == _DEFAULT else ()), timeout)
        moves = _moves(client, _chosen(found.lags, options["topics"], options["partitions"]), options, timeout)
    if not moves:
        raise GroupRefused(f"{group} reads nothing of what is asked for; name a topic with --topic")
    if yes and found.active:
        raise GroupRefused(
            f"{group} is {found.state.lower()}, {found.members} members: stop them first; nothing is changed"
        )
    if yes:
        apply(client, group, moves, timeout)
    _show(found, moves, form, yes=yes)
    return 0


def _moves(client: AdminClient, lags: list[Lag], options: dict[str, object], timeout: float) -> tuple[Move, ...]:
    from eccs_contracts.groups import Time, offsets_at, plan

    target = _target(options)
    at_time = offsets_at(client, lags, target.instant, timeout) if isinstance(target, Time) and lags else None
    return plan(lags, target, at_time)


def _target(options: dict[str, object]) -> Target:
    from eccs_contracts.groups import Earliest, Latest, Offset, Time

    offset, text = options["to_offset"], options["to_time"]
    instant = time_of(str(text) if text else None, datetime.now(UTC), "--to-time")
    given: list[Target | None] = [
        Earliest() if options["to_earliest"] else None,
        Latest() if options["to_latest"] else None,
        Time(instant) if instant else None,
        Offset(offset) if isinstance(offset, int) else None,
    ]
    targets = [one for one in given if one is not None]
    if len(targets) != 1:
        raise click.UsageError("give one of --to-earliest, --to-latest, --to-time, --to-offset")
    return targets[0]


def _chosen(lags: Sequence[Lag], topics: Collection[str], partitions: Collection[int]) -> list[Lag]:
    return [
        one for one in lags if (not topics or one.topic in topics) and (not partitions or one.partition in partitions)
    ]


def _show(found: Group, moves: tuple[Move, ...], form: str, *, yes: bool) -> None:
    if form == "json":
        keys = ("topic", "partition", "old", "new", "change")
        documents = [{key: getattr(one, key) for key in keys} for one in moves]
        print_json({"group": found.name, "state": found.state, "done": yes, "moves": documents})
        return
    rows = [(one.topic, one.partition, one.old, one.new, _change(one.change)) for one in moves]
    print_lines(table(("topic", "partition", "old", "new", "effect"), rows))
    active = f" (refused as it stands: {found.members} active members)" if found.active else ""
    click.echo(f"{found.name} is moved" if yes else f"nothing is changed; --yes does it{active}")


def _change(change: int) -> str:
    if not change:
        return "stays"
    return f"{-change:,} read again" if change < 0 else f"{change:,} never read"


def _group_json(found: Group) -> dict[str, object]:
    return {
        "group": found.name,
        "state": found.state,
        "members": found.members,
        "lag": found.lag,
        "partitions": [
            {
                "topic": one.topic,
                "partition": one.partition,
                "committed": one.committed,
                "low": one.low,
                "high": one.high,
                "lag": one.lag,
                "member": one.member,
            }
            for one in found.lags
        ],
    }


COMMANDS: Final = (groups,)
