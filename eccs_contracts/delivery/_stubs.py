"""Records that wait without their payload: when each is due, and where it can be read again."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar

from eccs_contracts.delivery._overdue import OverdueCount

P = TypeVar("P", bound=Hashable)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_OFFSET_BITS: Final = 63
_SIZE_BITS: Final = 14
_UNIT: Final = 1024  # bytes: the unit of sizes, so that 16 MiB fit
_OFFSETS: Final = (1 << _OFFSET_BITS) - 1
_LARGEST: Final = (1 << _SIZE_BITS) - 1


@dataclass(frozen=True, slots=True)
class Stub(Generic[P]):
    """What is kept of a record whose payload was dropped.

    Attributes:
        epoch: which assignment of the partition it belongs to.
        due: not before this instant, to the millisecond.
        size: bytes of the record, rounded up to KiB.
    """

    partition: P
    offset: int
    epoch: int
    due: datetime
    size: int


class StubHeap(Generic[P]):
    """Stubs by due time, each packed into one number: about 60 bytes.

    Each operation takes logarithmic time, and time for each partition.
    """

    def __init__(self) -> None:
        self._heaps: dict[tuple[P, int], list[int]] = {}  # by partition and epoch
        self._overdue: dict[tuple[P, int], OverdueCount] = {}

    def __len__(self) -> int:
        return sum(map(len, self._heaps.values()))

    @property
    def next_due(self) -> datetime | None:
        """When the first record is due; None if there is none."""
        first = min((heap[0] for heap in self._heaps.values()), default=None)
        return None if first is None else _due(first)

    def push(self, stub: Stub[P]) -> None:
        """Keep a stub until it is taken out."""
        key = (stub.partition, stub.epoch)
        packed = _pack(stub)
        if key not in self._heaps:
            self._heaps[key], self._overdue[key] = [], OverdueCount()
        heapq.heappush(self._heaps[key], packed)
        self._overdue[key].add(_due(packed))

    def pop(self) -> Stub[P]:
        """Take out the stub that is due first.

        Raises:
            ValueError: there is none.
        """
        key = min(self._heaps, key=lambda one: self._heaps[one][0])
        packed = heapq.heappop(self._heaps[key])
        self._overdue[key].remove(_due(packed))
        if not self._heaps[key]:
            self._drop(key)
        size = (packed & _LARGEST) * _UNIT
        return Stub(key[0], packed >> _SIZE_BITS & _OFFSETS, key[1], _due(packed), size)

    def drop(self, partitions: Iterable[P]) -> None:
        """Forget all stubs of these partitions, whatever their epoch."""
        gone = set(partitions)
        for key in [one for one in self._heaps if one[0] in gone]:
            self._drop(key)

    def overdue(self, now: datetime) -> int:
        """How many records were due before the second that `now` lies in and are still here."""
        return sum(one.count(now) for one in self._overdue.values())

    def _drop(self, key: tuple[P, int]) -> None:
        del self._heaps[key], self._overdue[key]


def _pack(stub: Stub[P]) -> int:
    """The due time in the highest bits, so that numbers compare as their due times; never earlier than it was."""
    due = -((_EPOCH - stub.due) // _MILLISECOND)
    units = min(-(-stub.size // _UNIT), _LARGEST)
    return (due << _OFFSET_BITS | stub.offset) << _SIZE_BITS | units


def _due(packed: int) -> datetime:
    return _EPOCH + (packed >> _OFFSET_BITS + _SIZE_BITS) * _MILLISECOND
