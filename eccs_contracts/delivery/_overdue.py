"""How many of the things that wait are overdue, without looking at each."""

from __future__ import annotations

from collections import Counter
from datetime import datetime


class OverdueCount:
    """Counts due times by the second; each operation takes constant time, amortised over the seconds that pass."""

    def __init__(self) -> None:
        self._coming: Counter[int] = Counter()  # items by the second in which they are due
        self._late = 0
        self._until: int | None = None  # items due before this second are counted in `_late`

    def add(self, due: datetime) -> None:
        """Count an item."""
        self._change(due, 1)

    def remove(self, due: datetime) -> None:
        """Count an item that was added no more."""
        self._change(due, -1)

    def count(self, now: datetime) -> int:
        """How many items were due before the second that `now` lies in; `now` must not go back."""
        second = int(now.timestamp())
        if self._until is None or second - self._until > len(self._coming):
            passed = [one for one in self._coming if one < second]
        else:
            passed = [one for one in range(self._until, second) if one in self._coming]
        self._late += sum(self._coming.pop(one) for one in passed)
        self._until = max(second, self._until or second)
        return self._late

    def _change(self, due: datetime, by: int) -> None:
        second = int(due.timestamp())
        if self._until is not None and second < self._until:
            self._late += by
            return
        self._coming[second] += by
        if not self._coming[second]:
            del self._coming[second]
