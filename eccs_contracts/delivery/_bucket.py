"""How fast: a token bucket that yields when the other side asks for less."""

from __future__ import annotations

from datetime import datetime, timedelta

_SLOWEST = 1 / 64  # of the configured rate
_RECOVERY = timedelta(seconds=60)  # from half the rate back to all of it


class TokenBucket:
    """At most `rate` tokens a second on average, `burst` at once; `slow_down` halves the rate for a while."""

    def __init__(self, rate: float, burst: float, start: datetime) -> None:
        """Begin full at `start`.

        Raises:
            ValueError: the rate is not above 0, or the burst is below 1.
        """
        if rate <= 0 or burst < 1:
            raise ValueError(f"a bucket needs a rate > 0 and a burst >= 1, not {rate} and {burst}")
        self._rate, self._burst = rate, burst
        self._tokens, self._factor, self._seen = burst, 1.0, start

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
        return timedelta(seconds=max(0.0, -self._tokens / self.rate))

    def slow_down(self, now: datetime) -> None:
        """Halve the rate, down to a 64th; it comes back over minutes."""
        self._refill(now)
        self._factor = max(self._factor / 2, _SLOWEST)
        self._tokens = min(self._tokens, 0.0)

    def _refill(self, now: datetime) -> None:
        elapsed = now - self._seen
        if elapsed <= timedelta():
            return  # a clock that goes back lends nothing twice
        self._seen = now
        self._tokens = min(self._burst, self._tokens + elapsed.total_seconds() * self.rate)
        self._factor = min(1.0, self._factor * 2 ** (elapsed / _RECOVERY))
