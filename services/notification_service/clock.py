"""The time that the service decides by: the ledger's at the start, and from then on steady.

A due time is written by one host and read by another, whose clocks may differ. All of them share the ledger's
database, so its clock is the one that counts; the difference is measured once, before anything is taken.

An operating system may set the wall clock by hours at any moment. A retry must not start an hour early for that, nor
wait an hour more, so the difference of two instants is always the monotonic clock's. What the wall says later is only
compared, and reported.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """`now()` never jumps once it is aligned; `jump()` says how far the wall clock is off."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take the two clocks of the system, in seconds."""
        self._wall, self._monotonic = wall, monotonic
        self._began, self._zero = datetime.fromtimestamp(wall(), UTC), monotonic()

    def now(self) -> datetime:
        """This instant."""
        return self._began + timedelta(seconds=self._monotonic() - self._zero)

    def align(self, reference: datetime) -> float:
        """Go by another clock from here on; by how many seconds that one was ahead.

        Args:
            reference: what it said, just now. However long the answer took, it had said it before: so this clock is
                late by that long at most, and never early, as the retries that it starts.
        """
        ahead = reference - self.now()
        self._began += ahead
        return ahead.total_seconds()

    def jump(self) -> float:
        """Seconds by which the wall clock is ahead of `now()`, or behind it where negative."""
        return self._wall() - self.now().timestamp()
