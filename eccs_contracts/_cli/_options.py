"""Options that several commands share, and what they are read as."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from eccs_contracts.headers import MAX_REDRIVES

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

    from eccs_contracts.dead_letters.selection import Selection

    _WholeType = click.ParamType[int]
    _DecimalType = click.ParamType[float]
else:  # generic since click 8.5 only
    _WholeType = _DecimalType = click.ParamType

F = TypeVar("F", bound=Callable[..., Any])

MOST: Final = 10**15  # of what is counted: more than any topic holds
LONGEST: Final = 86_400.0  # seconds to wait at most: a day


class Whole(_WholeType):
    """A whole number from `least` to `most`; click's own takes `1_0`, signs and digits of other scripts."""

    name = "integer"

    def __init__(self, least: int, most: int = MOST) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read what was typed; a default is a number already."""
        from eccs_contracts.dead_letters.numbers import whole

        try:
            return value if isinstance(value, int) else whole(str(value), self.least, self.most)
        except ValueError as error:
            self.fail(f"{error}, not {str(value)[:_TOLD]!a}", param, ctx)


class Decimal(_DecimalType):
    """A number from `least` to `most` in plain notation; click's own takes `nan`, `1e-300` and `1_0`."""

    name = "number"

    def __init__(self, least: float, most: float) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read what was typed; a default is a number already."""
        from eccs_contracts.dead_letters.numbers import decimal

        try:
            return value if isinstance(value, float) else decimal(str(value), self.least, self.most)
        except ValueError as error:
            self.fail(f"{error}, not {str(value)[:_TOLD]!a}", param, ctx)


def group_name(_: click.Context, __: click.Parameter, name: str) -> str:
    """The name of a consumer group, as a callback of click; librdkafka raises ValueError for an empty one."""
    if not name:
        raise click.BadParameter("the name of a group has at least 1 character")
    return name


CATEGORIES: Final = ("TRANSIENT_EXHAUSTED", "PERMANENT", "PARSE", "VALIDATION", "EXPIRED", "UNREADABLE")
_TOLD: Final = 40  # characters of a wrong value that an error repeats
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

output_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
patience = click.option(
    "--timeout", type=Decimal(0.001, LONGEST), default=15.0, show_default=True, help="Seconds to wait."
)
personal = click.option("--show-personal-data", "personal", is_flag=True, help="Do not mask personal data.")
force = click.option("--force", is_flag=True, help="Replace the file if it exists.")
max_redrives = click.option(
    "--max-redrives",
    type=Whole(1, MAX_REDRIVES),
    default=3,
    show_default=True,
    help="Skip messages that were redriven this many times already.",
)
partition = click.option(
    "--partition", "partitions", type=Whole(0), multiple=True, help="Only this partition; may be repeated."
)
where = click.option(
    "--where", metavar="FIELD=VALUE", multiple=True, help="A field, by its path, has a value; may be repeated."
)

_SELECTION: Final = (
    click.option(
        "--id", "ids", metavar="ID", multiple=True, help="An e-mail id, or PARTITION/OFFSET; may be repeated."
    ),
    click.option(
        "--category",
        "categories",
        type=click.Choice(CATEGORIES, case_sensitive=False),
        multiple=True,
        help="Class of the failure; may be repeated.",
    ),
    click.option("--reason", default="", help="Text within the failure reason."),
    click.option("--topic", "topics", multiple=True, help="The topic that it came from; may be repeated."),
    click.option("--since", metavar="TIME", help="Given up at this time or later: ISO 8601, or 30m, 6h, 7d ago."),
    click.option("--until", metavar="TIME", help="Given up before this time."),
    partition,
    where,
    patience,
)


def selects(command: F) -> F:
    """Give a command the options that say which dead letters are meant."""
    for option in reversed(_SELECTION):
        command = option(command)
    return command


def selection_of(options: Mapping[str, Any], now: datetime, name: str = "--id") -> Selection:
    """The selection that the options of `selects` say; relative times are taken from `now`.

    Args:
        options: by name.
        now: the instant of the command.
        name: of what gives the ids, for the error.

    Raises:
        click.BadParameter: an option is not what it should be.
    """
    from eccs_contracts.dead_letters.letters import place_of
    from eccs_contracts.dead_letters.selection import Selection

    places = {text: place_of(text) for text in options["ids"]}
    for text, place in places.items():
        if place is None and not _ID.fullmatch(text):
            raise click.BadParameter(f"{text!r} is neither an e-mail id nor PARTITION/OFFSET", param_hint=name)
    return Selection(
        ids=frozenset(text.lower() for text, place in places.items() if place is None),
        places=frozenset(place for place in places.values() if place is not None),
        categories=frozenset(options["categories"]),
        topics=frozenset(options["topics"]),
        partitions=frozenset(options["partitions"]),
        reason=options["reason"],
        since=time_of(options["since"], now, "--since"),
        until=time_of(options["until"], now, "--until"),
        where=tuple(where_of(text) for text in options["where"]),
    )


def time_of(text: str | None, now: datetime, option: str) -> datetime | None:
    """The instant that an option says; None where it is not given.

    Raises:
        click.BadParameter: it says none.
    """
    from eccs_contracts.dead_letters.times import instant

    try:
        return instant(text, now) if text else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def where_of(text: str) -> Any:
    """One `field=value`.

    Raises:
        click.BadParameter: it is something else.
    """
    from eccs_contracts.dead_letters.selection import where as read

    try:
        return read(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--where") from None


def admin() -> AdminClient:
    """A client of the environment's broker.

    Raises:
        ConfigurationError: KAFKA_BOOTSTRAP_SERVERS is not set, or another setting is not usable.
    """
    from confluent_kafka.admin import AdminClient

    from eccs_contracts.clients import made
    from eccs_contracts.settings import kafka_config

    return made(AdminClient, kafka_config())
