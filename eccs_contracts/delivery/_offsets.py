"""Which offset may be committed when messages finish in any order, and which messages after it are finished."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Generic, TypeVar

from eccs_contracts.delivery._open_offsets import OpenOffsets

P = TypeVar("P", bound=Hashable)

_MOST_RUNS: Final = 1500  # of a `Progress`: more do not fit into the metadata of a commit


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a partition is: what a commit says, and what an assignment begins with.

    Attributes:
        offset: the next offset to commit; all messages before it are finished. None if nothing was ever committed.
        ahead: runs of finished offsets after `offset`, ascending, without overlap.
        finishes: how many messages finished since the commit before; 0 at an assignment.
    """

    offset: int | None
    ahead: Sequence[range] = ()
    finishes: int = 0


@dataclass(slots=True)
class _Partition:
    """One partition of an assignment.

    Attributes:
        committed: what the broker has; None if that is not known.
        end: the offset after the last one that was taken; None before the first.
        finishes: messages that finished and are in no commit yet.
        known: runs of finished offsets that another assignment has noted, after `end`.
    """

    committed: int | None
    known: deque[range]
    open: OpenOffsets = field(default_factory=OpenOffsets)
    first: int | None = None
    end: int | None = None
    finishes: int = 0

    @property
    def position(self) -> int | None:
        """The next offset to commit; None before anything was taken."""
        first = self.open.first
        return self.end if first is None else first

    @property
    def moved(self) -> int:
        """How many offsets could be committed and are not."""
        position = self.position
        if position is None:
            return 0
        behind = self.first if self.committed is None else self.committed
        return position if behind is None else max(0, position - behind)

    def take(self, offset: int) -> bool:
        """As `OffsetTracker.take`."""
        if self.end is None:
            self.first = offset
            if self.committed is not None and offset < self.committed:
                self.known.clear()  # another log: what was noted is about the older one
        elif offset < self.end:
            return False
        self.end = offset + 1
        while self.known and self.known[0].stop <= offset:
            self.known.popleft()
        if self.known and offset in self.known[0]:
            return False
        self.open.add(offset)
        return True

    def ahead(self) -> Iterator[range]:
        """Runs of finished offsets after the position; an offset that holds no record counts as finished."""
        start = self.position
        for run in self.open.runs():
            if start is not None and run.start > start:
                yield range(start, run.start)
            start = run.stop
        start, end = start or 0, self.end or 0
        for run in self.known:
            if run.start <= end:
                end = max(end, run.stop)
                continue
            if end > start:
                yield range(start, end)
            start, end = run.start, run.stop
        if end > start:
            yield range(start, end)


class OffsetTracker(Generic[P]):
    """Per partition: what was taken, what is finished, and how far both are without a gap.

    A partition is any hashable value, for example (topic, number). Every operation takes constant time, amortised;
    those over all partitions take time for each partition.
    """

    def __init__(self) -> None:
        self._partitions: dict[P, _Partition] = {}

    def assign(self, partition: P, begin: Progress | None = None) -> None:
        """Begin with a partition, at what is committed; whatever was known of it is forgotten."""
        begin = begin or Progress(None)
        self._partitions[partition] = _Partition(begin.offset, deque(begin.ahead))

    def take(self, partition: P, offset: int) -> bool:
        """Note that a message is being worked on; False if it is already, or was finished before.

        The offsets of a partition are taken in ascending order; those that are passed over hold no record.
        """
        if partition not in self._partitions:
            self.assign(partition)
        return self._partitions[partition].take(offset)

    def advance(self, partition: P, end: int) -> None:
        """Note that all records before `end` were taken: what lies between holds none, as a transaction's marker."""
        one = self._partitions.get(partition)
        if one is not None and (one.end is None or end > one.end):
            if one.end is None and one.committed is not None and end < one.committed:
                return
            one.end = end

    def goes_back(self, partition: P, offset: int) -> bool:
        """Whether an offset lies before what is finished: then it is another log, or one that was cut off."""
        one = self._partitions.get(partition)
        position = None if one is None else one.position
        return position is not None and offset < position

    def finish(self, partition: P, offset: int) -> None:
        """Note that a message needs no more work; one of a partition that was dropped is ignored."""
        one = self._partitions.get(partition)
        if one is not None and one.open.remove(offset):
            one.finishes += 1

    def committable(self, *, ahead: bool = True) -> dict[P, Progress]:
        """What to commit, by partition: where the position has moved, and with `ahead` where anything has finished."""
        return {
            partition: Progress(one.position, tuple(islice(one.ahead(), _MOST_RUNS)), one.finishes)
            for partition, one in self._partitions.items()
            if one.moved or (ahead and one.finishes)
        }

    def committed(self, commits: Mapping[P, Progress]) -> None:
        """Note that the broker has these; a place never goes back."""
        for partition, commit in commits.items():
            one = self._partitions.get(partition)
            if one is not None and commit.offset is not None:
                one.committed = max(commit.offset, one.committed or 0)
                one.finishes = max(0, one.finishes - commit.finishes)

    def drop(self, partition: P) -> None:
        """Forget a partition that is not ours any more; what finishes late counts for nothing."""
        self._partitions.pop(partition, None)

    @property
    def finished(self) -> int:
        """Offsets that could be committed and are not."""
        return sum(one.moved for one in self._partitions.values())

    @property
    def in_flight(self) -> int:
        """Messages taken and not finished."""
        return sum(len(one.open) for one in self._partitions.values())

    def unfinished(self) -> dict[P, int]:
        """The first offset that is not finished, by partition, where there is one."""
        return {
            partition: first for partition, one in self._partitions.items() if (first := one.open.first) is not None
        }

    def open_offsets(self, partition: P) -> tuple[int, ...]:
        """Offsets taken and not finished, ascending; takes time for each of them."""
        one = self._partitions.get(partition)
        return () if one is None else tuple(one.open)
