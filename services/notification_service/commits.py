"""Commits: explicit offsets, one under way at a time, never for a partition that is not ours any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from eccs_contracts.delivery import Desk, Progress, decode_note, encode_note
from services.notification_service.faults import reached
from services.notification_service.logs import log
from services.notification_service.metrics import Metrics

Partition: TypeAlias = tuple[str, int]

_EVERY: Final = 5.0  # seconds
_AFTER: Final = 100  # messages
_SHORTEST: Final = 0.05  # seconds between two commits
_COST: Final = 20  # times what the last commit took to write down: notes of many runs must not fill the engine's time
_PATIENCE: Final = 30.0  # seconds for an answer; then it counts as lost
_ASKING: Final = 5.0  # seconds for what was committed before


class Commits:
    """Belongs to the thread of the engine; librdkafka gives the answers from within `consume`."""

    def __init__(
        self,
        consumer: Consumer,
        desk: Desk[Partition, Any],
        metrics: Metrics,
        say: Callable[[str, KafkaError], None],
    ) -> None:
        """Take the consumer, the desk, the metrics and the log of broker errors."""
        self._consumer, self._desk, self._metrics, self._say = consumer, desk, metrics, say
        self._under_way: dict[Partition, tuple[int, Progress]] | None = None  # by partition: its epoch, and what
        self._last = self._noted = time.monotonic()
        self._shortest = _SHORTEST

    def now_and_then(self) -> None:
        """Commit without waiting for the answer, where it is time: a broker that is silent stops nobody."""
        waited = time.monotonic() - self._last
        if self._under_way is not None and waited < _PATIENCE:
            return
        due = time.monotonic() - self._noted >= _EVERY
        if waited < self._shortest or not (due or self._desk.finished >= _AFTER):
            return
        if not (commits := self._desk.committable(ahead=due)):
            return
        epochs = {place: (self._desk.epoch(place), commit) for place, commit in commits.items()}
        if self._commit(commits, asynchronous=True):
            self._under_way = epochs
            self._noted = time.monotonic() if due else self._noted

    def force(self) -> None:
        """Commit and wait, before partitions are given away."""
        commits = self._desk.committable()
        if commits and self._commit(commits, asynchronous=False):
            self._desk.committed(commits)

    def before(self, places: Collection[Partition]) -> dict[Partition, Progress]:
        """What was committed of partitions that come, with what it says of finished messages; {} without an answer.

        A note is only a short cut: without it the ledger says which messages are finished.
        """
        try:
            found = self._consumer.committed([TopicPartition(*place) for place in places], _ASKING)
        except KafkaException as error:
            self._say("committed", error.args[0])
            return {}
        return {(one.topic, one.partition): self._progress(one) for one in found if one.error is None}

    def _progress(self, one: TopicPartition) -> Progress:
        if one.offset < 0:
            return Progress(None)
        try:
            return Progress(one.offset, decode_note(one.offset, one.metadata or ""))
        except ValueError as error:
            self._metrics.notes_refused.inc()
            log("warning", "note", topic=one.topic, partition=one.partition, reason=str(error))
            return Progress(one.offset)

    def answered(self, error: KafkaError | None, partitions: Sequence[TopicPartition]) -> None:
        """Take the answer to a commit; one about an assignment that is over counts for nothing."""
        commits, self._under_way = self._under_way or {}, None
        error = error or next((one.error for one in partitions if one.error is not None), None)
        if error is not None:
            self._failed(error)
            return
        self._desk.committed(
            {place: commit for place, (epoch, commit) in commits.items() if self._desk.epoch(place) == epoch}
        )

    def _commit(self, commits: dict[Partition, Progress], *, asynchronous: bool) -> bool:
        self._last = time.monotonic()
        reached("before-commit")
        places = [_place(place, commit) for place, commit in commits.items()]
        self._shortest = max(_SHORTEST, _COST * (time.monotonic() - self._last))
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


def _place(place: Partition, commit: Progress) -> TopicPartition:
    offset = commit.offset or 0
    return TopicPartition(*place, offset, encode_note(offset, commit.ahead))
