"""The lag as the broker sees it, asked by a thread of its own: right also while partitions are paused."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from eccs_contracts import EmailDlq
from eccs_contracts.clients import made
from eccs_contracts.delivery import Progress
from services.notification_service.logs import log
from services.notification_service.metrics import Metrics

_EVERY = 5.0  # seconds
_LEAVE = 1.0  # seconds that a stop waits for a look that is under way
_TIMEOUT = 3.0


class LagWatch:
    """Sets `kafka_consumer_lag` of all partitions of the topics: ListOffsets less what the group committed."""

    def __init__(self, config: Mapping[str, Any], group: str, topics: Sequence[str], metrics: Metrics) -> None:
        """Take where the broker is, the group, what it consumes, and where to set the lag.

        A consumer asks that never joins, not an AdminClient: where a coordinator has just come back, librdkafka looks
        for the consumer group of the client that asked, an AdminClient has none, and the process dies (its issue 5040).
        """
        self._consumer = made(Consumer, {**config, "group.id": group, "enable.auto.commit": False})
        self._topics, self._metrics = topics, metrics
        for topic in topics:
            metrics.missed.labels(topic)  # an alert sees a counter grow only if it was there before
        self.reach: Mapping[tuple[str, int], tuple[int, int]] = {}  # where the group stands, and where the log ends
        self._begun: queue.SimpleQueue[tuple[tuple[str, int], Progress]] = queue.SimpleQueue()
        self._counted: dict[tuple[str, int], int] = {}  # where the log began when missed records were counted last
        self.missing: str | None = None  # a topic that the service needs and the broker does not have
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lag", daemon=True)

    def start(self) -> None:
        """Begin to look, every few seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join(_LEAVE)

    def begun(self, committed: Mapping[tuple[str, int], Progress]) -> None:
        """Look soon whether retention deleted records after what was committed of partitions that came."""
        for one in committed.items():
            self._begun.put(one)

    def _watch(self) -> None:
        while not self._closed.wait(_EVERY):
            with suppress(KafkaException):  # a broker that is away has no lag to tell; the last one stands
                self._look()
                self._count_missed()
        self._consumer.close()

    def _count_missed(self) -> None:
        while not self._begun.empty():
            place, progress = self._begun.get()
            try:
                begin, _ = self._consumer.get_watermark_offsets(TopicPartition(*place), _TIMEOUT)
            except KafkaException:
                self._begun.put((place, progress))  # until the broker answers
                raise
            count = missed(progress, begin, self._counted.get(place, 0))
            self._counted[place] = begin
            if count:
                self._metrics.missed.labels(place[0]).inc(count)
                log("warning", "records_missed", topic=place[0], partition=place[1], count=count)

    def _look(self) -> None:
        found = self._consumer.list_topics(timeout=_TIMEOUT).topics
        self.missing = next((name for name in (*self._topics, EmailDlq.TOPIC) if name not in found), None)
        places = [
            TopicPartition(name, number) for name in self._topics if name in found for number in found[name].partitions
        ]
        reach = {}
        for one in self._consumer.committed(places, _TIMEOUT):
            if one.error is not None:
                raise KafkaException(one.error)
            begin, end = self._consumer.get_watermark_offsets(one, _TIMEOUT)
            reach[one.topic, one.partition] = (one.offset if one.offset >= 0 else begin, end)
        self.reach = reach
        for (topic, partition), (start, end) in reach.items():
            self._metrics.lag.labels(topic, str(partition)).set(max(0, end - start))


def missed(progress: Progress, begin: int, counted: int = 0) -> int:
    """How many records were deleted before they were finished, at most: offsets without a record count, too.

    Args:
        progress: what was committed.
        begin: the first offset that the log still has.
        counted: offsets before this one were counted before.
    """
    if progress.offset is None:
        return 0
    start = max(progress.offset, counted)
    finished = sum(len(range(max(run.start, start), min(run.stop, begin))) for run in progress.ahead)
    return max(0, begin - start - finished)
