"""`eccs-contracts topics`."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Final

import click

from eccs_contracts.models._topics import TOPICS

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

    from eccs_contracts.topics import Change

_ENVIRONMENTS: Final = sorted({name for topic in TOPICS for name in topic.environments})


@click.group()
def topics() -> None:
    """Topics as contracts.toml declares them."""


_environment = click.option(
    "--environment",
    type=click.Choice(_ENVIRONMENTS),
    default="dev",
    show_default=True,
    help="Which settings.",
)
_timeout = click.option("--timeout", type=float, default=15.0, show_default=True, help="Seconds to wait.")
_format = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@topics.command()
@_environment
@_timeout
@_format
def plan(environment: str, timeout: float, form: str) -> int:
    """Show what differs from the declarations; exits 1 where something does."""
    changes = _changes(environment, timeout)
    if form == "json":
        rows = [
            {"topic": c.topic.name, "what": c.what, "old": c.old, "new": c.new, "refused": c.refused} for c in changes
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        for change in changes:
            click.echo(str(change))
        click.echo(f"{len(changes)} changes" if changes else "the broker is as declared")
    return 1 if changes else 0


@topics.command()
@_environment
@_timeout
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply(environment: str, timeout: float, yes: bool) -> int:
    """Create and change topics until they are as declared; nothing is ever deleted."""
    from eccs_contracts.topics import apply as apply_changes

    changes = _changes(environment, timeout)
    for change in changes:
        click.echo(str(change))
    wanted = [change for change in changes if change.refused is None]
    if wanted and not yes:
        click.confirm(f"make {len(wanted)} changes?", abort=True)
    apply_changes(_admin(), wanted, environment, timeout)
    click.echo(f"{len(wanted)} changes made")
    return 1 if len(wanted) < len(changes) else 0


def _changes(environment: str, timeout: float) -> tuple[Change, ...]:
    from eccs_contracts.topics import describe
    from eccs_contracts.topics import plan as plan_changes

    return plan_changes(TOPICS, describe(_admin(), TOPICS, environment, timeout), environment)


def _admin() -> AdminClient:
    from confluent_kafka.admin import AdminClient

    from eccs_contracts.settings import kafka_config

    return AdminClient({**kafka_config()}, logger=logging.getLogger("librdkafka"))


COMMANDS: Final = (topics,)
