"""The thread that owns the Kafka consumer: takes records, hands jobs to the loop, commits what is finished.

Nothing here waits for a message: what is not due lies in a heap, what is being sent runs on the asyncio loop, and
the results come back through a queue. What may start, wait and be committed is decided by `Desk`, which knows no Kafka.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from eccs_contracts.delivery import Desk, Progress, Ticket
from eccs_contracts.errors import BrokerUnavailable, InfrastructureError, UnknownSchema
from services.notification_service.clock import Clock
from services.notification_service.commits import Commits
from services.notification_service.gates import Gates
from services.notification_service.logs import log
from services.notification_service.lookout import Lookout, Reach
from services.notification_service.message import Decoder, Job, Record, undecodable
from services.notification_service.metrics import Metrics
from services.notification_service.payloads import Answer, Payloads
from services.notification_service.positions import Positions
from services.notification_service.schema_lookups import SchemaLookups
from services.notification_service.settings import EngineSettings
from services.notification_service.worker import Complete, Result, Worker

Partition: TypeAlias = tuple[str, int]
Work: TypeAlias = Record | Job
Running: TypeAlias = Ticket[Partition, Work]

_BATCH: Final = 100
_TICK: Final = 0.05  # seconds that it waits for records at most; less where a retry is due earlier
_SHORTEST: Final = 0.001
_PATIENCE: Final = 1.0  # seconds without room before partitions are paused: a pause throws away what was prefetched
_ERRORS_TO_SAY: Final = 5.0  # seconds between two lines about the same broker error
_READ_AGAIN: Final = timedelta(seconds=5)  # how long before the first of them is due payloads are read again
_AT_ONCE: Final = timedelta(seconds=10)  # and which ones go with it
_STUBS: Final = 1000  # payloads read again in one batch
_GONE: Final = Record("", 0, 0, None, None, [])


@dataclass(frozen=True, slots=True)
class BrokerSide:
    """What other threads ask the broker for.

    Attributes:
        payloads: reads retries again.
        reach: where group and log stood a moment ago, by partition.
        begun: hears what was committed of partitions that come.
    """

    payloads: Payloads
    reach: Callable[[], Mapping[Partition, Reach]]
    begun: Callable[[Mapping[Partition, Progress]], None]


class Engine:
    """Runs until `stop` is called; one thread, which alone touches the consumer."""

    def __init__(
        self,
        consumer: Consumer,
        decoder: Decoder,
        worker: Worker,
        loop: asyncio.AbstractEventLoop,
        settings: EngineSettings,
        broker: BrokerSide,
    ) -> None:
        self._consumer, self._decoder, self._worker, self._loop = consumer, decoder, worker, loop
        self._settings = settings
        self.metrics: Metrics = worker.metrics
        self._clock: Clock = worker.clock
        self._gates: Gates = worker.gates
        self._desk: Desk[Partition, Work] = Desk(
            limit=settings.max_in_flight, window=settings.retry_window, window_bytes=settings.retry_window_bytes
        )
        self.commits = Commits(consumer, self._desk, self.metrics, self._say)
        self._positions = Positions(consumer, self._desk)
        self._broker, patience = broker, 2 * settings.max_poll_interval
        self.lookout = Lookout(self._desk, worker, broker.reach, self._positions.look, patience)
        self._results: queue.SimpleQueue[tuple[Running, str, Result]] = queue.SimpleQueue()
        self._decoded: queue.SimpleQueue[tuple[Running, Job | Exception]] = queue.SimpleQueue()
        self._lookups = SchemaLookups()
        self._starting: list[tuple[Running, Job]] = []  # go to the loop together: waking it is a system call
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping, self._hurried = threading.Event(), threading.Event()
        self._paused: set[Partition] = set()
        self._leaving: frozenset[Partition] = frozenset()  # read by the loop: what has not begun there does not begin
        self._said: dict[str, float] = {}
        self._joined = False
        self._room_at = time.monotonic()
        self.ticked = self.loop_beat = time.monotonic()

    def stop(self) -> bool:
        """Ask it to finish; a second time, to finish without waiting, and True. From a handler or any thread."""
        again = self._stopping.is_set()
        if again:
            self._hurried.set()
        self._stopping.set()
        return again

    @property
    def ready(self) -> bool:
        """Whether it is a member of the group and not about to leave; one beyond the partitions waits for its turn."""
        return not self._stopping.is_set() and (self._joined or self.lookout.joined)

    def run(self, topics: list[str]) -> bool:
        """Work until stopped, or starved, then finish what was begun; False where that took longer than it may.

        Raises:
            BrokerUnavailable: the consumer failed in a way that only a new process gets over.
        """
        self._broker.payloads.start()
        self._consumer.subscribe(topics, on_assign=self._assign, on_revoke=self._revoke, on_lost=self._lose)
        try:
            while not self._stopping.is_set() and self.lookout.starved() is None:
                self._tick()
            return self._drain()
        except KafkaException as error:
            raise BrokerUnavailable(f"the consumer has failed for good: {error.args[0].str()}") from None
        finally:
            self._consumer.close()
            self._broker.payloads.stop()

    # Each turn: take, start, collect, pause or resume, commit, look.

    def _tick(self) -> None:
        self.ticked = time.monotonic()
        closed = self._closed()
        self._balance(closed=closed)
        self._fetch(closed=closed)
        self._read_again()
        for ticket in [] if self._gates.closed() else self._desk.due(self._clock.now()):
            self._begin(ticket)
        self._collect()
        self._start()
        self.commits.now_and_then()
        if self.lookout.look(self._paused):
            self._loop.call_soon_threadsafe(self._beat)

    def _closed(self) -> bool:
        """Whether nothing new may be taken.

        Records of a known schema pass those of an unknown one, until the window overflows. While a dependency is tried
        after a failure, what was taken already does the trying.
        """
        if self._gates.closed() is not None:
            return True
        due = self._desk.next_due
        at_hand = self._desk.running > 0 or (due is not None and due <= self._clock.now())
        return (self._gates.unsure() and at_hand) or self._desk.overflowing()

    def _fetch(self, *, closed: bool) -> None:
        """Take what there is room for; with no room, wait for results instead and let the broker's records lie."""
        room = self._desk.room
        if room or self._paused:
            self._room_at = time.monotonic() if room else self._room_at
            self._consume(max(1, min(_BATCH, room)), self._wait(closed=closed))
            return
        with suppress(queue.Empty):
            self._finish(*self._results.get(timeout=self._wait(closed=closed)))

    def _wait(self, *, closed: bool) -> float:
        due = self._desk.next_due
        if due is None or closed or not self._desk.room:
            return _TICK
        return min(_TICK, max(_SHORTEST, (due - self._clock.now()).total_seconds()))

    def _consume(self, count: int, seconds: float) -> None:
        messages = self._consumer.consume(count, seconds)
        if len(messages) < count:
            self.lookout.emptied()
        for message in messages:
            error = message.error()
            if error is not None:
                if error.fatal():
                    raise KafkaException(error)
                self._say("broker", error)
                continue
            record = Record.of(message)
            ticket = self._desk.take(record.place, record.offset, record, record.size)
            if ticket is not None:
                self._begin(ticket)

    def _read_again(self) -> None:
        """Take payloads that are here again, and ask for those of retries that are due soon."""
        payloads, now = self._broker.payloads, self._clock.now()
        for answer in payloads.answers():
            self._answered(answer)
        due = self._desk.next_stub if payloads.idle else None
        if due is not None and due <= now + _READ_AGAIN and (stubs := self._desk.wanted(now + _AT_ONCE, _STUBS)):
            payloads.ask(stubs)

    def _answered(self, answer: Answer) -> None:
        """A record that the broker has no more is finished, loudly: nobody can read it again."""
        stub, record = answer.stub, answer.record
        if record is None and not answer.gone:
            self.metrics.payloads.labels("failed").inc()
            self._desk.put_back(stub)
            return
        self.metrics.payloads.labels("gone" if record is None else "read").inc()
        work = record or _GONE
        ticket = self._desk.returned(stub, work, work.size)
        if ticket is not None and record is not None:
            self._begin(ticket)
        elif ticket is not None:
            topic, partition = stub.partition
            log("error", "retry_gone", topic=topic, partition=partition, offset=stub.offset)
            self._desk.finish(ticket)

    def _begin(self, ticket: Running) -> None:
        """Decode, lay aside until it is due, or run."""
        work = ticket.work
        if isinstance(work, Job):
            self._run(ticket, work)
        elif self._decoder.at_once(work):
            self._decode_here(ticket, work)
        else:
            self._look_up(ticket, work)

    def _decode_here(self, ticket: Running, record: Record) -> None:
        try:
            job = self._decoder.job(record, self._clock.now())
        except Exception as error:  # noqa: BLE001  an error of ours must not stop the engine
            self._undecided(ticket, record, error)
        else:
            self._accept(ticket, job)

    def _look_up(self, ticket: Running, record: Record) -> None:
        """Have the registry asked for the schema, unless it was a moment ago or is being asked."""
        now = self._clock.now()
        answer = self._lookups.begin(record.schema, now)
        if isinstance(answer, datetime):
            self._desk.lay_aside(ticket, answer, record)
        elif answer is not None:
            self._accept(ticket, undecodable(record, answer))
        else:
            self._loop.call_soon_threadsafe(self._decode_there, ticket, record, now)

    def _decode_there(self, ticket: Running, record: Record, now: datetime) -> None:
        """On the loop: a thread asks the registry, which can take seconds, and the engine hears of it later."""

        async def look_up() -> None:
            try:
                job: Job | Exception = await asyncio.to_thread(self._decoder.job, record, now)
            except Exception as error:  # noqa: BLE001  the engine's thread decides what it means
                job = error
            self._decoded.put((ticket, job))

        self._keep(look_up())

    def _looked_up(self, ticket: Running, job: Job | Exception) -> None:
        assert isinstance(ticket.work, Record)  # noqa: S101  only records are looked up
        record, now = ticket.work, self._clock.now()
        if isinstance(job, UnknownSchema):
            if self._lookups.unknown(record.schema, job, now):
                self._accept(ticket, undecodable(record, job))
            else:
                self._desk.lay_aside(ticket, self._lookups.next_at(record.schema, now), record)
        elif isinstance(job, InfrastructureError):
            self._lookups.failed(record.schema, now)
            self._undecided(ticket, record, job)
        else:
            self._lookups.found(record.schema)
            self._accept(ticket, job if isinstance(job, Job) else undecodable(record, job))

    def _undecided(self, ticket: Running, record: Record, error: Exception) -> None:
        """A later look can help where the registry is away."""
        if isinstance(error, InfrastructureError):
            self.metrics.held.labels("registry").inc()
            self._desk.lay_aside(ticket, self._clock.now() + timedelta(seconds=1), record)
        else:
            self._accept(ticket, undecodable(record, error))

    def _accept(self, ticket: Running, job: Job) -> None:
        now = self._clock.now()
        if job.due is not None and job.due > now:
            self._desk.lay_aside(ticket, job.due, job, readable=True)
        else:
            self._run(ticket, job)

    def _run(self, ticket: Running, job: Job) -> None:
        if self._desk.start(ticket, job.ledger_id, job):
            self._hand_over(ticket, job)

    def _hand_over(self, ticket: Running, job: Job) -> None:
        if job.due is not None and not job.holds and not job.defects:
            self.metrics.lateness.observe(max(0.0, (self._clock.now() - job.due).total_seconds()))
        self._starting.append((ticket, job))

    def _start(self) -> None:
        if self._starting:
            self._loop.call_soon_threadsafe(self._deliver_all, self._starting)
            self._starting = []

    def _deliver_all(self, started: list[tuple[Running, Job]]) -> None:
        for ticket, job in started:
            self._deliver(ticket, job)

    def _deliver(self, ticket: Running, job: Job) -> None:
        def wanted() -> bool:
            return not self._stopping.is_set() and ticket.partition not in self._leaving

        async def deliver() -> None:
            self._results.put((ticket, job.ledger_id, await self._worker.deliver(job, wanted)))

        self._keep(deliver())

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _collect(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._finish(*self._results.get_nowait())
        with suppress(queue.Empty):
            while True:
                self._looked_up(*self._decoded.get_nowait())

    def _finish(self, ticket: Running, key: str, result: Result) -> None:
        if isinstance(result, Complete):
            self._desk.finish(ticket)
        else:
            self._desk.lay_aside(ticket, result.until, result.job)
        following = self._desk.stop(ticket, key)
        if following is not None:
            assert isinstance(following.work, Job)  # noqa: S101  only jobs stand in lanes
            self._hand_over(following, following.work)

    def _balance(self, *, closed: bool) -> None:
        """Pause what must not bring more, resume what may; what is paused is known here and nowhere else."""
        starved = time.monotonic() - self._room_at > _PATIENCE
        everything = closed or (self._desk.crowded() and (starved or bool(self._paused)))
        full = self._desk.full()
        wanted = {
            place for place in self._desk.partitions if everything or (full and place[0] == self._decoder.retry_topic)
        }
        self._pause(wanted - self._paused)
        resume = self._paused - wanted
        if resume:
            self._consumer.resume([TopicPartition(*place) for place in resume])
        if full and not self._paused and wanted:
            self.metrics.window_full.inc()
        self._paused = wanted

    def _pause(self, places: set[Partition]) -> None:
        if places:
            self._consumer.pause([TopicPartition(*place) for place in places])

    def _say(self, event: str, error: KafkaError) -> None:
        """Log an error of the broker, the same one not more often than every few seconds."""
        now = time.monotonic()
        if now - self._said.get(error.name(), 0.0) > _ERRORS_TO_SAY:
            self._said[error.name()] = now
            log("warning", event, error=error.str())

    def _beat(self) -> None:
        self.loop_beat = time.monotonic()

    # The end, and what a rebalance asks for; librdkafka calls the three from within `consume` and `close`.

    def _drain(self) -> bool:
        """Take nothing more, finish what is being sent, commit."""
        began = time.monotonic()
        deadline = began + self._settings.drain_timeout
        self._pause(set(self._desk.partitions))
        self._start()
        while self._desk.running and time.monotonic() < deadline and not self._hurried.is_set():
            self.ticked = time.monotonic()
            self._consumer.poll(0)  # stay in the group
            with suppress(queue.Empty):
                self._settle(*self._results.get(timeout=_TICK))
        self.commits.force()
        self.metrics.drain.observe(time.monotonic() - began)
        return self._desk.running == 0

    def _settle(self, ticket: Running, key: str, result: Result) -> None:
        """As `_finish`, and nothing new is started: what stands in the lane comes again to whoever has it then."""
        if isinstance(result, Complete):
            self._desk.finish(ticket)
        following = self._desk.stop(ticket, key)
        while following is not None:
            following = self._desk.stop(following, key)

    def _assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Librdkafka adds them to the assignment after this; they begin unpaused."""
        places = {(one.topic, one.partition) for one in partitions}
        self._paused -= places
        before = self.commits.before(places) if places else {}
        self._positions.assigned(places)
        self._desk.assign(places, before)
        self._broker.begun(before)
        self._joined = True
        self.metrics.rebalances.labels("assign").inc(len(places))
        log("info", "assigned", added=len(places), partitions=len(self._desk.partitions))

    def _revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Finish what is being sent of these, commit it, then let them go; what takes longer goes on fenced."""
        places = {(one.topic, one.partition) for one in partitions}
        self._leaving = frozenset(places)
        began = time.monotonic()
        deadline = began + self._settings.revoke_budget
        while self._desk.running_of(places) and time.monotonic() < deadline:
            self.ticked = time.monotonic()
            self._start()
            with suppress(queue.Empty):
                self._finish(*self._results.get(timeout=_TICK))
        if self._desk.running_of(places):
            self.metrics.drain_timeouts.inc()
        self.metrics.drain.observe(time.monotonic() - began)
        self.commits.force()
        self._forget(places, "revoke")
        self._leaving = frozenset()

    def _lose(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """They are somebody else's already: nothing may be committed."""
        self._forget({(one.topic, one.partition) for one in partitions}, "lost")

    def _forget(self, places: set[Partition], kind: str) -> None:
        self._paused -= places
        self._desk.release(places)
        self.metrics.rebalances.labels(kind).inc(len(places))
        log("info", kind, removed=len(places), partitions=len(self._desk.partitions))
