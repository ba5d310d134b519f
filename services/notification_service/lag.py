"""The lag as the broker sees it, asked by a thread of its own: right also while partitions are paused."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from eccs_contracts import EmailDlq
from eccs_contracts.clients import made
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
        self.reach: Mapping[tuple[str, int], tuple[int, int]] = {}  # where the group stands, and where the log ends
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

    def _watch(self) -> None:
        while not self._closed.wait(_EVERY):
            with suppress(KafkaException):  # a broker that is away has no lag to tell; the last one stands
                self._look()
        self._consumer.close()

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
