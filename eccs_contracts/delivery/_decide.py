"""What happens to a message after an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from eccs_contracts.delivery._policy import RetryPolicy
from eccs_contracts.models import ErrorCategory


class OutcomeKind(StrEnum):
    """How an attempt ended.

    INFRASTRUCTURE is not the message's fault (nobody could have been served), THROTTLED is a server that asks for
    less: both cost no attempt. AMBIGUOUS is a connection lost after the end of the mail was sent: the server may have
    taken it (RFC 1047). DEFECT is an error of this program.
    """

    SENT = "sent"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    PARSE = "parse"
    VALIDATION = "validation"
    EXPIRED = "expired"
    INFRASTRUCTURE = "infrastructure"
    THROTTLED = "throttled"
    AMBIGUOUS = "ambiguous"
    DEFECT = "defect"


class AmbiguousPolicy(StrEnum):
    """What to do with a mail that the server may have: send it again, or park it for a person to look at."""

    RESEND = "resend"
    PARK = "park"


class Disposition(StrEnum):
    """Why a letter is dead, for whoever triages them."""

    PERMANENT = "permanent"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    UNDECODABLE = "undecodable"
    INVALID = "invalid"
    PARKED = "parked"
    DEFECT = "defect"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt, and why, in words without personal data.

    Attributes:
        phase: where in the SMTP dialogue, for example "RCPT"; empty where it did not get there.
        code: the SMTP reply; 0 where there is none.
        enhanced: its enhanced code (RFC 3463), for example "5.1.1"; empty where there is none.
        least_delay_ms: the next attempt waits at least so long: greylisting (RFC 6647).
        silent: the server said nothing until a time-out ran off.
    """

    kind: OutcomeKind
    reason: str = ""
    phase: str = ""
    code: int = 0
    enhanced: str = ""
    least_delay_ms: int = 0
    silent: bool = False


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
    disposition: Disposition


Decision: TypeAlias = Done | Hold | Retry | DeadLetter

_FINAL: Final = {
    OutcomeKind.PERMANENT: (ErrorCategory.PERMANENT, Disposition.PERMANENT),
    OutcomeKind.PARSE: (ErrorCategory.PARSE, Disposition.UNDECODABLE),
    OutcomeKind.VALIDATION: (ErrorCategory.VALIDATION, Disposition.INVALID),
    OutcomeKind.EXPIRED: (ErrorCategory.EXPIRED, Disposition.EXPIRED),
    OutcomeKind.DEFECT: (ErrorCategory.PERMANENT, Disposition.DEFECT),
}
_COSTS_NOTHING: Final = (OutcomeKind.INFRASTRUCTURE, OutcomeKind.THROTTLED)


def decide(
    outcome: Outcome,
    attempt: int,
    policy: RetryPolicy,
    *,
    now: datetime,
    chance: float,
    ambiguous: AmbiguousPolicy = AmbiguousPolicy.RESEND,
) -> Decision:
    """What to do after an attempt.

    Args:
        outcome: how it ended.
        attempt: which one it was: 0 is the first delivery, n the n-th retry.
        policy: how often, and how long to wait.
        now: the instant of the outcome, aware.
        chance: a random number from 0 to 1, for the jitter.
        ambiguous: what becomes of a mail that the server may have.
    """
    if outcome.kind is OutcomeKind.SENT:
        return Done()
    if outcome.kind in _COSTS_NOTHING:
        return Hold(outcome.reason)
    if outcome.kind in _FINAL:
        category, disposition = _FINAL[outcome.kind]
        return DeadLetter(category, attempt, outcome.reason, disposition)
    if outcome.kind is OutcomeKind.AMBIGUOUS and ambiguous is AmbiguousPolicy.PARK:
        return DeadLetter(ErrorCategory.TRANSIENT_EXHAUSTED, attempt, outcome.reason, Disposition.PARKED)
    if attempt >= policy.max_attempts:
        return DeadLetter(ErrorCategory.TRANSIENT_EXHAUSTED, attempt, outcome.reason, Disposition.EXHAUSTED)
    delay_ms = max(policy.delay_ms(attempt + 1, chance), outcome.least_delay_ms)
    return Retry(attempt + 1, delay_ms, now + timedelta(milliseconds=delay_ms), outcome.reason)
