"""The reconciler: what was fed against the mail server, the ledger, the topics and the group's places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from eccs_contracts import EmailDlq, EmailDlqConsumer, EmailRequest, EmailRequestsRetryConsumer, EmailRetry
from eccs_contracts.ledger import EmailState
from services.local_stack.books import read_all
from tests.fault.rig import GROUP, Place, Rig

_ENDS = {EmailState.SENT, EmailState.DEAD, EmailState.EXPIRED, EmailState.UNKNOWN}
_MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Books:
    """What a fault cost.

    Attributes:
        lost: e-mails that are neither at the mail server nor in the DLQ.
        duplicates: mails that the server got more than once, the first time not counted.
        problems: invariants that do not hold, a line each.
    """

    fed: int
    sent: int
    dead: int
    lost: int
    duplicates: int
    problems: Sequence[str]


def settled(rig: Rig) -> bool:
    """Whether the ledger has an end for everything that was fed."""
    states = rig.states()
    return all(states.get(key) in _ENDS for key in _keys(rig).values())


def _keys(rig: Rig) -> dict[Place, str]:
    """The ledger's id of each record: the e-mail's, or the place where none could be read."""
    return {place: rig.fed.ids.get(place, "/".join(map(str, place))) for place in rig.fed.values}


def reconcile(rig: Rig, crashes: int = 0, tries: int = 1) -> Books:
    """Hold everything against everything; the instances have stopped.

    Args:
        rig: the parts.
        crashes: processes that were killed.
        tries: how often the mail server may see a mail for each attempt that is counted.
    """
    keys = _keys(rig)
    arrived = Counter((mail.message_id or "")[1:].partition("@")[0] for mail in rig.sink.messages)
    letters = [one for one in read_all(EmailDlqConsumer, rig.direct) if _place(one.value) in keys]
    dead = {_place(one.value): one.value for one in letters}
    ids = set(rig.fed.ids.values())
    retries = [one.value for one in read_all(EmailRequestsRetryConsumer, rig.direct) if str(one.value.id) in ids]
    lost = [place for place, key in keys.items() if key not in arrived and place not in dead]
    problems = [f"I1: {place} is lost" for place in lost]
    problems += _ends(rig.states(), keys, arrived, dead)
    problems += _early(retries, rig, crashes, tries)
    problems += [f"I5: attempt {one.retry.attempt}" for one in retries if one.retry.attempt > _MAX_ATTEMPTS]
    problems += [
        f"I6: the dead letter of {place} does not hold the bytes"
        for place, letter in dead.items()
        if letter.original_payload != rig.fed.values[place]
    ]
    problems += _places(rig)
    duplicates = sum(count - 1 for key, count in arrived.items() if key in ids)
    return Books(len(set(keys.values())), len(arrived), len(dead), len(lost), duplicates, problems)


def _place(letter: EmailDlq) -> Place:
    about = letter.dlq_metadata
    return about.original_topic, about.original_partition, about.original_offset


def _ends(
    states: Mapping[str, str], keys: Mapping[Place, str], arrived: Counter[str], dead: Mapping[Place, Any]
) -> list[str]:
    """I1: the ledger says of each e-mail what the mail server and the DLQ say."""
    found = []
    for place, key in keys.items():
        state = states.get(key)
        fits = {
            EmailState.SENT: key in arrived,
            EmailState.DEAD: place in dead,
            EmailState.EXPIRED: place in dead,
            EmailState.UNKNOWN: place in dead,
        }
        if not fits.get(EmailState(state) if state else EmailState.SENDING, False):
            found.append(f"I1: {key} is {state}, {arrived[key]} times at the server, dead: {place in dead}")
    return found


def _early(retries: Sequence[EmailRetry], rig: Rig, crashes: int, tries: int) -> list[str]:
    """I3: as many tries before the n-th retry is due as there were attempts, and none while it waits.

    A crash repeats at most one. A try whose connection is cut is made once more, at once, as part of the same attempt.
    The first half of the wait says nothing: the attempt that failed began just before it, by another clock.
    """
    found, attempts = [], rig.sink.attempts
    tries_each = max(tries, 2 if rig.smtp.cuts else 1)
    for retry in retries:
        due = retry.retry.scheduled_at.timestamp()
        half = due - retry.retry.backoff_delay_ms / 2000
        before = [one.time for one in attempts.get(retry.to, ()) if one.time < due]
        waiting = sum(one > half for one in before)
        if len(before) > retry.retry.attempt * tries_each + crashes or waiting > crashes:
            found.append(f"I3: retry {retry.retry.attempt} of {retry.id} began before it was due")
    return found


def _places(rig: Rig) -> list[str]:
    """I4 and I7: the group has committed everything, and no more than there is."""
    consumer = Consumer({"bootstrap.servers": rig.broker.address, "group.id": GROUP, "enable.auto.commit": False})
    found = []
    try:
        for topic in (EmailRequest.TOPIC, EmailRetry.TOPIC):
            partitions = [TopicPartition(topic, number) for number in range(6)]
            for place in consumer.committed(partitions, 10):
                low, high = consumer.get_watermark_offsets(place, 10)
                at = low if place.offset < 0 else place.offset
                if at != high:
                    found.append(f"I7: {topic}/{place.partition} is at {at} of {high}")
    finally:
        consumer.close()
    return found
