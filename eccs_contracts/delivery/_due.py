"""What is waiting for its time, the earliest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable
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

    def pop_due(self, now: datetime, most: int | None = None) -> list[T]:
        """Take out what is due at `now`, at most so many, the earliest first; never what is not."""
        due: list[T] = []
        while self._items and self._items[0][0] <= now and (most is None or len(due) < most):
            due.append(heapq.heappop(self._items)[2])
        return due

    def discard(self, unwanted: Callable[[T], bool]) -> list[T]:
        """Take out what is not wanted any more, in no order."""
        gone = [item for _, _, item in self._items if unwanted(item)]
        if gone:
            self._items = [entry for entry in self._items if not unwanted(entry[2])]
            heapq.heapify(self._items)
        return gone

    def overdue(self, now: datetime) -> int:
        """How many items are due and still here."""
        return sum(due <= now for due, _, _ in self._items)
