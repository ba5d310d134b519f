"""A redrive, or the sending of one corrected letter, as one call; what an interrupted run left is settled first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from eccs_contracts.clients import RawProducer
from eccs_contracts.dead_letters.audit import Edit, Item, ItemState, Run, RunState
from eccs_contracts.dead_letters.decision import Guard
from eccs_contracts.dead_letters.editing import Correction, send_of
from eccs_contracts.dead_letters.errors import EditRefused
from eccs_contracts.dead_letters.locking import only_one
from eccs_contracts.dead_letters.reading import LetterReader, TopicReader
from eccs_contracts.dead_letters.redriving import Order, Redriver, opened, run_name
from eccs_contracts.dead_letters.settling import settle
from eccs_contracts.dead_letters.store import AuditStore

_LARGEST: Final = 16_777_216  # bytes: what a topic takes is the broker's to say, not this side's default
# What an open transaction of somebody else hides must be found, too.
_WHATEVER_IS_THERE: Final = {"isolation.level": "read_uncommitted"}


@dataclass(frozen=True, slots=True)
class Task:
    """What somebody asks for.

    Attributes:
        options: selection and guard as they were typed; an interrupted run is continued by the same ones.
        order: what these mean at the instant that the run began.
        by: who, as user@host.
        host: of this process.
        note: why.
    """

    options: Mapping[str, Any]
    order: Callable[[Run], Order]
    by: str
    host: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far it is; by default nobody.

    Attributes:
        begun: gets the run, whether it is continued, and what was settled.
        looked: gets the number of letters that were looked at after each batch.
    """

    begun: Callable[[Run, bool, Counter[ItemState]], None] = lambda _run, _continued, _settled: None
    looked: Callable[[int], None] = lambda _count: None


def perform(config: Mapping[str, Any], store: AuditStore, reader: LetterReader, task: Task, watch: Watch) -> str:
    """Redrive; the name of the run, whose end is in the audit record.

    Args:
        config: librdkafka's settings.
        store: the audit record.
        reader: of the DLQ.
        task: what is asked for.
        watch: who is told.

    Raises:
        RunActive: another redrive is at work.
        BrokerUnavailable: the broker does not answer or not acknowledge; the same task continues the run.
        RegistryUnavailable: the registry does not answer; as above.
        AuditUnavailable: MongoDB does not answer; as above.
    """
    with only_one(store, task.host) as me:
        settled = _settled(config, store)
        run, continued = opened(store, task.options, reader, by=task.by, note=task.note)
        watch.begun(run, continued, settled)
        with _producer(config) as producer:
            for count in Redriver(producer, store, me).redrive(reader, run, task.order(run)):
                watch.looked(count)
    return run.id


@dataclass(frozen=True, slots=True)
class Resend:
    """A correction that somebody confirmed.

    Attributes:
        encode: makes the value of a message of the corrected request.
        by: who, as user@host.
        host: of this process.
        note: why.
    """

    correction: Correction
    guard: Guard
    encode: Callable[[Any], bytes | None]
    by: str
    host: str
    note: str = ""


def resend(config: Mapping[str, Any], store: AuditStore, task: Resend) -> Item:
    """Send a corrected letter, once; both versions are in the audit record before anything is sent.

    Returns:
        What the audit record says about the letter.

    Raises:
        EditRefused: the loop guard leaves it, or an earlier run sent the letter.
        RunActive: a redrive is at work.
        UnknownSchema: the schema of requests is not registered.
        BrokerUnavailable: the broker does not answer or not acknowledge; `dlq audit` says later whether it was sent.
        RegistryUnavailable: the registry does not answer.
        AuditUnavailable: MongoDB does not answer.
    """
    draft, now = task.correction.draft, datetime.now(UTC)
    name = run_name(now)
    value = task.encode(task.correction.request) or b""
    send = send_of(task.correction, value, task.guard, name, now)
    with only_one(store, task.host) as me:
        _settled(config, store)
        refuse_sent(store, draft.letter.identity)
        options = {"edit": str(draft.letter.place), "fields": list(task.correction.changed)}
        run = Run(name, task.by, task.note, options, now, {}, {}, RunState.FINISHED)
        store.begin(run)
        store.keep(Edit(name, draft.letter.identity, now, draft.before, task.correction.request.to_json()))
        with _producer(config) as producer:
            return Redriver(producer, store, me).resend(send, run)


def refuse_sent(store: AuditStore, identity: str) -> None:
    """Refuse a letter that was sent again.

    Raises:
        EditRefused: it was; if it died again, that is a newer letter.
        AuditUnavailable: MongoDB does not answer.
    """
    known = store.known([identity]).get(identity)
    if known is not None and known.state is ItemState.SENT:
        raise EditRefused(
            (f"{known.place} was sent again by {known.run}; if the e-mail died once more, that is a newer letter",)
        )


def _settled(config: Mapping[str, Any], store: AuditStore) -> Counter[ItemState]:
    return settle(store, lambda topic: TopicReader({**config, **_WHATEVER_IS_THERE}, topic))


@contextmanager
def _producer(config: Mapping[str, Any]) -> Iterator[RawProducer]:
    producer = RawProducer({**config, "message.max.bytes": _LARGEST})
    try:
        yield producer
    finally:
        producer.stop()
