"""How long to wait before a message is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

JITTER: Final = 0.1  # of the delay, to both sides: more would let later retries overtake earlier ones


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off: retry n waits `base x 2^(n-1)`, at most `max`, give or take 10 %.

    Attributes:
        base_delay_ms: delay of the first retry, in milliseconds, at least 1.
        max_delay_ms: no delay is longer, jitter apart.
        max_attempts: retries that a message gets, the first delivery not counted; 0 for none.
    """

    base_delay_ms: int = 1_000
    max_delay_ms: int = 60_000
    max_attempts: int = 5

    def __post_init__(self) -> None:
        if self.base_delay_ms < 1 or self.max_delay_ms < self.base_delay_ms or self.max_attempts < 0:
            raise ValueError(
                f"a retry policy needs 1 <= base <= max and at least 0 attempts, not base {self.base_delay_ms} ms, "
                f"max {self.max_delay_ms} ms, {self.max_attempts} attempts"
            )

    def delay_ms(self, retry: int, chance: float) -> int:
        """The delay before a retry, in milliseconds.

        Args:
            retry: which one, from 1.
            chance: a random number from 0 to 1; 0.5 is no jitter at all.
        """
        doublings = min(retry - 1, 62)  # beyond that every delay is the longest one
        nominal = min(self.base_delay_ms << doublings, self.max_delay_ms)
        return max(1, round(nominal * (1 + JITTER * (2 * chance - 1))))
