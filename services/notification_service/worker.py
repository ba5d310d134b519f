"""One message from claim to mark: claim -> send -> produce where it is due -> mark. The engine commits after that."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from eccs_contracts.delivery import (
    MESSAGE_PHASES,
    AmbiguousPolicy,
    DeadLetter,
    Decision,
    Done,
    Hold,
    Outcome,
    OutcomeKind,
    Retry,
    RetryPolicy,
    decide,
    tells_of_environment,
)
from eccs_contracts.errors import InfrastructureError
from services.notification_service.clock import Clock
from services.notification_service.envelopes import dead_letter, retry_envelope
from services.notification_service.faults import reached
from services.notification_service.gates import Gates
from services.notification_service.isolation import hold_pause
from services.notification_service.ledger import Busy, Finished, Ledger, Orphan
from services.notification_service.logs import log
from services.notification_service.mail import Composer, Unsendable
from services.notification_service.message import Job
from services.notification_service.metrics import Metrics
from services.notification_service.outbox import Outbox, insist
from services.notification_service.smtp import SmtpPool
from services.notification_service.tracing import Tracing

_HOLD: Final = timedelta(seconds=1)
_LONGEST_HOLD: Final = timedelta(seconds=30)
_PROBED: Final = timedelta(seconds=0.1)  # while one message finds out whether the server is back
_MOST_DEFECTS: Final = 3


@dataclass(frozen=True, slots=True)
class Complete:
    """Nothing is left to do for the record: its offset may be committed."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The job comes again at `until`; no attempt is counted."""

    job: Job
    until: datetime


Result: TypeAlias = Complete | Wait


@dataclass(frozen=True, slots=True)
class Terms:
    """What the worker goes by.

    Attributes:
        identity: consumer group and instance.
    """

    policy: RetryPolicy
    ambiguous: AmbiguousPolicy
    identity: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Worker:
    """Delivers jobs; runs on the asyncio loop.

    Attributes:
        slots: sends at the same time. Each is kept until its end is in the ledger, so that a crash can repeat no more
            mails than there are slots.
    """

    ledger: Ledger
    smtp: SmtpPool
    slots: asyncio.Semaphore
    composer: Composer
    outbox: Outbox
    gates: Gates
    terms: Terms
    clock: Clock
    metrics: Metrics
    tracing: Tracing

    async def deliver(self, job: Job, wanted: Callable[[], bool]) -> Result:
        """Bring a job to its end, or say when to try again. Raises nothing that an error of ours could be.

        Args:
            job: what is to be done.
            wanted: whether to begin what has not begun: not where the service stops, or the partition goes.
        """
        started = time.monotonic()
        try:
            with self.tracing.attempt(job):
                result = await self._admit(job, wanted)
        except InfrastructureError as error:
            return self._wait(job, str(error), "infrastructure")
        except Exception as error:  # noqa: BLE001  a defect of ours must not lose the message, nor stop the others
            result = await self._defect(job, error)
        self.metrics.duration.observe(time.monotonic() - started)
        return result

    async def _admit(self, job: Job, wanted: Callable[[], bool]) -> Result:
        """Past the breaker of the mail server, before anything is written; what is no mail needs no server."""
        now = self.clock.now()
        if not wanted():
            return Wait(job, now)
        if job.verdict is not None:
            return await self._deliver(job, wanted)
        breaker = self.smtp.breaker
        until = self.smtp.isolation.enter(job, now, busy=self.slots.locked())
        if until is not None:
            return Wait(job, until)
        try:
            if not breaker.allow(now):
                return Wait(job, max(breaker.retry_at or now, now + _PROBED))
            try:
                return await self._deliver(job, wanted)
            finally:
                breaker.abandoned()
        finally:
            self.smtp.isolation.leave(job)

    async def _deliver(self, job: Job, wanted: Callable[[], bool]) -> Result:
        if self.terms.ambiguous is AmbiguousPolicy.PARK:
            async with self.slots:  # claimed in a slot: a crash leaves no more claims to park than there are slots
                claimed = await self._claim(job) if wanted() else Wait(job, self.clock.now())
                return claimed if isinstance(claimed, Complete | Wait) else await self._settle(claimed)
        claimed = await self._claim(job)
        if isinstance(claimed, Complete | Wait):
            return claimed
        if job.verdict is not None:  # nothing is sent: it takes no slot from those that are
            return await self._settle(claimed)
        async with self.slots:
            if wanted():
                if not self.ledger.surely_held(job):  # this process stood still: another may have taken it over
                    claimed = await self._claim(job)
                return claimed if isinstance(claimed, Complete | Wait) else await self._settle(claimed)
        await insist(lambda: self.ledger.release(job))
        return Wait(job, self.clock.now())

    async def _claim(self, job: Job) -> Job | Result:
        now = self.clock.now()
        if not self.gates.ledger.allow(now):
            return Wait(job, max(self.gates.ledger.retry_at or now, now + _PROBED))
        try:
            claim = await self.ledger.claim(job)
        except InfrastructureError:
            self.gates.ledger.failed(self.clock.now())
            raise
        except BaseException:
            self.gates.ledger.abandoned()
            raise
        self.gates.ledger.succeeded()
        if isinstance(claim, Finished):
            self.metrics.dedup_hits.inc()
            return Complete()
        if isinstance(claim, Busy):
            return Wait(job, claim.until)
        reached("after-claim")
        if isinstance(claim, Orphan) and self.terms.ambiguous is AmbiguousPolicy.PARK and job.verdict is None:
            reason = "an instance ended while it was sending this; the server may have it"
            return replace(job, verdict=Outcome(OutcomeKind.AMBIGUOUS, reason))
        return job

    async def _settle(self, job: Job) -> Result:
        """Try it and write down how it ended, all in one slot: no more mails than slots are sent and not marked."""
        if job.verdict is None:
            await self.smtp.pace()
        job = job.at(self.clock.now())
        outcome = job.verdict or await self._attempt(job)
        reached("after-send")
        if outcome.kind is OutcomeKind.AMBIGUOUS:
            self.metrics.ambiguous.inc()
        decision = decide(
            outcome,
            job.attempt,
            self.terms.policy,
            now=self.clock.now(),
            chance=random.random(),  # noqa: S311  jitter
            ambiguous=self.terms.ambiguous,
        )
        return await self._follow(job, outcome, decision)

    async def _follow(self, job: Job, outcome: Outcome, decision: Decision) -> Result:
        match decision:
            case Done():
                await insist(lambda: self.ledger.sent(job))
                self._count_sent(job)
            case Retry() | DeadLetter() if not await self._ours(job):
                return Wait(job, self.clock.now() + _HOLD)  # whoever took it over decides; the ledger says how
            case Retry():
                await self._retry(job, decision)
            case DeadLetter():
                until = self.gates.flood.blocked_until(self.clock.now())
                if until is not None and tells_of_environment(outcome, decision):
                    return await self._put_off(job, outcome, until)
                await self._dead(job, outcome, decision)
            case Hold():
                await insist(lambda: self.ledger.release(job))
                blamed = outcome.phase in MESSAGE_PHASES
                return self._wait(replace(job, holds=job.holds + blamed), decision.reason, outcome.kind)
        if tells_of_environment(outcome, decision):
            user = job.request.user_id if job.request else ""
            self.gates.flood.ended(self.clock.now(), dead=isinstance(decision, DeadLetter), user=user)
        log("info", type(decision).__name__.lower(), email=job.ledger_id, attempt=job.attempt, reason=outcome.reason)
        reached("after-mark")
        return Complete()

    async def _ours(self, job: Job) -> bool:
        """Whether nobody has taken the claim over while this process stood still."""
        return self.ledger.surely_held(job) or await insist(lambda: self.ledger.holds(job))

    async def _attempt(self, job: Job) -> Outcome:
        assert job.request is not None  # noqa: S101  without a request there is a verdict
        try:
            mail = self.composer.compose(job.request, self.clock.now())
        except Unsendable as error:
            return error.outcome
        isolation = self.smtp.isolation
        began = isolation.evidence.begin()
        outcome = await self.smtp.send(mail, once=isolation.evidence.blames(job.ledger_id))
        return isolation.judged(job, outcome, began, self.clock.now())

    async def _retry(self, job: Job, retry: Retry) -> None:
        """The retry is on the broker before the ledger says so: a crash between the two costs an attempt, no mail."""
        assert job.request is not None  # noqa: S101  only what was sent can be sent again
        if not job.attempt or job.first_topic is not None:
            await insist(lambda: self.ledger.keep_origin(job))
        envelope, ours = retry_envelope(job, job.request, retry)
        await insist(lambda: self.outbox.send(envelope, job.record.key, (job.record.headers, ours)))
        reached("after-retry-produce")
        await insist(lambda: self.ledger.retrying(job, retry))
        self.metrics.processed.labels("retry").inc()
        self.metrics.scheduled.labels(str(retry.attempt)).inc()

    async def _dead(self, job: Job, outcome: Outcome, letter: DeadLetter) -> None:
        origin = await insist(lambda: self.ledger.origin(job))
        envelope, ours = dead_letter(
            job,
            (letter, outcome),
            origin,
            now=self.clock.now(),
            max_attempts=self.terms.policy.max_attempts,
            by=self.terms.identity,
        )
        key = origin.key or job.ledger_id.encode()
        await insist(lambda: self.outbox.send(envelope, key, (origin.headers, ours)))
        reached("after-dead-produce")
        await insist(lambda: self.ledger.dead(job, letter))
        self.metrics.dead.labels(letter.category, letter.disposition).inc()
        self.metrics.processed.labels("failed").inc()
        self.metrics.processed.labels("dlq").inc()

    async def _defect(self, job: Job, error: Exception) -> Result:
        """A few tries, then the DLQ with the bytes as they came: maybe it is this message that makes our error."""
        name = type(error).__name__
        log("error", "defect", email=job.ledger_id, tries=job.defects + 1, error=repr(error))
        self.metrics.defects.labels(name).inc()
        job = replace(job, defects=job.defects + 1)
        if job.defects < _MOST_DEFECTS:
            return Wait(job, self.clock.now() + _HOLD * job.defects)
        outcome = Outcome(OutcomeKind.DEFECT, f"an error of the service: {name}")
        decision = decide(outcome, job.attempt, self.terms.policy, now=self.clock.now(), chance=0.5)
        try:
            return await self._follow(job, outcome, decision)
        except Exception as again:  # noqa: BLE001  not even that: it stays in its topic, and says so, until it can
            log("error", "cannot_park", email=job.ledger_id, error=repr(again))
            return Wait(job, self.clock.now() + _LONGEST_HOLD)

    async def _put_off(self, job: Job, outcome: Outcome, until: datetime) -> Wait:
        """Keep how it ended until dead letters may go again; it is not tried again for that."""
        await insist(lambda: self.ledger.release(job))
        return Wait(replace(job, verdict=outcome), until)

    def _wait(self, job: Job, reason: str, kind: str) -> Wait:
        self.metrics.held.labels(kind).inc()
        now = self.clock.now()
        closed = self.gates.closed()
        if closed is None:  # otherwise the gate says it once for all of them
            log("warning", "held", email=job.ledger_id, reason=reason)
        return Wait(job, max(closed[1], now + _PROBED) if closed else now + hold_pause(job.holds))

    def _count_sent(self, job: Job) -> None:
        self.metrics.processed.labels("success").inc()
        if job.redrive:
            self.metrics.redriven.inc()
        if job.request is not None:
            age = (self.clock.now() - job.request.timestamp).total_seconds()
            self.metrics.end_to_end.observe(max(0.0, age))
