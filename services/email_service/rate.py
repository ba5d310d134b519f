"""How much each user may send: a token bucket each, in bounded memory. Knows no clock: time comes as an argument."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimiter:
    """Token buckets of the users seen last.

    Whoever is forgotten starts with a full bucket again. Only the one who was quiet longest is forgotten, and only
    tokens that we accept make a user: there are as many as the issuer lets there be.
    """

    def __init__(self, rate: float, burst: float, users: int) -> None:
        """Take e-mails a second, e-mails at once, and how many users are remembered; a rate of 0 is no limit."""
        self._rate = rate
        self._burst = burst
        self._users = users
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, user: str, cost: int, now: float) -> float:
        """Take `cost` e-mails out of a user's bucket; 0 where that was possible, else the seconds until it is.

        Args:
            user: whose bucket.
            cost: at most the burst.
            now: seconds of a steady clock.
        """
        if not self._rate:
            return 0.0
        bucket = self._buckets.get(user)
        if bucket is None:
            bucket = self._buckets[user] = _Bucket(self._burst, now)
            if len(self._buckets) > self._users:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(user)
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
            bucket.at = now
        if bucket.tokens < cost:
            return (cost - bucket.tokens) / self._rate
        bucket.tokens -= cost
        return 0.0
