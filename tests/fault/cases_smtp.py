"""Faults of the mail server: refusals and cuts at every phase, and what a server may do after the final dot."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from services.local_stack import Fault
from tests.fault.case import Injected, fault
from tests.fault.rig import Rig, pause

_LOGIN = {"SMTP_USERNAME": "u", "SMTP_PASSWORD": "p"}


def _fired(rig: Rig) -> int:
    return sum(rig.sink.fired.values())


def _arrived(rig: Rig, count: int, seconds: float = 40) -> None:
    assert rig.sink.wait_for(lambda one: len(one.messages) >= count, seconds), f"{len(rig.sink.messages)} of {count}"


@fault("12", "SMTP 4xx at EHLO, AUTH, MAIL, RCPT, DATA and after the dot", fast=True)
def refused_for_now(rig: Rig) -> Injected:
    """Each is tried again; only the phases that know a message cost an attempt."""
    with rig.login_wanted("u", "p"):
        instance = rig.start(SMTP_SESSION_MAILS="2", **_LOGIN)
        rig.sink.script(
            Fault("EHLO", "450 4.3.0 not now", first=4),
            Fault("AUTH", "454 4.3.0 not now", first=3),
            Fault("MAIL", "451 4.3.0 not now", first=2),  # one e-mail may meet both, and has three retries
            Fault("RCPT", "450 4.2.0 not now", r".*@rcpt\.example", first=1),
            Fault("DATA", "451 4.3.0 not now", r".*@data\.example", first=1),
            Fault("DOT", "451 4.3.0 not now", r".*@dot\.example", first=1),
        )
        for name in ("rcpt", "data", "dot", "ok"):
            rig.feed(5, f"{name}.example")
        _arrived(rig, 20)
    assert min(rig.sink.fired.values()) >= 2, rig.sink.fired
    assert instance.metric("email_dlq_total") == 0
    return Injected(_fired(rig), note=f"{min(rig.sink.fired.values())} or more at each phase")


@fault("13", "SMTP 5xx at EHLO, AUTH, MAIL, RCPT, DATA and after the dot")
def refused_for_good(rig: Rig) -> Injected:
    """A login that is refused stops everything and buries nothing; a message that is refused is a dead letter."""
    with rig.login_wanted("u", "p"):
        instance = rig.start(SMTP_SESSION_MAILS="1", **_LOGIN)
        rig.sink.script(Fault("EHLO", "550 5.3.0 no", first=4), Fault("AUTH", "535 5.7.8 no", first=3))
        rig.feed(10)
        _arrived(rig, 10)
        shared = _fired(rig)
        assert shared == 7, rig.sink.fired
        assert instance.metric("email_dlq_total") == 0
        rig.sink.script(
            Fault("MAIL", "550 5.7.1 no", first=1),
            Fault("RCPT", "550 5.1.1 no", r".*@rcpt\.example"),
            Fault("DATA", "554 5.6.0 no", r".*@data\.example"),
            Fault("DOT", "552 5.3.4 no", r".*@dot\.example"),
        )
        rig.feed(1, "mail.example")
        rig.until(lambda: _fired(rig) == 1, "the first one is refused at MAIL")
        for name in ("rcpt", "data", "dot", "ok"):
            rig.feed(4, f"{name}.example")
        rig.until(lambda: instance.metric("email_dlq_total") == 13, "13 dead letters")
    return Injected(shared + _fired(rig), note=f"{shared} at EHLO and AUTH, no dead letter for them")


@fault("14", "Greylisting: 450 4.7.1, taken when tried again later")
def greylisted(rig: Rig) -> Injected:
    """The second try comes after GREYLIST_DELAY (here 2 s) and is the last."""
    rig.start()
    rig.sink.script(Fault("RCPT", "450 4.7.1 greylisted", r".*@grey\.example", first=1))
    rig.feed(12, "grey.example")
    _arrived(rig, 12)
    tries = rig.sink.attempts
    waits = [each[1].time - each[0].time for each in tries.values()]
    assert {len(each) for each in tries.values()} == {2}
    assert min(waits) >= 2
    return Injected(_fired(rig), note=f"2 tries each, {min(waits):.1f} to {max(waits):.1f} s apart")


@fault("15", "Connect time-out, silence in DATA, reset in the middle of the mail")
def cut_before_the_end(rig: Rig) -> Injected:
    """The server never had the whole mail: trying again is safe."""
    rig.start(SMTP_TIMEOUT="700")
    rig.smtp.stall()
    rig.smtp.reset_all()
    rig.feed(4)
    pause(2)
    rig.smtp.resume()
    _arrived(rig, 4)
    rig.sink.script(Fault("DATA", "hang 1.5", r".*@slow\.example", first=1))
    rig.feed(4, "slow.example")
    _arrived(rig, 8)
    silent = _fired(rig)
    rig.until(lambda: set(rig.states().values()) == {"sent"}, "no reply is under way that a reset would swallow")
    rig.smtp.reset_all()
    rig.smtp.cut_after(20_000, 6)
    rig.feed(6, "big.example", body="x" * 60_000)
    _arrived(rig, 14)
    assert rig.smtp.cuts >= 6, f"{rig.smtp.cuts} connections were cut"
    return Injected(4 + silent + rig.smtp.cuts, note=f"4 stalled, {silent} silent, {rig.smtp.cuts} reset")


@fault("16", "Connection lost after the final dot, before the reply (policy resend)", fast=True)
def cut_after_the_end(rig: Rig) -> Injected:
    """Nobody can know; each event may cost one duplicate, and is counted."""
    instance = rig.start()
    rig.sink.script(Fault("DOT", "drop-after", r".*@cut\.example", first=1))
    rig.feed(10, "cut.example")
    rig.feed(10)
    _arrived(rig, 30)
    events = _fired(rig)
    assert instance.metric("email_ambiguous_total") == events
    return Injected(events, bound=events, note="email_ambiguous_total = events")


@fault("16", "Connection lost after the final dot, before the reply (policy park)")
def cut_after_the_end_parked(rig: Rig) -> Injected:
    """No duplicate: each event is parked in the DLQ, and unknown in the ledger."""
    instance = rig.start(AMBIGUOUS_POLICY="park")
    rig.sink.script(Fault("DOT", "drop-after", r".*@cut\.example", first=1))
    ids = rig.feed(10, "cut.example")
    rig.feed(10)
    _arrived(rig, 20)
    rig.until(lambda: instance.metric("email_dlq_total", disposition="parked") == 10, "10 are parked")
    assert [rig.states()[one] for one in ids] == ["unknown"] * 10
    return Injected(_fired(rig), note="10 parked")


@fault("17", "A poisoned session: 503 to what comes after an error")
def poisoned(rig: Rig) -> Injected:
    """The session is closed and the mail goes over a new one, at once."""
    rig.start()
    rig.sink.script(Fault("MAIL", "503 5.5.1 bad sequence", first=5))
    rig.feed(20)
    _arrived(rig, 20)
    return Injected(_fired(rig))


@fault("18", "SMTP server down with a full backlog")
def down(rig: Rig) -> Injected:
    """The breaker opens, attempts stay as they are, and what lay goes out when the server is back."""
    instance = rig.start()
    rig.smtp.down()
    ids = rig.feed(1000)
    pause(20)
    gates = [one for one in instance.log() if one["event"] == "gate" and one["closed"] == "smtp"]
    assert gates, "the breaker did not open"
    assert instance.metric("email_retry_scheduled_total") == 0
    assert instance.get("/readyz") == 200
    lifted = time.monotonic()
    rig.smtp.up()
    _arrived(rig, 1000, 80)
    attempts = {one["attempt"] for one in rig.ledger.find({"_id": {"$in": ids}})}
    assert attempts == {0}, f"attempts were spent: {attempts}"
    return Injected(len(gates), note="20 s down, 1000 waiting, no attempt spent", lifted=lifted)


_VARIABLES = {
    "broker": ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:{port}"),
    "registry": ("SCHEMA_REGISTRY_URL", "http://127.0.0.1:{port}"),
    "MongoDB": ("MONGODB_URI", "mongodb://127.0.0.1:{port}/eccs?directConnection=true"),
    "mail server": ("SMTP_PORT", "{port}"),
}


def _start_beside(rig: Rig, variable: str, value: str, patience: str) -> subprocess.Popen[str]:
    """Start the service with one dependency elsewhere; it is not waited for."""
    environment = rig.environment(HTTP_PORT="0", STARTUP_TIMEOUT=patience, **{variable: value})
    command = [sys.executable, "-m", "services.notification_service"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@fault("32", "A mail server that takes connections and says nothing at the start", fast=True)
def silent_mail_server(rig: Rig) -> Injected:
    """As a port does that waits for TLS: the start is over at STARTUP_TIMEOUT; a signal ends it at once."""
    return _silent_at_start(rig, ["mail server"])


@fault("32", "A broker, registry or MongoDB that takes connections and says nothing at the start")
def silent_dependencies(rig: Rig) -> Injected:
    """One after the other, as above."""
    return _silent_at_start(rig, [one for one in _VARIABLES if one != "mail server"])


def _silent_at_start(rig: Rig, names: Sequence[str]) -> Injected:
    seconds = [_silent(rig, name) for name in names]
    rig.start()
    rig.feed(3)
    _arrived(rig, 3)
    return Injected(2 * len(names), note=f"ended by SIGTERM within {max(seconds):.1f} s")


def _silent(rig: Rig, what: str) -> float:
    """Start beside a dependency that is silent, twice; seconds from the signal to the end of the second one."""
    variable, form = _VARIABLES[what]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = _start_beside(rig, variable, form.format(port=silent.getsockname()[1]), "1500")
        error = process.communicate(timeout=60)[1]
    assert (process.returncode, variable in error) == (3, True), f"{what}: {process.returncode} {error}"
    assert "Traceback" not in error
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = _start_beside(rig, variable, form.format(port=silent.getsockname()[1]), "60000")
        silent.accept()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0, f"{what}: SIGTERM ended the start with {process.returncode}"
    return time.monotonic() - began
