"""The books of a run: what went in, what came out, and whether they agree."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eccs_contracts import EmailDlqConsumer, EmailRequestsRetryConsumer, Received
from eccs_contracts.serde import Registry
from eccs_contracts.settings import kafka_config
from services.local_stack.smtp_sink import SmtpSink

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Books:
    """What a run ended with.

    Attributes:
        ends: accepted messages by end state; dead ones by their category.
        duplicates: mails that the server got more than once, the first time not counted.
        faults: what does not agree, a line each.
    """

    accepted: int
    ends: Mapping[str, int]
    duplicates: int
    faults: Sequence[str]

    @property
    def settled(self) -> int:
        """Messages that have an end."""
        return sum(self.ends.values())


def read_all(family: Any, env: Mapping[str, str]) -> list[Received[Any]]:
    """Every message of a topic, up to its end at this moment."""
    config = {**kafka_config(env), "group.id": f"books-{uuid.uuid4()}", "enable.partition.eof": False}
    found: list[Received[Any]] = []
    with family(config, Registry.from_env(env)) as consumer:
        missing = consumer.remaining()
        while missing > 0:
            if (received := consumer.poll(1.0)) is not None:
                found.append(received)
                missing -= 1
    return found


def balance(
    fed: Mapping[Place, bytes | None], by_http: int, sink: SmtpSink, env: Mapping[str, str], crashes: int = 0
) -> Books:
    """Hold what was fed against the mails that arrived, the dead letters and the retries.

    Args:
        fed: the value of each message that was produced here, by its place in the topic.
        sink: where the mails arrived.
        env: where the topics are.
        by_http: messages that the e-mail service accepted.
        crashes: how often the notification service was killed.
    """
    letters = [one.value for one in read_all(EmailDlqConsumer, env)]
    retries = [one.value for one in read_all(EmailRequestsRetryConsumer, env)]
    arrived = Counter(mail.message_id for mail in sink.messages)
    places = {_place(letter.dlq_metadata): letter for letter in letters}
    ends = Counter(str(letter.dlq_metadata.error_category) for letter in places.values())
    ends["SENT"] = len(arrived)
    faults = [
        f"the dead letter of {place} does not hold the bytes that were produced"
        for place, letter in places.items()
        if place in fed and letter.original_payload != fed[place]
    ]
    faults += [f"the dead letter of {place} is about nothing that was fed" for place in places if place not in fed]
    faults += _early(retries, sink, crashes)
    accepted = len(fed) + by_http
    if sum(ends.values()) != accepted:
        faults.append(f"{accepted} messages were accepted and {sum(ends.values())} have an end")
    return Books(accepted, ends, sum(arrived.values()) - len(arrived), faults)


def _place(metadata: Any) -> Place:
    return metadata.original_topic, metadata.original_partition, metadata.original_offset


def _early(retries: Sequence[Any], sink: SmtpSink, crashes: int) -> list[str]:
    """Attempts that began before their retry was due: the n-th retry is at least the (n+1)-th attempt.

    A crash in the middle of an attempt repeats it, so that one more may lie before.
    """
    found, attempts = [], sink.attempts
    for retry in retries:
        due = retry.retry.scheduled_at.timestamp()
        before = sum(one.time < due for one in attempts.get(retry.to, ()))
        if before > retry.retry.attempt + crashes:
            found.append(f"retry {retry.retry.attempt} of {retry.id} began before it was due")
    return found
