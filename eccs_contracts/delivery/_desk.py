"""The desk of one consumer: what was taken, what waits, what runs, and what may be committed.

It is all that a consumer decides, without the consumer: no clock, no thread, no Kafka. A partition that leaves and
comes back is a new epoch; whatever belongs to an older one is fenced and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Generic, TypeVar

from eccs_contracts.delivery._due import DueHeap
from eccs_contracts.delivery._lanes import Lanes
from eccs_contracts.delivery._offsets import OffsetTracker, Progress
from eccs_contracts.delivery._stubs import Stub, StubHeap

P = TypeVar("P", bound=Hashable)
W = TypeVar("W")

_RESUME_AT: Final = 0.8  # of a limit: resuming right at the limit would pause again at once
_TRIM_TO: Final = 0.875  # of the window: to trim one at a time would cost time for each item each time


@dataclass(frozen=True, slots=True)
class Ticket(Generic[P, W]):
    """One record that was taken.

    Attributes:
        epoch: which assignment of the partition it belongs to.
        work: what is to be done; the caller's.
        size: bytes of the record.
    """

    partition: P
    offset: int
    epoch: int
    work: W
    size: int = 0


class Desk(Generic[P, W]):
    """Bookkeeping of one consumer; a partition is any hashable value, for example (topic, number).

    Messages that wait have their payload here as long as they fit into the window. Beyond it, those that can be read
    again keep only a stub, the latest first; `wanted` gives the stubs out when their payload is needed.
    """

    def __init__(self, *, limit: int, window: int, window_bytes: int = 2**25, stubs: int = 5_000_000) -> None:
        """Bound what one consumer holds; all bounds are at least 1.

        Args:
            limit: messages that run at once.
            window: messages that wait with their payload.
            window_bytes: bytes of those.
            stubs: messages that wait without their payload.
        """
        self._limit, self._window, self._window_bytes, self._most_stubs = limit, window, window_bytes, stubs
        self._tracker: OffsetTracker[P] = OffsetTracker()
        self._fixed: DueHeap[Ticket[P, W]] = DueHeap()  # cannot be read again as they are
        self._loose: DueHeap[Ticket[P, W]] = DueHeap()  # may become stubs; never due later than the first stub
        self._stubs: StubHeap[P] = StubHeap()
        self._awaited: dict[tuple[P, int, int], int] = {}  # stubs given out: partition, epoch, offset -> bytes
        self._awaited_bytes = 0
        self._lanes: Lanes[Hashable, Ticket[P, W]] = Lanes()
        self._epochs: dict[P, int] = {}
        self._next_epoch = 1
        self._running: dict[P, int] = {}
        self._full = self._crowded = False
        self.fenced = 0

    @property
    def partitions(self) -> frozenset[P]:
        """Those that are ours now."""
        return frozenset(self._epochs)

    @property
    def running(self) -> int:
        """Messages that run, of lost partitions too."""
        return sum(self._running.values())

    @property
    def waiting(self) -> int:
        """Messages laid aside until their time."""
        return len(self._fixed) + len(self._loose) + len(self._stubs) + len(self._awaited)

    @property
    def room(self) -> int:
        """How many more may be taken now."""
        return max(0, self._limit - self.running - len(self._lanes))

    @property
    def next_due(self) -> datetime | None:
        """When the first message that waits with its payload is due."""
        return min((due for due in (self._fixed.next_due, self._loose.next_due) if due is not None), default=None)

    @property
    def next_stub(self) -> datetime | None:
        """When the first message that waits without its payload is due."""
        return self._stubs.next_due

    def overdue(self, now: datetime) -> int:
        """How many messages were due before the second that `now` lies in, and wait."""
        return self._fixed.overdue(now) + self._loose.overdue(now) + self._stubs.overdue(now)

    def overflowing(self) -> bool:
        """Whether more waits than the window and all that runs: then nothing at all may be taken."""
        count = len(self._fixed) + len(self._loose)
        return count > self._window + self._limit or self._bytes > 2 * self._window_bytes

    def full(self) -> bool:
        """Whether so many wait without payload that reading ahead must stop; until it has gone down to 80 %."""
        level = len(self._stubs) / self._most_stubs
        self._full = level >= 1 or (self._full and level > _RESUME_AT)
        return self._full

    def crowded(self) -> bool:
        """Whether as much runs as may; until it has gone down to 80 %."""
        level = (self._limit - self.room) / self._limit
        self._crowded = level >= 1 or (self._crowded and level > _RESUME_AT)
        return self._crowded

    def assign(self, partitions: Iterable[P], begin: Mapping[P, Progress] | None = None) -> None:
        """Note that partitions are ours, each in a new epoch; `begin` says what was committed of them before."""
        for partition in partitions:
            self._tracker.assign(partition, (begin or {}).get(partition))
            self._epochs[partition] = self._next_epoch
            self._next_epoch += 1

    def release(self, partitions: Iterable[P]) -> None:
        """Note that partitions are not ours any more: what waits is forgotten, what runs is fenced."""
        gone = set(partitions)
        for partition in gone:
            self._epochs.pop(partition, None)
            self._tracker.drop(partition)
        self._forget(gone)

    def epoch(self, partition: P) -> int:
        """Which assignment of a partition lasts; 0 where it is not ours."""
        return self._epochs.get(partition, 0)

    def current(self, ticket: Ticket[P, W] | Stub[P]) -> bool:
        """Whether a ticket belongs to an assignment that lasts."""
        return self._epochs.get(ticket.partition) == ticket.epoch

    def take(self, partition: P, offset: int, work: W, size: int = 0) -> Ticket[P, W] | None:
        """The ticket of a record; None where it has one already, is finished, or the partition is not ours.

        Within an assignment a consumer never gives out an offset twice. One that lies before what is finished comes
        from a topic that was made anew, or lost its end: it is new, and whatever was known of the partition is void.
        """
        if partition in self._epochs and self._tracker.goes_back(partition, offset):
            self.assign([partition])
            self._forget({partition})
        epoch = self._epochs.get(partition)
        if epoch is None or not self._tracker.take(partition, offset):
            return None
        return Ticket(partition, offset, epoch, work, size)

    def advance(self, partition: P, end: int) -> None:
        """Note that whatever lies before `end` and was not taken is no record."""
        if partition in self._epochs:
            self._tracker.advance(partition, end)

    def lay_aside(self, ticket: Ticket[P, W], until: datetime, work: W, *, readable: bool = False) -> None:
        """Keep a message until its time.

        Args:
            ticket: of the message.
            until: when it is due.
            work: what is to be done then.
            readable: whether reading the record again gives the same work: then its payload may be dropped.
        """
        if not self.current(ticket):
            self.fenced += 1
            return
        first = self._stubs.next_due
        if readable and first is not None and until > first:
            self._stubs.push(Stub(ticket.partition, ticket.offset, ticket.epoch, until, ticket.size))
            return
        heap = self._loose if readable else self._fixed
        heap.push(until, replace(ticket, work=work), ticket.size)
        if self._loose and self._over(self._window, self._window_bytes):
            self._trim()

    def wanted(self, until: datetime, most: int) -> list[Stub[P]]:
        """Take out stubs that are due at `until`, at most so many, as far as their payload fits into the window.

        Each must come back by `returned`, or by `put_back`.
        """
        wanted: list[Stub[P]] = []
        while len(wanted) < most and (due := self._stubs.next_due) is not None and due <= until:
            if self._over(self._window - 1, self._window_bytes - 1):
                break
            stub = self._stubs.pop()
            self._awaited[stub.partition, stub.epoch, stub.offset] = stub.size
            self._awaited_bytes += stub.size
            wanted.append(stub)
        return wanted

    def returned(self, stub: Stub[P], work: W, size: int) -> Ticket[P, W] | None:
        """The ticket of a record whose payload is here again; None where its partition is not ours any more."""
        self._arrived(stub)
        if not self.current(stub):
            self.fenced += 1
            return None
        return Ticket(stub.partition, stub.offset, stub.epoch, work, size)

    def put_back(self, stub: Stub[P]) -> None:
        """Keep a stub whose payload could not be read until it is wanted again."""
        self._arrived(stub)
        if self.current(stub):
            self._stubs.push(stub)

    def due(self, now: datetime) -> list[Ticket[P, W]]:
        """Take out what is due, as much as there is room for, never what is not."""
        due: list[Ticket[P, W]] = []
        for _ in range(self.room):
            heap = min((self._fixed, self._loose), key=lambda one: (one.next_due is None, one.next_due or now))
            if heap.next_due is None or heap.next_due > now:
                break
            due.append(heap.pop())
        return due

    def start(self, ticket: Ticket[P, W], key: Hashable, work: W) -> bool:
        """Whether a message may run now; otherwise it stands in the lane of its key until `stop` gives it out."""
        if not self._lanes.enter(key, replace(ticket, work=work)):
            return False
        self._running[ticket.partition] = self._running.get(ticket.partition, 0) + 1
        return True

    def stop(self, ticket: Ticket[P, W], key: Hashable) -> Ticket[P, W] | None:
        """Note that a message has stopped running; the next one of its key, which runs then."""
        self._running[ticket.partition] -= 1
        if not self._running[ticket.partition]:
            del self._running[ticket.partition]
        while (following := self._lanes.leave(key)) is not None:
            if self.current(following):
                self._running[following.partition] = self._running.get(following.partition, 0) + 1
                return following
            self.fenced += 1
            # The lane is still ours: what stood first belongs to a partition that went away.
        return None

    def finish(self, ticket: Ticket[P, W]) -> None:
        """Note that nothing is left to do for a record."""
        if self.current(ticket):
            self._tracker.finish(ticket.partition, ticket.offset)
        else:
            self.fenced += 1

    def running_of(self, partitions: Iterable[P]) -> int:
        """How many messages of these partitions run."""
        return sum(self._running.get(partition, 0) for partition in partitions)

    def committable(self, *, ahead: bool = True) -> dict[P, Progress]:
        """What to commit, by partition: where the position has moved, and with `ahead` where anything has finished."""
        return self._tracker.committable(ahead=ahead)

    def committed(self, commits: Mapping[P, Progress]) -> None:
        """Note that the broker has these; those of partitions that left meanwhile are ignored."""
        self._tracker.committed({one: commit for one, commit in commits.items() if one in self._epochs})

    @property
    def finished(self) -> int:
        """Offsets that could be committed and are not."""
        return self._tracker.finished

    def unfinished(self) -> dict[P, int]:
        """The first offset that is not finished, by partition, where there is one."""
        return self._tracker.unfinished()

    @property
    def _bytes(self) -> int:
        return self._fixed.size + self._loose.size + self._awaited_bytes

    def _over(self, count: int, size: int) -> bool:
        """Whether more waits with its payload, or is about to, than so many messages of so many bytes."""
        return len(self._fixed) + len(self._loose) + len(self._awaited) > count or self._bytes > size

    def _trim(self) -> None:
        """Keep only stubs of those that are due last, so that the window has some room again."""
        count = round(_TRIM_TO * self._window) - len(self._fixed) - len(self._awaited)
        size = round(_TRIM_TO * self._window_bytes) - self._fixed.size - self._awaited_bytes
        for due, ticket in self._loose.trim(max(0, count), max(0, size)):
            self._stubs.push(Stub(ticket.partition, ticket.offset, ticket.epoch, due, ticket.size))

    def _arrived(self, stub: Stub[P]) -> None:
        self._awaited_bytes -= self._awaited.pop((stub.partition, stub.epoch, stub.offset), 0)

    def _forget(self, partitions: set[P]) -> None:
        """Drop what waits of assignments that are over; takes time for what waits with its payload."""
        for heap in (self._fixed, self._loose):
            heap.discard(lambda ticket: not self.current(ticket))
        self._stubs.drop(partitions)
