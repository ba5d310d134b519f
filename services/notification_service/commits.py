"""Commits: explicit offsets, one under way at a time, never for a partition that is not ours any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from eccs_contracts.delivery import Desk
from services.notification_service.faults import reached
from services.notification_service.metrics import Metrics

Partition: TypeAlias = tuple[str, int]

_EVERY: Final = 5.0  # seconds
_AFTER: Final = 100  # messages
_SHORTEST: Final = 0.05  # seconds between two commits
_PATIENCE: Final = 30.0  # seconds for an answer; then it counts as lost


class Commits:
    """Belongs to the thread of the engine; librdkafka gives the answers from within `consume`."""

    def __init__(
        self,
        consumer: Consumer,
        desk: Desk[Partition, Any],
        metrics: Metrics,
        say: Callable[[str, KafkaError], None],
    ) -> None:
        """Take who commits, what may be committed, and where failures are counted and told."""
        self._consumer, self._desk, self._metrics, self._say = consumer, desk, metrics, say
        self._under_way: dict[Partition, int] | None = None  # epochs of what is being committed
        self._last = time.monotonic()

    def now_and_then(self) -> None:
        """Commit without waiting for the answer, where it is time: a broker that is silent stops nobody."""
        waited = time.monotonic() - self._last
        if self._under_way is not None and waited < _PATIENCE:
            return
        if waited < _SHORTEST or (waited < _EVERY and self._desk.finished < _AFTER):
            return
        if not (offsets := self._desk.committable()):
            return
        epochs = {place: self._desk.epoch(place) for place in offsets}
        if self._commit(offsets, asynchronous=True):
            self._under_way = epochs

    def force(self) -> None:
        """Commit and wait, before partitions are given away."""
        offsets = self._desk.committable()
        if offsets and self._commit(offsets, asynchronous=False):
            self._desk.committed(offsets)

    def answered(self, error: KafkaError | None, partitions: Sequence[TopicPartition]) -> None:
        """Take the answer to a commit; one about an assignment that is over counts for nothing."""
        epochs, self._under_way = self._under_way or {}, None
        error = error or next((one.error for one in partitions if one.error is not None), None)
        if error is not None:
            self._failed(error)
            return
        places = {(one.topic, one.partition): one.offset for one in partitions}
        self._desk.committed(
            {place: at for place, at in places.items() if self._desk.epoch(place) == epochs.get(place, -1)}
        )

    def _commit(self, offsets: dict[Partition, int], *, asynchronous: bool) -> bool:
        self._last = time.monotonic()
        reached("before-commit")
        places = [TopicPartition(*place, at) for place, at in offsets.items()]
        try:
            if asynchronous:
                self._consumer.commit(offsets=places, asynchronous=True)
            else:
                self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            self._failed(error.args[0])
            return False
        return True

    def _failed(self, error: KafkaError) -> None:
        self._metrics.commit_failures.labels(error.name()).inc()
        self._say("commit", error)
