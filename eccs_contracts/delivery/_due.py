"""What is waiting for its time, the earliest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Generic, TypeAlias, TypeVar

from eccs_contracts.delivery._overdue import OverdueCount

T = TypeVar("T")
Due: TypeAlias = tuple[datetime, T]
_Entry: TypeAlias = tuple[datetime, int, int, T]


class DueHeap(Generic[T]):
    """A heap by due time; equal times keep their order of arrival."""

    def __init__(self) -> None:
        self._items: list[_Entry[T]] = []  # when it is due, which one it is, its bytes, and the item
        self._order = count()
        self._overdue = OverdueCount()
        self.size = 0  # bytes of all items

    def __len__(self) -> int:
        return len(self._items)

    @property
    def next_due(self) -> datetime | None:
        """When the first item is due; None if there is none."""
        return self._items[0][0] if self._items else None

    def push(self, due: datetime, item: T, size: int = 0) -> None:
        """Keep an item of so many bytes until it is due."""
        heapq.heappush(self._items, (due, next(self._order), size, item))
        self._overdue.add(due)
        self.size += size

    def pop(self) -> T:
        """Take out the earliest item.

        Raises:
            IndexError: there is none.
        """
        entry = heapq.heappop(self._items)
        self._forget(entry)
        return entry[3]

    def pop_due(self, now: datetime, most: int | None = None) -> list[T]:
        """Take out what is due at `now`, at most so many, the earliest first; never what is not."""
        due: list[T] = []
        while self._items and self._items[0][0] <= now and (most is None or len(due) < most):
            due.append(self.pop())
        return due

    def trim(self, most: int, size: int) -> list[Due[T]]:
        """Take out the latest items until at most `most` of `size` bytes are left, or one. Takes time for each item."""
        self._items.sort()  # a sorted list is a heap
        gone: list[Due[T]] = []
        while len(self._items) > 1 and (len(self._items) > most or self.size > size):
            entry = self._items.pop()
            self._forget(entry)
            gone.append((entry[0], entry[3]))
        return gone

    def discard(self, unwanted: Callable[[T], bool]) -> None:
        """Drop the items that are not wanted any more. Takes time for each item."""
        kept: list[_Entry[T]] = []
        for entry in self._items:
            if unwanted(entry[3]):
                self._forget(entry)
            else:
                kept.append(entry)
        heapq.heapify(kept)
        self._items = kept

    def overdue(self, now: datetime) -> int:
        """How many items were due before the second that `now` lies in and are still here."""
        return self._overdue.count(now)

    def _forget(self, entry: _Entry[T]) -> None:
        self._overdue.remove(entry[0])
        self.size -= entry[2]
