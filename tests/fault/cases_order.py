"""What waits, and in which order it goes out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from confluent_kafka import Producer

from eccs_contracts import EmailRequest, EmailRetry, RetryMetadata
from eccs_contracts.serde import ContractSerializer, Registry
from tests.fault.case import Injected, fault
from tests.fault.rig import Rig


@fault("-", "No head-of-line blocking: a retry due in 60 s lies ahead of one due in 1 s in the same partition")
def ahead(rig: Rig) -> Injected:
    """The second goes out after 1 s, the first after 60 s, and the place stays before the first until then."""
    rig.start(MAX_RETRY_DELAY="60000")
    slow, quick = retries_in_one_partition(rig, (60, 1))
    rig.until(lambda: len(rig.sink.messages) == 2, "both arrive", 90)
    late = [_lateness(rig, number, retry) for number, retry in enumerate((quick, slow))]
    assert all(0 <= one < 2 for one in late), f"{late} s after their times"
    return Injected(1, note=f"they went out {late[0] * 1000:.0f} and {late[1] * 1000:.0f} ms after their times")


def _lateness(rig: Rig, number: int, retry: EmailRetry) -> float:
    """How long after its time a mail arrived, which must be the one with that number."""
    mail = rig.sink.messages[number]
    assert str(retry.id) in (mail.message_id or ""), f"mail {number} is not that of {retry.id}"
    return mail.time - retry.retry.scheduled_at.timestamp()


def retries_in_one_partition(rig: Rig, delays: Sequence[float]) -> list[EmailRetry]:
    """Produce retries with these delays in seconds, one behind the other in one partition."""
    serialize = ContractSerializer(Registry.from_env(rig.direct), EmailRetry, subject=EmailRetry.SUBJECT)
    producer = Producer({"bootstrap.servers": rig.broker.address})
    retries = [_retry(number, delay) for number, delay in enumerate(delays)]
    for retry in retries:
        producer.produce(EmailRetry.TOPIC, serialize(retry), str(retry.id), partition=0)
    assert producer.flush(30) == 0
    return retries


def _retry(number: int, delay: float) -> EmailRetry:
    now = datetime.now(UTC)
    about = RetryMetadata(
        attempt=1,
        previous_error="450",
        scheduled_at=now + timedelta(seconds=delay),
        backoff_delay_ms=round(delay * 1000),
        original_topic=EmailRequest.TOPIC,
    )
    to = f"due{number}@ok.example"
    return EmailRetry(id=uuid.uuid4(), to=to, subject="s", body="b", user_id="u", timestamp=now, retry=about)
