"""The desk of one consumer: what was taken, what waits, what runs, and what may be committed.

It is all that a consumer decides, without the consumer: no clock, no thread, no Kafka. A partition that leaves and
comes back is a new epoch; whatever belongs to an older one is fenced and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Generic, TypeVar

from eccs_contracts.delivery._due import DueHeap
from eccs_contracts.delivery._lanes import Lanes
from eccs_contracts.delivery._offsets import OffsetTracker

P = TypeVar("P", bound=Hashable)
W = TypeVar("W")

_RESUME_AT: Final = 0.8  # of a limit: two watermarks, for to resume at the limit is to pause again at once


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
    """Bookkeeping of one consumer; a partition is any hashable value, for example (topic, number)."""

    def __init__(self, *, limit: int, window: int, window_bytes: int = 2**28) -> None:
        """Let `limit` messages run at once and `window` of `window_bytes` in all wait; all of them at least 1."""
        self._limit, self._window, self._window_bytes = limit, window, window_bytes
        self._waiting_bytes = 0
        self._tracker: OffsetTracker[P] = OffsetTracker()
        self._heap: DueHeap[Ticket[P, W]] = DueHeap(window)
        self._lanes: Lanes[Hashable, Ticket[P, W]] = Lanes()
        self._epochs: dict[P, int] = {}
        self._next_epoch = 1
        self._running: dict[P, int] = {}
        self._window_full = self._crowded = False
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
        return len(self._heap)

    @property
    def room(self) -> int:
        """How many more may be taken now."""
        return max(0, self._limit - self.running - len(self._lanes))

    @property
    def next_due(self) -> datetime | None:
        """When the first message that waits is due."""
        return self._heap.next_due

    def overdue(self, now: datetime) -> int:
        """How many messages wait although they are due."""
        return self._heap.overdue(now)

    def overflowing(self) -> bool:
        """Whether more waits than the window and all that runs: then nothing at all may be taken."""
        return len(self._heap) > self._window + self._limit or self._waiting_bytes > 2 * self._window_bytes

    def window_full(self) -> bool:
        """Whether reading ahead must stop; until it has gone down to 80 %."""
        level = max(len(self._heap) / self._window, self._waiting_bytes / self._window_bytes)
        self._window_full = level >= 1 or (self._window_full and level > _RESUME_AT)
        return self._window_full

    def crowded(self) -> bool:
        """Whether as much runs as may; until it has gone down to 80 %."""
        level = (self._limit - self.room) / self._limit
        self._crowded = level >= 1 or (self._crowded and level > _RESUME_AT)
        return self._crowded

    def assign(self, partitions: Iterable[P]) -> None:
        """Note that partitions are ours, each in a new epoch."""
        for partition in partitions:
            self._tracker.drop(partition)
            self._epochs[partition] = self._next_epoch
            self._next_epoch += 1

    def release(self, partitions: Iterable[P]) -> None:
        """Note that partitions are not ours any more: what waits is forgotten, what runs is fenced."""
        for partition in partitions:
            self._epochs.pop(partition, None)
            self._tracker.drop(partition)
        for ticket in self._heap.discard(lambda ticket: not self.current(ticket)):
            self._waiting_bytes -= ticket.size

    def epoch(self, partition: P) -> int:
        """Which assignment of a partition lasts; 0 where it is not ours."""
        return self._epochs.get(partition, 0)

    def current(self, ticket: Ticket[P, W]) -> bool:
        """Whether a ticket belongs to an assignment that lasts."""
        return self._epochs.get(ticket.partition) == ticket.epoch

    def take(self, partition: P, offset: int, work: W, size: int = 0) -> Ticket[P, W] | None:
        """The ticket of a record; None where it has one already, or the partition is not ours.

        Within an assignment a consumer never gives out an offset twice. One that lies before what is finished comes
        from a topic that was made anew, or lost its end: it is new, and whatever was known of the partition is void.
        """
        if partition in self._epochs and self._tracker.goes_back(partition, offset):
            self.assign([partition])
        epoch = self._epochs.get(partition)
        if epoch is None or not self._tracker.take(partition, offset):
            return None
        return Ticket(partition, offset, epoch, work, size)

    def lay_aside(self, ticket: Ticket[P, W], until: datetime, work: W) -> None:
        """Keep a message until its time."""
        if self.current(ticket):
            self._heap.push(until, replace(ticket, work=work))
            self._waiting_bytes += ticket.size
        else:
            self.fenced += 1

    def due(self, now: datetime) -> list[Ticket[P, W]]:
        """Take out what is due, as much as there is room for, never what is not."""
        due = self._heap.pop_due(now, self.room)
        self._waiting_bytes -= sum(ticket.size for ticket in due)
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

    def committable(self) -> dict[P, int]:
        """Next offset by partition, where it is ahead of what is committed."""
        return self._tracker.committable()

    def committed(self, offsets: dict[P, int]) -> None:
        """Note that the broker has these; those of partitions that left meanwhile are ignored."""
        self._tracker.committed({one: offset for one, offset in offsets.items() if one in self._epochs})

    @property
    def finished(self) -> int:
        """Messages that could be committed and are not."""
        return self._tracker.finished

    def unfinished(self) -> dict[P, int]:
        """The first offset that is not finished, by partition, where there is one."""
        return self._tracker.unfinished()

    def position(self, partition: P, otherwise: int) -> int:
        """The next offset to commit; `otherwise` where nothing was taken from the partition."""
        return self._tracker.position(partition, otherwise)
