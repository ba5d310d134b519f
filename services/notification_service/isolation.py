"""What keeps the mails that the server refuses out of the way of the others.

A refusal in a phase of a message never stops other mails: a mail that was not tried yet is always tried at once. The
mail that met the refusal waits, and what becomes of it is decided by the answers that other mails get meanwhile.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from eccs_contracts.delivery import (
    MESSAGE_PHASES,
    Blame,
    Outcome,
    OutcomeKind,
    Pace,
    ServerEvidence,
    ThrottleGauge,
    TokenBucket,
)
from services.notification_service.message import Job

_HOLDS: Final = {Blame.UNKNOWN: 3, Blame.SERVER: 10, Blame.MAIL: 0}  # in a row; then an attempt is counted
_HOLDS_AT_MAIL: Final = 10  # nothing but the size of a mail is known there: few mails are refused for their own sake
_SHARE: Final = 4  # a quarter of the sessions, or of the rate, is for mails that were refused before
_LATER: Final = timedelta(seconds=1)
_LONGEST_HOLD: Final = timedelta(seconds=30)
_UNSERVED: Final = (OutcomeKind.INFRASTRUCTURE, OutcomeKind.THROTTLED)
_MEMORY: Final = 10_000  # mails that the server was silent about


def hold_pause(holds: int) -> timedelta:
    """Return how long a mail waits after its n-th hold in a row: 1, 2, 4 ... 30 s; half a second without one."""
    seconds = _LATER.total_seconds() * 2.0 ** (holds - 1)
    return min(timedelta(seconds=seconds), _LONGEST_HOLD)


class Isolation:
    """Decides which mails may be tried now and whose fault a refusal is; belongs to one mail server.

    It has no clock: the caller says what time it is.
    """

    def __init__(self, bucket: TokenBucket, failures: int, sessions: int) -> None:
        """Create it.

        Args:
            bucket: the rate limit, which is slowed down where the server throttles mails in general.
            failures: different mails in a row, refused without an answer to another, that make the server suspect.
            sessions: connections at most.
        """
        self.evidence = ServerEvidence(failures)
        self._bucket = bucket
        self._gauge = ThrottleGauge(min(failures, max(2, int(bucket.rate / 2))))
        self._share = max(1, sessions // _SHARE)
        self._silent: OrderedDict[str, None] = OrderedDict()
        self._troubled: set[str] = set()
        self._test: str | None = None
        self._retested: datetime | None = None

    def enter(self, job: Job, now: datetime, *, busy: bool = False) -> datetime | None:
        """Return when to ask again, or None if the mail may be tried now; then `leave` must follow.

        Args:
            job: the mail.
            now: this instant.
            busy: whether all places to send are taken; then mails that were held keep to their share of them, too.
        """
        mail = job.ledger_id
        troubled = mail in self._silent or self.evidence.blames(mail)
        if (troubled or (busy and job.holds)) and len(self._troubled) >= self._share:
            return now + _LATER
        if job.holds and not self._may_test(now):
            return now + _LATER * min(job.holds, 10)
        if troubled or job.holds:
            self._troubled.add(mail)
        if job.holds and self.evidence.suspected:
            self._test = mail
        return None

    def leave(self, job: Job) -> None:
        """Note that a try has ended, however."""
        self._troubled.discard(job.ledger_id)
        if self._test == job.ledger_id:
            self._test = None

    def judged(self, job: Job, outcome: Outcome, began: int, now: datetime) -> Outcome:
        """Return the outcome, as the mail's own transient failure where the evidence says that it is its own.

        Args:
            job: the mail.
            outcome: what the server said.
            began: the mark of `evidence.begin()` when the sending began.
            now: the end of the try.
        """
        mail = job.ledger_id
        if outcome.silent:
            self._note_silent(mail)
        if _is_answer(outcome):
            self.evidence.answered(mail, began, outcome.phase or "DOT")
            self._silent.pop(mail, None)
            if outcome.kind is OutcomeKind.SENT:
                self._follow(self._gauge.note(now, mail, throttled=False), now)
            return outcome
        if outcome.kind is OutcomeKind.THROTTLED and outcome.phase not in MESSAGE_PHASES:
            self._follow(self._gauge.note(now, mail, throttled=True), now)
        return self._blamed(job, outcome, now) if _is_suspicious(outcome) else outcome

    def _blamed(self, job: Job, outcome: Outcome, now: datetime) -> Outcome:
        throttled = outcome.kind is OutcomeKind.THROTTLED
        blame = self.evidence.refused(job.ledger_id, outcome.phase, shared=throttled)
        if throttled and blame is not Blame.MAIL:
            self._follow(self._gauge.note(now, job.ledger_id, throttled=True), now)
        most = _HOLDS[blame]
        if blame is Blame.UNKNOWN and outcome.phase == "MAIL":
            most = _HOLDS_AT_MAIL
        if job.holds >= most:
            return replace(outcome, kind=OutcomeKind.TRANSIENT)
        if outcome.kind in _UNSERVED:
            return outcome
        # A connection that broke is the mail's own failure, unless the server is under suspicion.
        return replace(outcome, kind=OutcomeKind.INFRASTRUCTURE) if blame is Blame.SERVER else outcome

    def _may_test(self, now: datetime) -> bool:
        """Whether a mail that was held may be tried: one at a time under suspicion, and from what the rate leaves."""
        if self.evidence.suspected and self._test is not None:
            return False
        spacing = timedelta(seconds=_SHARE / self._bucket.rate)
        if self._bucket.behind(now) and self._retested is not None and now - self._retested < spacing:
            return False
        self._retested = now
        return True

    def _follow(self, pace: Pace, now: datetime) -> None:
        if pace is Pace.SLOWER:
            self._bucket.slow_down(now)
        elif pace is Pace.FASTER:
            self._bucket.speed_up(now)

    def _note_silent(self, mail: str) -> None:
        self._silent[mail] = None
        if len(self._silent) > _MEMORY:
            self._silent.popitem(last=False)


def _is_answer(outcome: Outcome) -> bool:
    """Whether the server has decided about this mail."""
    decided = outcome.kind in (OutcomeKind.PERMANENT, OutcomeKind.TRANSIENT)
    return outcome.kind is OutcomeKind.SENT or (decided and bool(outcome.code) and outcome.phase in MESSAGE_PHASES)


def _is_suspicious(outcome: Outcome) -> bool:
    """Whether it could happen to every mail: a refusal to serve, or a connection that broke before the final dot."""
    broken = outcome.kind is OutcomeKind.TRANSIENT and not outcome.code
    return outcome.phase in MESSAGE_PHASES and (broken or outcome.kind in _UNSERVED)
