"""The local stack: nothing is left behind, and wrong choices say what is right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from services.local_stack import CUT, Fault, SmtpSink
from services.local_stack.processes import listens


def _until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    return condition()


def _up(**env: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "services.local_stack", "up", "--bare", "--only", "registry,mongo"]
    return subprocess.Popen(
        command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_nothing_is_left_running(number: signal.Signals, code: int) -> None:
    """Not even after a crash of whoever started it."""
    process = _up()
    assert process.stdout is not None
    ports = [int(process.stdout.readline().rpartition(":")[2]) for _ in range(2)]
    assert all(listens("127.0.0.1", port) for port in ports)

    process.send_signal(number)
    process.communicate(timeout=30)

    assert process.returncode == code
    assert _until(lambda: not any(listens("127.0.0.1", port) for port in ports))


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"SCHEMA_REGISTRY_URL": "http://127.0.0.1:9", "ECCS_START_TIMEOUT": "1"}, "SCHEMA_REGISTRY_URL"),
        ({"ECCS_REGISTRY": "best"}, "one of external, embedded is expected"),
    ],
)
def test_a_part_that_cannot_be_had_is_exit_3(env: dict[str, str], said: str) -> None:
    """With the way out, and no traceback."""
    process = _up(**env)
    _, error = process.communicate(timeout=60)

    assert process.returncode == 3
    assert said in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        (Fault("MAIL", "451 4.3.0 later"), 0),
        (Fault("RCPT", "550 5.1.1 nobody"), 0),
        (Fault("DATA", "554 5.6.0 no"), 0),
        (Fault("DATA", CUT), 0),
        (Fault("DOT", CUT), 1),
    ],
)
def test_the_sink_fails_where_it_is_asked_to(fault: Fault, kept: int) -> None:
    """At each phase; the fault counts itself."""
    import smtplib

    with SmtpSink([fault]) as sink, smtplib.SMTP(sink.host, sink.port, timeout=10) as session:
        with pytest.raises(smtplib.SMTPException):
            session.sendmail("a@example.com", ["b@example.com"], b"Subject: x\r\n\r\ny\r\n")
        session.close()

    assert sink.fired[fault] == 1
    assert len(sink.mails) == kept
