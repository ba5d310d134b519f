"""Fills a DLQ with many letters."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from eccs_contracts import EmailDlq, EmailRequest
from eccs_contracts.clients import RawProducer
from eccs_contracts.dead_letters.reading import TopicReader
from eccs_contracts.serde import ContractSerializer, Registry
from eccs_contracts.settings import kafka_config
from tests.unit.cli.letters import envelope, request

_BODY: Final = "A line of an ordinary e-mail. " * 10  # 300 characters, as in the benchmark of delivery
_FLUSHED: Final = 5_000  # letters between two waits for the broker


def size(env: Mapping[str, str]) -> int:
    """Return the number of letters in the DLQ."""
    with TopicReader(kafka_config(env), EmailDlq.TOPIC) as reader:
        return sum(one.high - one.low for one in reader.bounds().values())


def fill(env: Mapping[str, str], count: int) -> uuid.UUID:
    """Write letters, acknowledged; returns the e-mail id of the one in the middle."""
    registry = Registry.from_env(env)
    letters = ContractSerializer(registry, EmailDlq, subject=EmailDlq.SUBJECT)
    requests = ContractSerializer(registry, EmailRequest, subject=EmailRequest.SUBJECT)
    producer = RawProducer(kafka_config(env))
    now, middle = datetime.now(UTC), uuid.uuid4()
    for number in range(count):
        original = request(number, id=middle if number == count // 2 else uuid.uuid4(), body=_BODY, timestamp=now)
        letter = letters(envelope(original, requests(original), failed_at=now))
        producer.send(EmailDlq.TOPIC, letter, key=str(original.id), headers=[])
        if number % _FLUSHED == 0:
            producer.flush(60)
    producer.close()
    return middle
