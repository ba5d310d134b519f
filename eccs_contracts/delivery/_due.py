"""What is waiting for its time, the earliest first."""

from __future__ import annotations

import heapq
from datetime import datetime
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class DueHeap(Generic[T]):
    """A bounded heap by due time; equal times keep their order of arrival."""

    def __init__(self, capacity: int) -> None:
        """Hold at most `capacity` items before `full` says so; more are still taken."""
        self._capacity = capacity
        self._items: list[tuple[datetime, int, T]] = []
        self._order = count()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def full(self) -> bool:
        """Whether reading ahead should stop."""
        return len(self._items) >= self._capacity

    @property
    def next_due(self) -> datetime | None:
        """When the first item is due; None where there is none."""
        return self._items[0][0] if self._items else None

    def push(self, due: datetime, item: T) -> None:
        """Keep an item until it is due."""
        heapq.heappush(self._items, (due, next(self._order), item))

    def pop_due(self, now: datetime) -> list[T]:
        """Take out all that is due at `now`, never what is not."""
        due = []
        while self._items and self._items[0][0] <= now:
            due.append(heapq.heappop(self._items)[2])
        return due
