"""The time that the service decides by: the wall's at the start, and from then on steady.

An operating system may set the wall clock by hours at any moment. A retry must not start an hour early for that, nor
wait an hour more, so the difference of two instants is always the monotonic clock's. What the wall says later is only
compared, and reported: a process that started with a wrong clock is right again after a restart, and until then the
clamp on due times bounds what it can do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """`now()` never jumps; `jump()` says how far the wall clock has gone off since the start."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take the two clocks of the system, in seconds."""
        self._wall, self._monotonic = wall, monotonic
        self._began, self._zero = datetime.fromtimestamp(wall(), UTC), monotonic()

    def now(self) -> datetime:
        """This instant."""
        return self._began + timedelta(seconds=self._monotonic() - self._zero)

    def jump(self) -> float:
        """Seconds by which the wall clock is ahead of `now()`, or behind it where negative."""
        return self._wall() - self.now().timestamp()
