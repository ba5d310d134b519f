"""Which offset may be committed when messages finish in any order."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)


class OffsetTracker(Generic[P]):
    """Per partition: what was taken, what is finished, and how far both are without a gap.

    A partition is any hashable value, for example (topic, number).
    """

    def __init__(self) -> None:
        self._open: dict[P, dict[int, bool]] = {}  # offset -> finished, in the order of offsets
        self._position: dict[P, int] = {}  # the next offset to commit
        self._committed: dict[P, int] = {}
        self._first: dict[P, int] = {}  # the offset that was taken first

    def take(self, partition: P, offset: int) -> bool:
        """Note that a message is being worked on; False if it is already, or was finished before."""
        if offset < self._position.get(partition, -1) or offset in self._open.get(partition, ()):
            return False
        self._open.setdefault(partition, {})[offset] = False
        self._first.setdefault(partition, offset)
        return True

    def goes_back(self, partition: P, offset: int) -> bool:
        """Whether an offset lies before what is finished: then it is another log, or one that was cut off."""
        return offset < self._position.get(partition, -1)

    def finish(self, partition: P, offset: int) -> None:
        """Note that a message needs no more work; one of a partition that was dropped is ignored."""
        pending = self._open.get(partition)
        if pending is None or offset not in pending:
            return
        pending[offset] = True
        while pending:
            first = next(iter(pending))
            if not pending[first]:
                return
            del pending[first]
            self._position[partition] = first + 1

    def committable(self) -> dict[P, int]:
        """Next offset by partition, where it is ahead of what is committed."""
        return {
            partition: offset
            for partition, offset in self._position.items()
            if offset > self._committed.get(partition, -1)
        }

    def committed(self, offsets: dict[P, int]) -> None:
        """Note that the broker has these; a place never goes back."""
        for partition, offset in offsets.items():
            self._committed[partition] = max(offset, self._committed.get(partition, offset))

    def drop(self, partition: P) -> None:
        """Forget a partition that is not ours any more; what finishes late counts for nothing."""
        for table in (self._open, self._position, self._committed, self._first):
            table.pop(partition, None)

    @property
    def finished(self) -> int:
        """Messages that could be committed and are not."""
        return sum(
            offset - self._committed.get(partition, self._first[partition])
            for partition, offset in self.committable().items()
        )

    def position(self, partition: P, otherwise: int) -> int:
        """The next offset to commit; `otherwise` where nothing was taken from the partition."""
        return self._position.get(partition, self._first.get(partition, otherwise))

    @property
    def in_flight(self) -> int:
        """Messages taken and not finished."""
        return sum(not done for pending in self._open.values() for done in pending.values())

    def unfinished(self) -> dict[P, int]:
        """The first offset that is not finished, by partition, where there is one."""
        return {partition: next(iter(pending)) for partition, pending in self._open.items() if pending}

    def open_offsets(self, partition: P) -> tuple[int, ...]:
        """Offsets taken and not finished, ascending."""
        return tuple(offset for offset, done in self._open.get(partition, {}).items() if not done)
