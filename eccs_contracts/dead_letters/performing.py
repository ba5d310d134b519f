"""A redrive as one call: settle what an interrupted run left, then begin a run or continue it, to its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from eccs_contracts.clients import RawProducer
from eccs_contracts.dead_letters.audit import ItemState, Run
from eccs_contracts.dead_letters.locking import only_one
from eccs_contracts.dead_letters.reading import LetterReader, TopicReader
from eccs_contracts.dead_letters.redriving import Order, Redriver, opened
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
        settled = settle(store, lambda topic: TopicReader({**config, **_WHATEVER_IS_THERE}, topic))
        run, continued = opened(store, task.options, reader, by=task.by, note=task.note)
        watch.begun(run, continued, settled)
        producer = RawProducer({**config, "message.max.bytes": _LARGEST})
        try:
            for count in Redriver(reader, producer, store, me).redrive(run, task.order(run)):
                watch.looked(count)
        finally:
            producer.stop()
    return run.id
