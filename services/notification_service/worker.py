"""One message from claim to mark: claim -> send -> produce where it is due -> mark. The engine commits after that."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from eccs_contracts import EmailDlq, EmailRetry
from eccs_contracts.clients import RawProducer, message_headers
from eccs_contracts.delivery import DeadLetter, Done, Hold, Outcome, Retry, RetryPolicy, decide
from eccs_contracts.errors import ContractsError, InfrastructureError
from eccs_contracts.headers import replace
from eccs_contracts.serde import ContractSerializer
from services.notification_service.envelopes import dead_letter, retry_envelope
from services.notification_service.ledger import Busy, Finished, Ledger
from services.notification_service.logs import log
from services.notification_service.mail import Composer, Unsendable
from services.notification_service.message import Job
from services.notification_service.metrics import Metrics
from services.notification_service.smtp import SmtpPool

_HOLD: Final = timedelta(seconds=1)
_INSIST: Final = 0.5  # seconds between tries to write what must not be lost


@dataclass(frozen=True, slots=True)
class Complete:
    """Nothing is left to do for the record: its offset may be committed."""

    job: Job


@dataclass(frozen=True, slots=True)
class Wait:
    """The job comes again at `until`; no attempt is counted."""

    job: Job
    until: datetime


Result: TypeAlias = Complete | Wait


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where retries and dead letters are written."""

    producer: RawProducer
    retries: ContractSerializer[EmailRetry]
    dead_letters: ContractSerializer[EmailDlq]

    async def send(self, envelope: EmailRetry | EmailDlq, key: bytes | None, headers: dict[str, str]) -> None:
        """Write one envelope and wait for the broker.

        Raises:
            ContractsError: it is not acknowledged.
        """
        serialize: Any = self.retries if isinstance(envelope, EmailRetry) else self.dead_letters
        value = await asyncio.to_thread(serialize, envelope)
        ours = {**message_headers(envelope, version=type(envelope).VERSION), **headers}
        answer = self.producer.send(type(envelope).TOPIC, value, key=key, headers=replace([], ours))
        await asyncio.wrap_future(answer)


@dataclass(frozen=True, slots=True)
class Worker:
    """Delivers jobs; runs on the asyncio loop."""

    ledger: Ledger
    smtp: SmtpPool
    slots: asyncio.Semaphore  # sends at the same time, and so duplicates that a crash can make
    composer: Composer
    outbox: Outbox
    policy: RetryPolicy
    metrics: Metrics
    identity: tuple[str, str]  # consumer group, instance

    async def deliver(self, job: Job) -> Result:
        """Bring a job to its end, or say when to try again. Never raises."""
        started = time.monotonic()
        try:
            result = await self._deliver(job)
        except InfrastructureError as error:
            return self._wait(job, str(error))
        except Exception as error:  # noqa: BLE001  a defect of ours must not lose the message, nor stop the others
            log("error", "unexpected", email=job.ledger_id, error=repr(error))
            return self._wait(job, type(error).__name__)
        self.metrics.duration.observe(time.monotonic() - started)
        return result

    async def _deliver(self, job: Job) -> Result:
        job = job.at(_now())
        claim = await self.ledger.claim(job, _now())
        if isinstance(claim, Finished):
            self.metrics.dedup_hits.inc()
            return Complete(job)
        if isinstance(claim, Busy):
            return Wait(job, max(claim.until, _now() + timedelta(milliseconds=50)))
        async with self.slots:
            return await self._settle(job)

    async def _settle(self, job: Job) -> Result:
        """Try it and write down how it ended, all in one slot: no more mails than slots are sent and not marked."""
        outcome = job.verdict or await self._attempt(job)
        decision = decide(outcome, job.attempt, self.policy, now=_now(), chance=random.random())  # noqa: S311  jitter
        match decision:
            case Done():
                await _insist(lambda: self.ledger.sent(job, _now()))
                self.metrics.processed.labels("success").inc()
            case Retry():
                await self._retry(job, decision)
            case DeadLetter():
                await self._dead(job, decision)
            case Hold():
                await self.ledger.release(job, _now())
                return self._wait(job, decision.reason)
        log(
            "info",
            type(decision).__name__.lower(),
            email=job.ledger_id,
            attempt=job.attempt,
            reason=outcome.reason,
        )
        return Complete(job)

    async def _attempt(self, job: Job) -> Outcome:
        assert job.request is not None  # noqa: S101  without a request there is a verdict
        try:
            mail = self.composer.compose(job.request)
        except Unsendable as error:
            return error.outcome
        return await self.smtp.send(mail)

    async def _retry(self, job: Job, retry: Retry) -> None:
        """The retry is on the broker before the ledger says so: a crash between the two costs an attempt, no mail."""
        assert job.request is not None  # noqa: S101  only what was sent can be sent again
        envelope, headers = retry_envelope(job, job.request, retry)
        await _insist(lambda: self.outbox.send(envelope, job.record.key, headers))
        await _insist(lambda: self.ledger.retrying(job, retry, _now()))
        self.metrics.processed.labels("retry").inc()

    async def _dead(self, job: Job, letter: DeadLetter) -> None:
        origin = await _insist(lambda: self.ledger.origin(job))
        envelope, headers = dead_letter(
            job, letter, origin, now=_now(), max_attempts=self.policy.max_attempts, by=self.identity
        )
        key = origin.key or job.ledger_id.encode()
        await _insist(lambda: self.outbox.send(envelope, key, headers))
        await _insist(lambda: self.ledger.dead(job, letter, _now()))
        self.metrics.dead.labels(letter.category).inc()
        self.metrics.processed.labels("failed").inc()
        self.metrics.processed.labels("dlq").inc()

    def _wait(self, job: Job, reason: str) -> Wait:
        self.metrics.held.inc()
        log("warning", "held", email=job.ledger_id, reason=reason)
        return Wait(job, _now() + _HOLD)


async def _insist(action: Callable[[], Awaitable[Any]]) -> Any:
    """Do what must be done before the offset may be committed, however long the dependency is away."""
    while True:
        try:
            return await action()
        except InfrastructureError as error:
            log("warning", "insisting", reason=str(error))
        except ContractsError:
            raise
        await asyncio.sleep(_INSIST)


def _now() -> datetime:
    return datetime.now(UTC)
