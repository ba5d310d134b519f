"""One message of a key at a time, whatever else runs beside it."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Lanes(Generic[K, T]):
    """A lane for each key in use; those that wait in one keep their order."""

    def __init__(self) -> None:
        self._lanes: dict[K, deque[T]] = {}
        self._waiting = 0

    def __len__(self) -> int:
        """Items that wait."""
        return self._waiting

    def enter(self, key: K, item: T) -> bool:
        """Whether the item may start; otherwise it waits until `leave` gives it out."""
        if key in self._lanes:
            self._lanes[key].append(item)
            self._waiting += 1
            return False
        self._lanes[key] = deque()
        return True

    def leave(self, key: K) -> T | None:
        """Note that what was running in a lane is over; the next of the lane, which has started then.

        Raises:
            KeyError: nothing is running there.
        """
        waiting = self._lanes[key]
        if waiting:
            self._waiting -= 1
            return waiting.popleft()
        del self._lanes[key]
        return None
