"""The thread that owns the Kafka consumer: takes records, hands jobs to the loop, commits what is finished.

Nothing here waits for a message: what is not due lies in a heap, what is being sent runs on the asyncio loop, and
the results come back through a queue.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from confluent_kafka import Consumer, KafkaException, TopicPartition

from eccs_contracts.delivery import DueHeap, OffsetTracker
from eccs_contracts.errors import InfrastructureError
from services.notification_service.logs import log
from services.notification_service.message import Decoder, Job, Record
from services.notification_service.metrics import Metrics
from services.notification_service.settings import Settings
from services.notification_service.worker import Complete, Result, Worker

Partition: TypeAlias = tuple[str, int]

_BATCH: Final = 100
_TICK: Final = 0.05  # seconds: how late a retry may start because the thread was waiting for records
_COMMIT_EVERY: Final = 5.0  # seconds
_COMMIT_AFTER: Final = 100  # messages
_LAG_EVERY: Final = 5.0  # seconds
_RESUME_AT: Final = 0.8  # of the limit: two watermarks, for a pause throws the prefetched records away


class Engine:
    """Runs until `stop` is called; one thread, which alone touches the consumer."""

    def __init__(
        self,
        consumer: Consumer,
        decoder: Decoder,
        worker: Worker,
        loop: asyncio.AbstractEventLoop,
        settings: Settings,
    ) -> None:
        self._consumer = consumer
        self._decoder = decoder
        self._worker = worker
        self._loop = loop
        self._settings = settings
        self.metrics: Metrics = worker.metrics
        self._tracker: OffsetTracker[Partition] = OffsetTracker()
        self._heap: DueHeap[Record | Job] = DueHeap(settings.retry_window)
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._assigned: set[Partition] = set()
        self._paused: set[Partition] = set()
        self._active = 0
        self._last_commit = self._last_lag = time.monotonic()
        self.ticked = time.monotonic()

    def stop(self) -> None:
        """Ask it to finish; may be called from a signal handler or any thread."""
        self._stopping.set()

    @property
    def ready(self) -> bool:
        """Whether it takes messages."""
        return not self._stopping.is_set() and bool(self._assigned)

    def run(self, topics: list[str]) -> bool:
        """Work until stopped, then finish what was begun; False where that took longer than it may."""
        self._consumer.subscribe(topics, on_assign=self._assign, on_revoke=self._revoke, on_lost=self._lose)
        try:
            while not self._stopping.is_set():
                self._tick()
            return self._drain(self._settings.drain_timeout)
        finally:
            self._consumer.close()

    def _tick(self) -> None:
        self.ticked = time.monotonic()
        for message in self._consumer.consume(_BATCH, _TICK):
            if (error := message.error()) is not None:
                log("warning", "broker", error=error.str())
            else:
                self._take(Record.of(message))
        for item in self._heap.pop_due(_now()):
            self._start(item)
        self._collect()
        self._balance()
        self._commit(force=False)
        self._observe()

    def _take(self, record: Record) -> None:
        if self._tracker.take(record.place, record.offset):
            self._start(record)

    def _start(self, item: Record | Job) -> None:
        """Hand a job to the loop, or lay it aside until it is due."""
        record = item.record if isinstance(item, Job) else item
        if record.place not in self._assigned:
            return  # the partition went elsewhere while it lay in the heap: its new owner has it
        try:
            job = item if isinstance(item, Job) else self._decoder.job(item, _now())
        except InfrastructureError as error:
            log("warning", "held", reason=str(error))
            self._heap.push(_now() + timedelta(seconds=1), item)
            return
        if job.due is not None and job.due > _now():
            self._heap.push(job.due, job)
            return
        if job.due is not None and isinstance(item, Job):
            self.metrics.lateness.observe((_now() - job.due).total_seconds())
        self._active += 1
        future = asyncio.run_coroutine_threadsafe(self._worker.deliver(job), self._loop)
        future.add_done_callback(self._done)

    def _done(self, future: Future[Result]) -> None:
        if not future.cancelled():
            self._results.put(future.result())

    def _collect(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._finish(self._results.get_nowait())

    def _finish(self, result: Result) -> None:
        self._active -= 1
        record = result.job.record
        if isinstance(result, Complete):
            self._tracker.finish(record.place, record.offset)
        else:
            self._heap.push(result.until, result.job)

    def _balance(self) -> None:
        """Pause what must not bring more, resume what may; what is paused is known here and nowhere else."""
        limit = self._settings.max_in_flight
        crowded = self._active >= limit or (bool(self._paused) and self._active > limit * _RESUME_AT)
        wanted = {
            place for place in self._assigned if crowded or (place[0] == self._decoder.retry_topic and self._heap.full)
        }
        pause, resume = wanted - self._paused, self._paused - wanted
        if pause:
            self._consumer.pause([TopicPartition(*place) for place in pause])
        if resume:
            self._consumer.resume([TopicPartition(*place) for place in resume])
        self._paused = wanted

    def _commit(self, *, force: bool) -> None:
        offsets = self._tracker.committable()
        if not offsets:
            return
        waited = time.monotonic() - self._last_commit
        if not force and waited < _COMMIT_EVERY and self._tracker.finished < _COMMIT_AFTER:
            return
        places = [TopicPartition(*place, offset) for place, offset in offsets.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            log("warning", "commit", error=error.args[0].str())
            return
        self._tracker.committed(offsets)
        self._last_commit = time.monotonic()

    def _observe(self) -> None:
        self.metrics.in_flight.set(self._active)
        self.metrics.retry_queue.set(len(self._heap))
        if time.monotonic() - self._last_lag < _LAG_EVERY:
            return
        self._last_lag = time.monotonic()
        for place in self._assigned:
            with suppress(KafkaException):  # the next look will do
                low, high = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=1)
                self.metrics.lag.labels(*map(str, place)).set(high - self._tracker.position(place, low))

    def _drain(self, budget: float) -> bool:
        """Take nothing more, finish what is being sent, commit."""
        deadline = time.monotonic() + budget
        if self._assigned:
            self._consumer.pause([TopicPartition(*place) for place in self._assigned])
        while self._active and time.monotonic() < deadline:
            self._consumer.poll(0)  # stay in the group
            with suppress(queue.Empty):
                self._finish(self._results.get(timeout=_TICK))
        self._commit(force=True)
        return self._active == 0

    def _assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._assigned |= {(one.topic, one.partition) for one in partitions}
        log("info", "assigned", partitions=len(self._assigned))

    def _revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Finish what is being sent, commit it, then let the partitions go."""
        deadline = time.monotonic() + self._settings.drain_timeout
        while self._active and time.monotonic() < deadline:
            with suppress(queue.Empty):
                self._finish(self._results.get(timeout=_TICK))
        self._commit(force=True)
        self._forget(partitions)

    def _lose(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """They are somebody else's already: nothing may be committed."""
        self._forget(partitions)

    def _forget(self, partitions: list[TopicPartition]) -> None:
        for one in partitions:
            place = (one.topic, one.partition)
            self._assigned.discard(place)
            self._paused.discard(place)
            self._tracker.drop(place)


def _now() -> datetime:
    return datetime.now(UTC)
