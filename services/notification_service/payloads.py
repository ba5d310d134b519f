"""Reads records of the retry topic again, shortly before they are due: what waits long keeps no payload in memory.

A thread of its own with a consumer of its own, which never joins the group: it is assigned the offsets that are wanted,
in batches and in their order. The record that comes back is the very record that was read before.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from eccs_contracts.clients import CONSUMER_SETTINGS, made
from eccs_contracts.delivery import Stub
from services.notification_service.logs import log
from services.notification_service.message import Record

Partition: TypeAlias = tuple[str, int]

_GAP: Final = 100  # records: passing over so many is faster than a seek
_MESSAGES: Final = 200
_SLICE: Final = 0.1  # seconds
_PATIENCE: Final = 10.0  # seconds without a record until a batch is given up
_PAUSE: Final = 1.0  # seconds after that
_TIMEOUT: Final = 3.0
_LEAVE: Final = 5.0  # seconds that a stop waits
_OUTSIDE: Final = KafkaError._AUTO_OFFSET_RESET  # noqa: SLF001  librdkafka's own codes are named so
_SETTINGS: Final = {
    **CONSUMER_SETTINGS,
    "auto.offset.reset": "error",
    "fetch.message.max.bytes": 65_536,  # a fetch brings little more than the record that is wanted
    "fetch.wait.max.ms": 100,
    "fetch.queue.backoff.ms": 10,
    "queued.max.messages.kbytes": 4_096,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a stub: its record; or the broker has it no more; or, with neither, it could not be read now."""

    stub: Stub[Partition]
    record: Record | None = None
    gone: bool = False


class Route:
    """Which offsets of which partitions are still to be met; knows no Kafka."""

    def __init__(self, stubs: Sequence[Stub[Partition]]) -> None:
        self._left: defaultdict[Partition, list[Stub[Partition]]] = defaultdict(list)
        for stub in sorted(stubs, key=lambda one: -one.offset):
            self._left[stub.partition].append(stub)

    def next(self) -> dict[Partition, int]:
        """The lowest offset of each partition that is still to be met."""
        return {place: stubs[-1].offset for place, stubs in self._left.items() if stubs}

    def meet(self, place: Partition, offset: int) -> tuple[list[Stub[Partition]], list[Stub[Partition]]]:
        """Note that the log's next record is at `offset`: the stubs before it, which are gone, and those of it."""
        stubs = self._left[place]
        before: list[Stub[Partition]] = []
        found: list[Stub[Partition]] = []
        while stubs and stubs[-1].offset <= offset:
            stub = stubs.pop()
            (found if stub.offset == offset else before).append(stub)
        return before, found

    def rest(self) -> list[Stub[Partition]]:
        """All that were not met."""
        return [stub for stubs in self._left.values() for stub in stubs]


class Payloads:
    """Takes one batch of stubs at a time; `ask`, `answers` and `idle` are for the thread of the engine."""

    def __init__(self, config: Mapping[str, Any], group: str) -> None:
        """Take where the broker is, and the group, which the broker's access rules are about."""
        self._consumer = made(Consumer, {**_SETTINGS, "group.id": group, **config})
        self._asked: queue.SimpleQueue[Sequence[Stub[Partition]] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._under_way = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="payloads", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Whether all that was asked for has been answered, and the answers were taken."""
        return self._under_way == 0

    def ask(self, stubs: Sequence[Stub[Partition]]) -> None:
        """Begin to read the records of these stubs; each is answered once."""
        self._under_way += len(stubs)
        self._asked.put(stubs)

    def answers(self) -> Iterator[Answer]:
        """What has been found out since."""
        with suppress(queue.Empty):
            while True:
                answer = self._answers.get_nowait()
                self._under_way -= 1
                yield answer

    def stop(self) -> None:
        """Read no more; what was asked for stays without an answer."""
        self._closed.set()
        self._asked.put(None)
        self._thread.join(_LEAVE)

    def _work(self) -> None:
        while (stubs := self._asked.get()) is not None and not self._closed.is_set():
            route = Route(stubs)
            try:
                self._read(route)
            except KafkaException as error:
                log("warning", "payloads", error=error.args[0].str())
            if (rest := route.rest()) and not self._closed.wait(_PAUSE):
                log("warning", "payloads", unread=len(rest))
                for stub in rest:
                    self._answers.put(Answer(stub))
        self._consumer.close()

    def _read(self, route: Route) -> None:
        self._consumer.assign([TopicPartition(*place, offset) for place, offset in route.next().items()])
        try:
            heard = time.monotonic()
            while route.next() and time.monotonic() - heard < _PATIENCE and not self._closed.is_set():
                for message in self._consumer.consume(_MESSAGES, _SLICE):
                    if message.error() is None:
                        heard = time.monotonic()
                        self._met(route, message)
                    else:
                        self._failed(route, message)
        finally:
            self._consumer.unassign()

    def _met(self, route: Route, message: Message) -> None:
        record = Record.of(message)
        before, found = route.meet(record.place, record.offset)
        self._lost(before)
        for stub in found:
            self._answers.put(Answer(stub, record))
        if before or found:
            self._go_on(route, record.place, record.offset + 1)

    def _go_on(self, route: Route, place: Partition, position: int) -> None:
        """Leave a partition where nothing more is wanted, or skip what is not wanted."""
        following = route.next().get(place)
        if following is None:
            self._consumer.incremental_unassign([TopicPartition(*place)])
        elif following - position > _GAP:
            self._consumer.seek(TopicPartition(*place, following))

    def _failed(self, route: Route, message: Message) -> None:
        """Past either end of the log the broker says so, and librdkafka stops there until it is assigned again.

        Only what lies before the beginning is gone. What lies after the end may be there again when the partition has
        its leader; if it is not, the engine's own consumer finds another log, and forgets the stub.
        """
        error = message.error()
        place = (str(message.topic()), message.partition() or 0)
        if error is None or error.code() != _OUTSIDE or place not in route.next():
            return
        begin, end = self._consumer.get_watermark_offsets(TopicPartition(*place), _TIMEOUT)
        before, found = route.meet(place, begin - 1)
        self._lost(before + found)
        following = route.next().get(place)
        self._consumer.incremental_unassign([TopicPartition(*place)])
        if following is not None and following < end:
            self._consumer.incremental_assign([TopicPartition(*place, following)])

    def _lost(self, stubs: Sequence[Stub[Partition]]) -> None:
        for stub in stubs:
            self._answers.put(Answer(stub, gone=True))
