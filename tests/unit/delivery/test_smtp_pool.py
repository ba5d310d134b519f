"""The pool of sessions with a server that refuses single mails, or everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from eccs_contracts.delivery import BreakerState, OutcomeKind
from services.local_stack import Fault, SmtpSink
from services.notification_service.clock import Clock
from services.notification_service.mail import Mail
from services.notification_service.metrics import Metrics
from services.notification_service.settings import SmtpSettings, SmtpTimeouts
from services.notification_service.smtp import SmtpPool

_MAIL = Mail("s@x.example", "good@x.example", b"Subject: a\r\n\r\nb\r\n", needs_utf8=False)
_POISON = replace(_MAIL, recipient="poison@x.example")
_TIMEOUTS = SmtpTimeouts(2, 2, 2, 2, 2, 2)


def _with_pool(act: Callable[[SmtpPool, SmtpSink], Awaitable[None]], *faults: Fault) -> None:
    async def scenario() -> None:
        with SmtpSink(faults) as sink:
            settings = SmtpSettings(sink.host, sink.port, timeouts=_TIMEOUTS, breaker_failures=2, breaker_pause=60)
            pool = SmtpPool(settings, Clock(), Metrics())
            await act(pool, sink)
            await pool.close()

    asyncio.run(scenario())


def _state(pool: SmtpPool) -> BreakerState:
    return pool.breaker.state(Clock().now())


@pytest.mark.parametrize("phase", ["RCPT", "DATA", "DOT"])
@pytest.mark.parametrize(
    "reply", ["421 4.3.0 no", "450 4.7.28 slower", "530 5.7.0 log in", "503 5.5.1 no", "451 4.3.0 no", "drop-before"]
)
def test_what_single_mails_meet_stops_no_other(phase: str, reply: str) -> None:
    """Twice as many as open the circuit when no session can be had, and a good mail after them."""

    async def act(pool: SmtpPool, _sink: SmtpSink) -> None:
        kinds = [(await pool.send(_POISON)).kind for _ in range(4)]
        assert OutcomeKind.SENT not in kinds
        assert _state(pool) is BreakerState.CLOSED
        assert (await pool.send(_MAIL)).kind is OutcomeKind.SENT

    _with_pool(act, Fault(phase, reply, r"poison@.*"))


@pytest.mark.parametrize(("phase", "reply"), [("CONNECT", "421 4.3.2 closing"), ("EHLO", "450 4.3.0 not now")])
def test_sessions_that_cannot_be_had_stop_all(phase: str, reply: str) -> None:
    """After as many in a row as the setting says."""

    async def act(pool: SmtpPool, _sink: SmtpSink) -> None:
        states = []
        for _ in range(2):
            assert (await pool.send(_MAIL)).kind is OutcomeKind.INFRASTRUCTURE
            states.append(_state(pool))
        assert states == [BreakerState.CLOSED, BreakerState.OPEN]

    _with_pool(act, Fault(phase, reply))


@pytest.mark.parametrize("reply", ["421 4.3.0 no", "450 4.7.28 slower", "drop-before"])
def test_a_probe_that_is_a_poison_mail_closes_the_circuit(reply: str) -> None:
    """It opens a session, which is all that the circuit is about."""

    async def act(pool: SmtpPool, _sink: SmtpSink) -> None:
        assert (await pool.send(_MAIL)).kind is OutcomeKind.SENT  # keeps a session, which the probe must not use
        for _ in range(2):
            pool.breaker.failed(Clock().now() - timedelta(hours=1))
        assert _state(pool) is BreakerState.HALF_OPEN
        assert (await pool.send(_POISON)).kind is not OutcomeKind.SENT
        assert _state(pool) is BreakerState.CLOSED

    _with_pool(act, Fault("RCPT", reply, r"poison@.*"))


def test_a_mail_that_was_refused_before_is_tried_once_on_a_new_connection() -> None:
    """Then nobody else's session is to blame, and a second connection would tell nothing more."""

    async def act(pool: SmtpPool, sink: SmtpSink) -> None:
        assert (await pool.send(_MAIL)).kind is OutcomeKind.SENT
        await pool.send(_POISON, once=True)
        assert len(sink.attempts[_POISON.recipient]) == 1
        assert sink.attempts[_POISON.recipient][0].session != sink.messages[0].session

    _with_pool(act, Fault("RCPT", "421 4.3.0 no", r"poison@.*"))


def test_a_reply_that_asks_for_a_login_ends_the_session() -> None:
    """A session that has lost its login would refuse every mail; a new one shows whether the login works."""

    async def act(pool: SmtpPool, sink: SmtpSink) -> None:
        assert (await pool.send(_MAIL)).kind is OutcomeKind.SENT
        sink.script(Fault("RCPT", "530 5.7.0 log in", first=1))
        assert (await pool.send(_MAIL)).kind is OutcomeKind.SENT
        assert len({one.session for one in sink.messages}) == 2

    _with_pool(act)
