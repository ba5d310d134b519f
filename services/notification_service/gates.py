"""Reasons to start nothing: a dependency of all messages is away, or nearly all messages are bad."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from eccs_contracts.delivery import BreakerState, CircuitBreaker, FloodGuard
from services.notification_service.logs import log

_FIRST_PAUSE: Final = timedelta(seconds=0.5)
_LONGEST_PAUSE: Final = timedelta(seconds=5)


class Gates:
    """What the engine asks before it takes messages; each gate opens again by itself."""

    def __init__(self, smtp: CircuitBreaker, flood: FloodGuard, now: Callable[[], datetime]) -> None:
        """Take the breaker of the SMTP server, the guard of the DLQ, and the time."""
        self.ledger = CircuitBreaker(1, _FIRST_PAUSE, _LONGEST_PAUSE)
        self.smtp, self.flood = smtp, flood
        self._now = now
        self._last: str | None = None

    def unsure(self) -> bool:
        """Whether a dependency has failed and has not served since: a few may try, nothing new is to be taken."""
        return self.ledger.retry_at is not None or self.smtp.retry_at is not None

    def closed(self) -> tuple[str, datetime] | None:
        """Why nothing may start and until when; None where it may."""
        now = self._now()
        found = self._reason(now)
        reason = found[0] if found else None
        if reason != self._last:
            log("warning" if reason else "info", "gate", closed=reason or "no", until=found[1] if found else None)
            self._last = reason
        return found

    def _reason(self, now: datetime) -> tuple[str, datetime] | None:
        for name, breaker in (("mongodb", self.ledger), ("smtp", self.smtp)):
            until = breaker.retry_at
            if until is not None and breaker.state(now) is BreakerState.OPEN:
                return name, until
        blocked = self.flood.blocked_until(now)
        return None if blocked is None else ("too many dead letters", blocked)
