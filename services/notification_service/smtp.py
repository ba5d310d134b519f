"""SMTP sessions that are kept open, behind a circuit breaker and a rate limit."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from eccs_contracts.delivery import MESSAGE_PHASES, BreakerState, CircuitBreaker, Outcome, OutcomeKind, TokenBucket
from eccs_contracts.errors import InfrastructureError
from services.notification_service.clock import Clock
from services.notification_service.isolation import Isolation
from services.notification_service.mail import Mail
from services.notification_service.metrics import Metrics
from services.notification_service.settings import SmtpSettings
from services.notification_service.smtp_failures import session_failure
from services.notification_service.smtp_replies import BAD_SEQUENCE, SERVICE_CLOSES, classify
from services.notification_service.smtp_session import Lost, Refused, SmtpSession

_SENT: Final = Outcome(OutcomeKind.SENT)
# A reply that asks for a login tells of the session's: a new one logs in again, and shows whether that works.
_SESSION_ENDS: Final = (SERVICE_CLOSES, BAD_SEQUENCE, 530, 535, 538)
_LONGEST_PAUSE: Final = timedelta(seconds=10)  # of the breaker: how late the end of an outage may be noticed
_UNLIMITED: Final = 1_000_000.0


class SmtpUnavailable(InfrastructureError):
    """Raised where no SMTP session can be had."""


class SmtpPool:
    """Sessions with one server, each used by one message at a time and reused."""

    def __init__(self, settings: SmtpSettings, clock: Clock, metrics: Metrics) -> None:
        self._settings, self._clock, self._metrics = settings, clock, metrics
        self._idle: list[SmtpSession] = []
        self._free = asyncio.Semaphore(settings.sessions)
        rate = settings.rate or _UNLIMITED
        self._bucket = TokenBucket(rate, max(1.0, rate / 10), clock.now())
        self.isolation = Isolation(self._bucket, settings.breaker_failures, settings.sessions)
        self.breaker = CircuitBreaker(
            settings.breaker_failures, timedelta(seconds=settings.breaker_pause), _LONGEST_PAUSE
        )

    async def send(self, mail: Mail, *, once: bool = False) -> Outcome:
        """Send one mail that the breaker has let through, and return how it ended.

        Never raises for what a server or a network does. The breaker is asked once more: it may have opened since. It
        counts sessions that cannot be had; what is said to one mail over a session is no failure for the others.

        Args:
            mail: what to send.
            once: whether to try one connection only, a new one: the mail is to blame for what it met before.
        """
        async with self._free:
            if self.breaker.state(self._clock.now()) is BreakerState.OPEN:
                return Outcome(OutcomeKind.INFRASTRUCTURE, f"{self._address} does not serve: its circuit is open")
            outcome = await (self._try_once(mail) if once else self._try(mail))
            self._report(outcome)
            return outcome

    async def pace(self) -> None:
        """Wait for the rate limit; before anything is decided, for the wait can be long."""
        wait = self._bucket.take(self._clock.now()).total_seconds()
        if wait > 0:
            self._metrics.throttled.inc()
            await asyncio.sleep(wait)

    async def check(self, seconds: float) -> None:
        """See that a session can be had within some seconds, and keep it.

        Raises:
            SmtpUnavailable: none can; names the address.
        """
        try:
            async with asyncio.timeout(seconds):
                self._idle.append(await self._open())
        except TimeoutError:
            why = f"no session within {seconds:.1f} s"
            raise SmtpUnavailable(session_failure(self._address, "CONNECT", why, silent=True)) from None
        except Refused as error:
            reason = classify(error.phase, error.reply, hidden=self._settings.secrets).reason
            raise SmtpUnavailable(session_failure(self._address, error.phase, reason)) from None
        except Lost as error:
            raise SmtpUnavailable(
                session_failure(self._address, error.phase, str(error), silent=error.silent)
            ) from None

    async def close(self) -> None:
        """End all sessions."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(session.quit() for session in idle))
        self._metrics.sessions.dec(len(idle))

    @property
    def _address(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    async def _try(self, mail: Mail) -> Outcome:
        """An attempt, and at once another on a new connection where the first was cut before the server had it all.

        A session that lay idle may have been closed by the server, and one that is new may have met its restart: the
        second connection tells both from a message that breaks connections.
        """
        # A probe of the breaker opens a session: the answer to its mail must not decide.
        closed = self.breaker.state(self._clock.now()) is BreakerState.CLOSED
        first = await self._attempt(mail, await self._kept() if closed else None)
        if isinstance(first, Outcome):
            return first
        return first[0] if self.isolation.evidence.suspected else await self._try_once(mail)

    async def _try_once(self, mail: Mail) -> Outcome:
        outcome = await self._attempt(mail, None)
        return outcome if isinstance(outcome, Outcome) else outcome[0]

    async def _attempt(self, mail: Mail, session: SmtpSession | None) -> Outcome | tuple[Outcome]:
        """The outcome; in a tuple where trying again at once makes sense."""
        found = session or await self._opened()
        if isinstance(found, Outcome):
            return found
        session = found
        refusal = _beyond(session, mail)
        if refusal is not None:
            self._idle.append(session)
            return refusal
        try:
            await session.send(mail)
        except Refused as error:
            return await self._refused(session, error, mail)
        except Lost as error:
            self._drop(session)
            return _lost(error)
        except BaseException:
            self._drop(session)
            raise
        await self._keep(session)
        return _SENT

    async def _refused(self, session: SmtpSession, error: Refused, mail: Mail) -> Outcome | tuple[Outcome]:
        delay, hidden = self._settings.greylist_delay_ms, (mail.recipient, mail.recipient.rpartition("@")[0])
        outcome = classify(error.phase, error.reply, greylist_delay_ms=delay, hidden=hidden)
        if error.reply.code in _SESSION_ENDS:
            self._drop(session)
            # A session that was just opened was not to blame, except for what its own commands were.
            return (outcome,) if session.mails or error.reply.code == BAD_SEQUENCE else outcome
        try:
            await session.reset()
        except (Refused, Lost):
            self._drop(session)
        else:
            await self._keep(session)
        return outcome

    async def _opened(self) -> SmtpSession | Outcome:
        """Return a new session, or why none can be had; the breaker learns of both."""
        try:
            session = await self._open()
        except Refused as error:
            outcome = classify(error.phase, error.reply, hidden=self._settings.secrets)
        except Lost as error:
            outcome = Outcome(OutcomeKind.INFRASTRUCTURE, f"{self._address}: {error}", error.phase)
        else:
            self.breaker.succeeded()
            return session
        if outcome.kind is OutcomeKind.INFRASTRUCTURE and outcome.phase in ("AUTH", "STARTTLS"):
            self.breaker.trip(self._clock.now())
        else:
            self.breaker.failed(self._clock.now())
        return outcome

    def _report(self, outcome: Outcome) -> None:
        """Count the attempt; whatever a server replies to a mail shows that it serves sessions."""
        self._metrics.attempts.labels(outcome.kind, outcome.phase, str(outcome.code // 100 or "")).inc()
        if outcome.kind is OutcomeKind.SENT or (outcome.code and outcome.phase in MESSAGE_PHASES):
            self.breaker.succeeded()

    async def _kept(self) -> SmtpSession | None:
        while self._idle:
            session = self._idle.pop()
            if session.usable:
                self._metrics.reused.inc()
                return session
            self._drop(session)
        return None

    async def _keep(self, session: SmtpSession) -> None:
        if session.mails < self._settings.session_mails:
            self._idle.append(session)
        else:
            self._metrics.sessions.dec()
            await session.quit()

    async def _open(self) -> SmtpSession:
        session = await SmtpSession.open(self._settings)
        self._metrics.sessions.inc()
        return session

    def _drop(self, session: SmtpSession) -> None:
        self._metrics.sessions.dec()
        session.abort()


def _beyond(session: SmtpSession, mail: Mail) -> Outcome | None:
    """What the server said in EHLO that it cannot do for this mail."""
    if mail.needs_utf8 and "SMTPUTF8" not in session.extensions:
        return Outcome(OutcomeKind.PERMANENT, "the SMTP server takes no addresses beyond ASCII", "EHLO", 553, "5.6.7")
    if session.largest is not None and len(mail.content) > session.largest:
        reason = f"the mail has {len(mail.content)} bytes, the SMTP server takes {session.largest}"
        return Outcome(OutcomeKind.PERMANENT, reason, "EHLO", 552, "5.3.4")
    return None


def _lost(error: Lost) -> Outcome | tuple[Outcome]:
    if error.phase == "DOT":
        return Outcome(OutcomeKind.AMBIGUOUS, f"the server may have it: {error}", error.phase, silent=error.silent)
    outcome = Outcome(OutcomeKind.TRANSIENT, f"the connection broke: {error}", error.phase, silent=error.silent)
    return outcome if error.silent else (outcome,)
