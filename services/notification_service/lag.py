"""The lag as the broker sees it, asked by a thread of its own: right also while partitions are paused."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from eccs_contracts import EmailDlq
from services.notification_service.metrics import Metrics

_EVERY = 5.0  # seconds
_LEAVE = 1.0  # seconds that a stop waits for a look that is under way
_TIMEOUT = 3.0
# The factories of confluent-kafka 2.16 have no annotations.
_LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
_EARLIEST: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]


class LagWatch:
    """Sets `kafka_consumer_lag` of all partitions of the topics: ListOffsets less what the group committed."""

    def __init__(self, config: Mapping[str, Any], group: str, topics: Sequence[str], metrics: Metrics) -> None:
        """Take where the broker is, the group, what it consumes, and where to set the lag."""
        self._admin = AdminClient(dict(config))
        self._group, self._topics, self._metrics = group, topics, metrics
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
            try:
                self._look()
            except KafkaException:
                continue  # a broker that is away has no lag to tell; the last one stands

    def _look(self) -> None:
        found = self._admin.list_topics(timeout=_TIMEOUT).topics
        self.missing = next((name for name in (*self._topics, EmailDlq.TOPIC) if name not in found), None)
        places = [
            TopicPartition(name, number) for name in self._topics if name in found for number in found[name].partitions
        ]
        group = ConsumerGroupTopicPartitions(self._group, places)
        committed = self._admin.list_consumer_group_offsets([group], request_timeout=_TIMEOUT)[self._group].result()
        ends = self._offsets(places, _LATEST)
        begins = self._offsets(places, _EARLIEST)
        self.reach = {
            (one.topic, one.partition): (
                one.offset if one.offset >= 0 else begins[one.topic, one.partition],
                ends[one.topic, one.partition],
            )
            for one in committed.topic_partitions
        }
        for (topic, partition), (start, end) in self.reach.items():
            self._metrics.lag.labels(topic, str(partition)).set(max(0, end - start))

    def _offsets(self, places: Sequence[TopicPartition], spec: OffsetSpec) -> dict[tuple[str, int], int]:
        answers = self._admin.list_offsets(dict.fromkeys(places, spec), request_timeout=_TIMEOUT)
        return {(one.topic, one.partition): answer.result().offset for one, answer in answers.items()}
