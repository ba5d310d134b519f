"""`eccs-contracts consume`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from eccs_contracts._cli._options import output_format, partition, personal, time_of, where, where_of
from eccs_contracts._cli._tables import shortened, text

if TYPE_CHECKING:
    from confluent_kafka import Message

    from eccs_contracts._contract import Contract
    from eccs_contracts.dead_letters.reading import TopicReader

_STARTS: Final = ("from_beginning", "since")


@click.command()
@click.option("--topic", default="email_requests", show_default=True, help="Which topic.")
@click.option("--dlq", is_flag=True, help="The same as --topic email_dlq.")
@click.option("--from-beginning", is_flag=True, help="Start at the earliest message, not at the end.")
@click.option("--since", metavar="TIME", help="Start at the first message of this time: ISO 8601, or 30m, 6h, 7d ago.")
@click.option("--max", "most", type=click.IntRange(1), help="Stop after so many messages.")
@click.option("--timeout", type=click.FloatRange(0), help="Stop after so many seconds without a message.")
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
    contract = _contract("email_dlq" if options["dlq"] else options["topic"])
    filters = tuple(where_of(one) for one in options["where"])
    shown = 0
    with _reader(contract) as reader:
        for message in _messages(reader, options):
            line = _Shown.of(message, contract, personal=options["personal"], filters=filters)
            if line is None:
                continue
            click.echo(line.as_json() if options["form"] == "json" else line.as_text())
            shown += 1
            if shown == options["most"]:
                break
    return 0


def _contract(topic: str) -> Contract[Any]:
    from eccs_contracts.models._clients import CONTRACTS

    found = {one.topic.name: one for one in CONTRACTS}
    if topic not in found:
        raise click.BadParameter(f"{topic} is none of {', '.join(found)}", param_hint="--topic")
    return found[topic]


def _reader(contract: Contract[Any]) -> TopicReader:
    from eccs_contracts.dead_letters.reading import TopicReader
    from eccs_contracts.settings import kafka_config

    return TopicReader(kafka_config(), contract.topic.name)


def _messages(reader: TopicReader, options: dict[str, Any]) -> Iterator[Message]:
    """Messages without end, or until none came for as long as --timeout says."""
    since = time_of(options["since"], datetime.now(UTC), "--since")
    bounds = reader.bounds()
    start = reader.at(since) if since else {number: one.high for number, one in bounds.items()}
    if options["from_beginning"]:
        start = {number: one.low for number, one in bounds.items()}
    if options["partitions"]:
        start = {number: offset for number, offset in start.items() if number in options["partitions"]}
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

    @classmethod
    def of(
        cls, message: Message, contract: Contract[Any], *, personal: bool, filters: tuple[Any, ...]
    ) -> _Shown | None:
        """How a message is shown; None where a filter does not let it through."""
        from eccs_contracts.dead_letters.masking import masked
        from eccs_contracts.dead_letters.showing import hexadecimal
        from eccs_contracts.errors import ContractsError

        head, raw = _head(message), message.value()
        raw = raw.encode() if isinstance(raw, str) else raw
        try:
            tree = _decoded(message, raw, contract)
        except ContractsError as error:
            if error.retryable:
                raise
            return None if filters else cls(head, None, str(error), hexadecimal(raw, personal=personal))
        if not all(one.matches({**tree, "key": head["key"]}) for one in filters):
            return None
        return cls(head, tree if personal else masked(tree, contract.model.SCHEMA))

    def as_json(self) -> str:
        """One line."""
        rest = {"value": self.value} if self.value is not None else {"error": self.error, "bytes": self.raw}
        return json.dumps({**self.head, **rest}, ensure_ascii=False)

    def as_text(self) -> str:
        """A line of where it lies, and one for each field."""
        place = "{partition}/{offset}  {written}  {key}".format(**self.head)
        fields = self.value if self.value is not None else {"error": self.error, "bytes": self.raw}
        lines = [
            shortened(f"  {name}: {text(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False))}")
            for name, one in fields.items()
            if one is not None
        ]
        return "\n".join([shortened(text(place)), *lines])


def _decoded(message: Message, raw: bytes | None, contract: Contract[Any]) -> dict[str, Any]:
    from eccs_contracts.decoding import decode_value
    from eccs_contracts.headers import listed

    tree: dict[str, Any] = decode_value(
        _deserializer(contract), contract.model, raw, listed(message.headers())
    ).to_json()
    return tree


def _deserializer(contract: Contract[Any]) -> Any:
    """One for each contract: it keeps the schemas that it has seen."""
    from eccs_contracts.serde import ContractDeserializer, Registry

    name = contract.topic.name
    if name not in _DESERIALIZERS:
        _DESERIALIZERS[name] = ContractDeserializer(Registry.from_env(), contract.model)
    return _DESERIALIZERS[name]


_DESERIALIZERS: Final[dict[str, Any]] = {}


def _head(message: Message) -> dict[str, Any]:
    from eccs_contracts.dead_letters.showing import readable

    written = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=max(0, message.timestamp()[1]))
    return {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "written": written.isoformat(timespec="milliseconds"),
        "key": readable(message.key()),
    }


COMMANDS: Final = (consume,)
