"""`eccs-contracts produce` and `consume`."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import click

from eccs_contracts.errors import ContractsError, ValidationError


@click.command()
@click.option("--batch", type=click.IntRange(1), default=1, show_default=True, help="How many samples.")
@click.option(
    "--file",
    "lines",
    type=click.File("r", encoding="utf-8"),
    help="JSON lines instead of samples; - for standard input.",
)
@click.option("--to", default="someone@example.com", show_default=True, help="Recipient of the samples.")
def produce(batch: int, lines: TextIO | None, to: str) -> int:
    """Send requests to email_requests and wait until the broker has them."""
    from eccs_contracts import EmailRequest, EmailRequestsProducer

    requests = _from_lines(lines) if lines else [_sample(EmailRequest, number, to) for number in range(batch)]
    with EmailRequestsProducer.from_env() as producer:
        producer.check()
        answers = [producer.send(request) for request in requests]
        producer.flush()
        for request, answer in zip(requests, answers, strict=True):
            place = answer.result()
            click.echo(f"{request.id} {place.topic}/{place.partition}@{place.offset}")
    return 0


def _sample(model: Any, number: int, to: str) -> Any:
    return model(
        id=uuid.uuid4(),
        to=to,
        subject=f"Sample {number + 1}",
        body="A sample, sent by eccs-contracts produce.",
        user_id="eccs-contracts",
        timestamp=datetime.now(UTC),
        source="eccs-contracts",
    )


def _from_lines(lines: TextIO) -> list[Any]:
    from eccs_contracts.migration import request_from_json

    requests = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            request = request_from_json(line.encode()).request
            request.validate()
        except (ValidationError, ContractsError) as error:
            raise click.ClickException(f"{lines.name}:{number}: {error}; nothing was sent") from None
        requests.append(request)
    return requests


@click.command()
@click.option("--topic", default="email_requests", show_default=True, help="Which topic.")
@click.option("--dlq", is_flag=True, help="The same as --topic email_dlq.")
@click.option("--from-beginning", is_flag=True, help="Start at the earliest message, not at the end.")
@click.option("--max", "most", type=click.IntRange(1), help="Stop after so many messages.")
@click.option("--timeout", type=float, help="Stop after so many seconds without a message.")
def consume(topic: str, most: int | None, timeout: float | None, **flags: bool) -> int:
    """Print messages as JSON lines, decoded where possible; commits nothing and joins no lasting group."""
    from eccs_contracts._registry import Registry
    from eccs_contracts.models._clients import (
        EmailDlqConsumer,
        EmailRequestsConsumer,
        EmailRequestsRetryConsumer,
    )
    from eccs_contracts.settings import kafka_config

    families = (EmailRequestsConsumer, EmailRequestsRetryConsumer, EmailDlqConsumer)
    kinds: dict[str, Any] = {family.contract.topic.name: family for family in families}
    topic = "email_dlq" if flags["dlq"] else topic
    if topic not in kinds:
        raise click.BadParameter(f"{topic} is none of {', '.join(kinds)}", param_hint="--topic")
    config = {
        **kafka_config(),
        "group.id": f"eccs-contracts-{uuid.uuid4()}",
        "auto.offset.reset": "earliest" if flags["from_beginning"] else "latest",
    }
    with kinds[topic](config, Registry.from_env()) as consumer:
        seen, last = 0, time.monotonic()
        while most is None or seen < most:
            received = consumer.poll(0.2)
            if received is not None:
                click.echo(json.dumps(_shown(received), ensure_ascii=False))
                seen, last = seen + 1, time.monotonic()
            elif timeout is not None and time.monotonic() - last > timeout:
                break
    return 0


def _shown(received: Any) -> dict[str, Any]:
    key = received.key.decode(errors="replace") if received.key else None
    place = {"partition": received.partition, "offset": received.offset, "key": key}
    if received.error is not None:
        return {**place, "error": str(received.error), "bytes": (received.raw or b"").hex()}
    return {**place, "value": received.value.to_json()}


COMMANDS: Final = (produce, consume)
