"""Whether a dependency is worth asking: a circuit breaker."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

_GROWTH = 2


class BreakerState(StrEnum):
    """CLOSED lets all through, OPEN nothing, HALF_OPEN one probe at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Opens after `threshold` failures in a row; after a pause lets one probe through.

    A probe that fails opens it again for twice as long, up to `longest`. Times are the caller's.
    """

    def __init__(self, threshold: int, pause: timedelta, longest: timedelta | None = None) -> None:
        """Take the failures in a row that open it (at least 1), the first pause and the longest one.

        Raises:
            ValueError: the threshold is below 1 or the pause is not above zero.
        """
        if threshold < 1 or pause <= timedelta():
            raise ValueError(f"a breaker needs a threshold >= 1 and a pause > 0, not {threshold} and {pause}")
        self._threshold = threshold
        self._first = self._pause = pause
        self._longest = max(pause, longest or pause)
        self._failures = 0
        self._opened: datetime | None = None
        self._probing = False

    @property
    def retry_at(self) -> datetime | None:
        """When a probe may go; None while closed."""
        return None if self._opened is None else self._opened + self._pause

    def state(self, now: datetime) -> BreakerState:
        """How it stands."""
        if self.retry_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.retry_at else BreakerState.HALF_OPEN

    def allow(self, now: datetime) -> bool:
        """Whether to try now; while half open, True makes the caller the probe, who must report its end."""
        state = self.state(now)
        if state is BreakerState.HALF_OPEN and not self._probing:
            self._probing = True
            return True
        return state is BreakerState.CLOSED

    def succeeded(self) -> None:
        """Report that the dependency served: close."""
        self._failures, self._opened, self._probing, self._pause = 0, None, False, self._first

    def abandoned(self) -> None:
        """Report that a try that was allowed told nothing of the dependency: another may probe."""
        self._probing = False

    def failed(self, now: datetime) -> None:
        """Report that it did not; those that were under way when it opened change nothing."""
        self._failures += 1
        state = self.state(now)
        if state is BreakerState.CLOSED and self._failures >= self._threshold:
            self._opened = now
        elif state is BreakerState.HALF_OPEN:
            self._opened, self._pause = now, min(self._pause * _GROWTH, self._longest)
            self._probing = False

    def trip(self, now: datetime) -> None:
        """Open at once: what failed will fail for everybody, for example a login."""
        if self.state(now) is BreakerState.CLOSED:
            self._opened = now
        else:
            self.failed(now)
