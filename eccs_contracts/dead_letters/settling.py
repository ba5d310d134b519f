"""After a crash: which of the messages that were intended does the target topic have?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from confluent_kafka import Message

from eccs_contracts.dead_letters.audit import Item, ItemState
from eccs_contracts.dead_letters.letters import REDRIVE_OF
from eccs_contracts.dead_letters.reading import TopicReader
from eccs_contracts.dead_letters.store import AuditStore
from eccs_contracts.headers import listed, text

_ON_THE_WAY: Final = timedelta(seconds=2)  # what a killed process had handed to its socket has arrived by then
_SKEW: Final = timedelta(minutes=1)  # between the clocks of whoever wrote the messages and ours


def settle(store: AuditStore, reader_of: Callable[[str], TopicReader]) -> Counter[ItemState]:
    """Find out what became of messages that were intended when a run was killed, and write it down.

    Raises:
        BrokerUnavailable: the broker does not answer.
        AuditUnavailable: MongoDB does not answer.
    """
    batches = list(store.batches({"open": True}))
    pending = [one for batch in batches for one in batch.items if one.state is ItemState.INTENDED]
    if not pending:
        return Counter()
    _let_arrive(max(one.at for one in pending))
    places: dict[str, tuple[str, int, int]] = {}
    for topic in sorted({one.topic for one in pending}):
        with reader_of(topic) as reader:
            places |= _found(reader, {one.identity: one for one in pending if one.topic == topic})
    for batch in batches:
        store.write(replace(batch, items=tuple(_settled(one, places.get(one.identity)) for one in batch.items)))
    return Counter(_settled(one, places.get(one.identity)).state for one in pending)


def _let_arrive(intended: datetime) -> None:
    time.sleep(max(0.0, (intended + _ON_THE_WAY - datetime.now(UTC)).total_seconds()))


def _found(reader: TopicReader, wanted: Mapping[str, Item]) -> dict[str, tuple[str, int, int]]:
    """Where messages of these letters lie in a topic."""
    start = reader.at(min(one.at for one in wanted.values()) - _SKEW)
    end = {number: one.high for number, one in reader.bounds().items()}
    found: dict[str, tuple[str, int, int]] = {}
    for batch in reader.batches(start, end):
        for message in batch:
            if (identity := text(listed(message.headers()), REDRIVE_OF)) in wanted:
                found.setdefault(str(identity), _target(message))
    return found


def _target(message: Message) -> tuple[str, int, int]:
    return str(message.topic()), message.partition() or 0, message.offset() or 0


def _settled(one: Item, target: tuple[str, int, int] | None) -> Item:
    if one.state is not ItemState.INTENDED:
        return one
    if target is None:
        return replace(one, state=ItemState.NOT_SENT, error="the run was interrupted before it was sent")
    return replace(one, state=ItemState.SENT, target=target)
