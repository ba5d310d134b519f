"""`eccs-contracts consume`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from eccs_contracts._cli._options import (
    LONGEST,
    Decimal,
    Whole,
    output_format,
    partition,
    personal,
    time_of,
    where,
    where_of,
)
from eccs_contracts._cli._tables import shortened, text
from eccs_contracts.safe_output import json_text, visible

if TYPE_CHECKING:
    from confluent_kafka import Message

    from eccs_contracts._contract import Contract
    from eccs_contracts.dead_letters.reading import TopicReader
    from eccs_contracts.dead_letters.selection import Where
    from eccs_contracts.serde import ContractDeserializer


_PATIENCE: Final = 15.0  # seconds that a broker has for an answer
_CONNECT: Final = 5.0  # and that it has in any case


@click.command()
@click.option("--topic", help="Which topic.  [default: email_requests]")
@click.option("--dlq", is_flag=True, help="The same as --topic email_dlq.")
@click.option("--from-beginning", is_flag=True, help="Start at the earliest message, not at the end.")
@click.option("--since", metavar="TIME", help="Start at the first message of this time: ISO 8601, or 30m, 6h, 7d ago.")
@click.option("--max", "most", type=Whole(1), help="Stop after so many messages.")
@click.option("--timeout", type=Decimal(0, LONGEST), help="Stop after so many seconds without a message.")
@partition
@where
@personal
@output_format
@click.pass_context
def consume(context: click.Context, /, **_: object) -> int:
    """Show messages, decoded where possible. Joins no group and commits nothing.

    --format json gives JSON lines. Personal data is masked unless it is asked for.
    """
    options = context.params
    contract = _contract(_topic(options["topic"], dlq=options["dlq"]))
    filters = tuple(map(where_of, options["where"]))
    view = _View(contract, _deserializer(contract), options["personal"], options["form"] == "text", filters)
    shown = 0
    with _reader(contract, options["timeout"]) as reader:
        for message in _messages(reader, options):
            line = view.of(message)
            if line is None:
                continue
            click.echo(line.as_json() if options["form"] == "json" else line.as_text())
            shown += 1
            if shown == options["most"]:
                break
    return 0


def _topic(topic: str | None, *, dlq: bool) -> str:
    if dlq and topic not in (None, "email_dlq"):
        raise click.UsageError(f"--dlq is --topic email_dlq: leave one of --dlq and --topic {topic} out")
    return "email_dlq" if dlq else topic or "email_requests"


def _contract(topic: str) -> Contract[Any]:
    from eccs_contracts.models._clients import CONTRACTS

    found = {one.topic.name: one for one in CONTRACTS}
    if topic not in found:
        raise click.BadParameter(f"{topic} is none of {', '.join(found)}", param_hint="--topic")
    return found[topic]


def _reader(contract: Contract[Any], idle: float | None) -> TopicReader:
    """A reader that waits for the broker no longer than it must, where somebody is in a hurry."""
    from eccs_contracts.dead_letters.reading import TopicReader
    from eccs_contracts.settings import kafka_config

    patience = _PATIENCE if idle is None else min(_PATIENCE, max(_CONNECT, idle))
    return TopicReader(kafka_config(), contract.topic.name, timeout=patience)


def _messages(reader: TopicReader, options: dict[str, Any]) -> Iterator[Message]:
    """Messages without end, or until none came for as long as --timeout says."""
    since = time_of(options["since"], datetime.now(UTC), "--since")
    bounds = reader.bounds_of(options["partitions"])
    start = {number: one.low if options["from_beginning"] else one.high for number, one in bounds.items()}
    if since and not options["from_beginning"]:
        first = reader.at(since)
        start = {number: first[number] for number in bounds}
    heard, patience = time.monotonic(), options["timeout"]
    for batch in reader.batches(start, size=100):
        yield from batch
        if batch:
            heard = time.monotonic()
        elif patience is not None and time.monotonic() - heard >= patience:
            return


@dataclass(frozen=True, slots=True)
class _Shown:
    """A message as it is shown; `value` is None where it could not be decoded."""

    head: dict[str, Any]
    value: dict[str, Any] | None
    error: str | None = None
    raw: str | None = None

    def as_json(self) -> str:
        """One line."""
        rest = {"value": self.value} if self.value is not None else {"error": self.error, "bytes": self.raw}
        return json_text({**self.head, **rest})

    def as_text(self) -> str:
        """A line of where it lies, and one for each field."""
        place = "{partition}/{offset}  {written}  {key}".format(**self.head)
        fields = self.value if self.value is not None else {"error": self.error, "bytes": self.raw}
        lines = [
            shortened(
                f"  {visible(name)}: {text(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False))}"
            )
            for name, one in fields.items()
            if one is not None
        ]
        return "\n".join([shortened(text(place)), *lines])


@dataclass(frozen=True, slots=True)
class _View:
    """How the messages of a contract are shown, and which of them."""

    contract: Contract[Any]
    deserialize: ContractDeserializer[Any]
    personal: bool
    dates: bool
    filters: tuple[Where, ...]

    def of(self, message: Message) -> _Shown | None:
        """A message as it is shown; None where a filter does not let it through."""
        from eccs_contracts.dead_letters.masking import dated, masked
        from eccs_contracts.dead_letters.showing import hexadecimal
        from eccs_contracts.errors import ContractsError

        head, raw = _head(message, personal=self.personal), message.value()
        raw = raw.encode() if isinstance(raw, str) else raw
        try:
            tree = self._decoded(message, raw)
        except ContractsError as error:
            if error.retryable:
                raise
            return None if self.filters else _Shown(head, None, str(error), hexadecimal(raw, personal=self.personal))
        if not all(one.matches({**tree, "key": head["key"]}) for one in self.filters):
            return None
        schema = self.contract.model.SCHEMA
        tree = tree if self.personal else masked(tree, schema)
        return _Shown(head, dated(tree, schema) if self.dates else tree)

    def _decoded(self, message: Message, raw: bytes | None) -> dict[str, Any]:
        from eccs_contracts.decoding import decode_value
        from eccs_contracts.headers import listed

        value = decode_value(self.deserialize, self.contract.model, raw, listed(message.headers()))
        tree: dict[str, Any] = value.to_json()
        return tree


def _deserializer(contract: Contract[Any]) -> ContractDeserializer[Any]:
    from eccs_contracts.serde import ContractDeserializer, Registry

    return ContractDeserializer(Registry.for_commands(), contract.model)


def _head(message: Message, *, personal: bool) -> dict[str, Any]:
    from eccs_contracts.dead_letters.showing import readable

    written = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=max(0, message.timestamp()[1]))
    return {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "written": written.isoformat(timespec="milliseconds"),
        "key": readable(message.key(), personal=personal),
    }


COMMANDS: Final = (consume,)
