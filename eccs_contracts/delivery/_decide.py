"""What happens to a message after an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from eccs_contracts.delivery._policy import RetryPolicy
from eccs_contracts.models import ErrorCategory


class OutcomeKind(StrEnum):
    """How an attempt ended.

    INFRASTRUCTURE is not the message's fault (nobody could have been served): it costs no attempt.
    """

    SENT = "sent"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    PARSE = "parse"
    VALIDATION = "validation"
    EXPIRED = "expired"
    INFRASTRUCTURE = "infrastructure"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt, and why, in words without personal data."""

    kind: OutcomeKind
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The message is delivered."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the message and try again when the dependency is back; no attempt is counted."""

    reason: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at `due`.

    Attributes:
        attempt: which retry it will be, from 1.
        delay_ms: the delay that led to `due`.
    """

    attempt: int
    delay_ms: int
    due: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Give the message up.

    Attributes:
        attempts: retries made.
    """

    category: ErrorCategory
    attempts: int
    reason: str


Decision: TypeAlias = Done | Hold | Retry | DeadLetter

_FINAL = {
    OutcomeKind.PERMANENT: ErrorCategory.PERMANENT,
    OutcomeKind.PARSE: ErrorCategory.PARSE,
    OutcomeKind.VALIDATION: ErrorCategory.VALIDATION,
    OutcomeKind.EXPIRED: ErrorCategory.EXPIRED,
}


def decide(outcome: Outcome, attempt: int, policy: RetryPolicy, *, now: datetime, chance: float) -> Decision:
    """What to do after an attempt.

    Args:
        outcome: how it ended.
        attempt: which one it was: 0 is the first delivery, n the n-th retry.
        policy: how often, and how long to wait.
        now: the instant of the outcome, aware.
        chance: a random number from 0 to 1, for the jitter.
    """
    if outcome.kind is OutcomeKind.SENT:
        return Done()
    if outcome.kind is OutcomeKind.INFRASTRUCTURE:
        return Hold(outcome.reason)
    if outcome.kind in _FINAL:
        return DeadLetter(_FINAL[outcome.kind], attempt, outcome.reason)
    if attempt >= policy.max_attempts:
        return DeadLetter(ErrorCategory.TRANSIENT_EXHAUSTED, attempt, outcome.reason)
    delay_ms = policy.delay_ms(attempt + 1, chance)
    return Retry(attempt + 1, delay_ms, now + timedelta(milliseconds=delay_ms), outcome.reason)
