"""How fast: a token bucket that yields when the other side asks for less."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

_LEAST: Final = 1 / 64  # of the rate: the slowest that it becomes; but
_SLOWEST: Final = 1.0  # a second, where the rate is higher than 64
_RECOVERY: Final = timedelta(seconds=60)  # from half the rate back to all of it
_MEMORY: Final = 10.0  # seconds over which the rate in use is measured: e-folding, so that the sum is rate x memory


class TokenBucket:
    """At most `rate` tokens a second on average, `burst` at once; `slow_down` halves what is in use for a while."""

    def __init__(self, rate: float, burst: float, start: datetime) -> None:
        """Begin full at `start`.

        Raises:
            ValueError: the rate is not above 0, or the burst is below 1.
        """
        if rate <= 0 or burst < 1:
            raise ValueError(f"a bucket needs a rate > 0 and a burst >= 1, not {rate} and {burst}")
        self._rate, self._burst = rate, burst
        self._tokens, self._factor, self._began, self._seen = burst, 1.0, start, start
        self._used = 0.0  # tokens of the last seconds, older ones counting less

    @property
    def rate(self) -> float:
        """Tokens a second at this moment."""
        return self._rate * self._factor

    def take(self, now: datetime) -> timedelta:
        """Take a token, and say how long to wait before using it.

        The wait is the taker's own: tokens are lent in the order of the calls, so that nobody asks twice.
        """
        self._refill(now)
        self._tokens -= 1
        self._used += 1
        return timedelta(seconds=max(0.0, -self._tokens / self.rate))

    def behind(self, now: datetime) -> bool:
        """Whether tokens are lent already: a taker would have to wait."""
        self._refill(now)
        return self._tokens < 1

    def speed_up(self, now: datetime) -> None:
        """Double the rate, up to all of it: what was asked for less takes more now."""
        self._refill(now)
        self._factor = min(1.0, self._factor * 2)

    def slow_down(self, now: datetime) -> None:
        """Halve the rate, or what of it was in use: half of a limit that nobody reaches is no less. It comes back."""
        self._refill(now)
        slowest = min(self._rate * _LEAST, _SLOWEST)
        seconds = min(_MEMORY, max(1.0, (now - self._began).total_seconds()))
        in_use = min(self.rate, self._used / seconds) if self._used else self.rate
        self._factor = max(in_use / 2, slowest) / self._rate
        self._tokens = min(self._tokens, 0.0)

    def _refill(self, now: datetime) -> None:
        elapsed = now - self._seen
        if elapsed <= timedelta():
            self._seen = now  # a clock that goes back lends nothing for it
            return
        self._seen = now
        self._tokens = min(self._burst, self._tokens + elapsed.total_seconds() * self.rate)
        self._used *= math.exp(-elapsed.total_seconds() / _MEMORY)
        self._factor = min(1.0, self._factor * 2 ** (elapsed / _RECOVERY))
