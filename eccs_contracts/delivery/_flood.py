"""Whether so many dead letters can be right: a guard against dead-lettering everything."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta


class FloodGuard:
    """Stops dead letters for a pause when they are too large a part of the last ends.

    Afterwards it begins to count anew: where all is still bad, one window of dead letters goes out in each pause.
    """

    def __init__(self, window: int, ratio: float, pause: timedelta) -> None:
        """Take how many ends are looked at, which part of them may be dead letters, and the pause.

        Raises:
            ValueError: the window is below 1, the ratio not in 0..1, or the pause not above zero.
        """
        if window < 1 or not 0 < ratio <= 1 or pause <= timedelta():
            raise ValueError(f"a guard needs window >= 1, 0 < ratio <= 1 and a pause, not {window}, {ratio}, {pause}")
        self._ends: deque[bool] = deque(maxlen=window)
        self._window, self._limit, self._pause = window, ratio * window, pause
        self._dead = 0
        self._until: datetime | None = None
        self.trips = 0

    def blocked_until(self, now: datetime) -> datetime | None:
        """When dead letters may go again; None while they may."""
        if self._until is not None and now >= self._until:
            self._until = None
        return self._until

    def ended(self, now: datetime, *, dead: bool) -> None:
        """Note how a message ended."""
        if len(self._ends) == self._window:
            self._dead -= self._ends[0]
        self._ends.append(dead)
        self._dead += dead
        if len(self._ends) == self._window and self._dead >= self._limit and dead:
            self._until = now + self._pause
            self.trips += 1
            self._ends.clear()
            self._dead = 0
