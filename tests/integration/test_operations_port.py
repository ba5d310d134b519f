"""OPERATIONS_PORT in processes: both ports answer, callers do not starve probes, and a port that is taken is named."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
import pytest

from services.local_stack import Stack
from services.local_stack.processes import Patience, free_ports
from services.web.serving import listening
from tests.console_harness import SECRET, bearer

pytestmark = pytest.mark.stack
_SERVICES = ("email_service", "dlq_console")
_FORMS = {
    "email_service": ("/api/emails/send", "application/json"),
    "dlq_console": ("/redrive", "application/x-www-form-urlencoded"),
}


@dataclass(frozen=True, slots=True)
class _Running:
    """A service with two ports."""

    name: str
    process: subprocess.Popen[str]
    interface: int
    operations: int

    def statuses(self, port: int) -> list[int]:
        """Of /health, /livez, /readyz and /metrics on a port."""
        paths = ("health", "livez", "readyz", "metrics")
        return [httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=10).status_code for path in paths]


def _start(stack: Stack, name: str, http: int, operations: int, **settings: str) -> subprocess.Popen[str]:
    ports = {"HTTP_PORT": str(http), "OPERATIONS_PORT": str(operations)}
    env = {**os.environ, **stack.environment, "JWT_SECRET": SECRET, "LOG_LEVEL": "error", **ports, **settings}
    command = [sys.executable, "-m", f"services.{name}"]
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)


@contextmanager
def _running(stack: Stack, name: str, **settings: str) -> Iterator[_Running]:
    http, operations = free_ports(2)
    with _start(stack, name, http, operations, **settings) as process:
        try:
            assert Patience(45, threading.Event()).until(lambda: _answers(http) and _answers(operations))
            yield _Running(name, process, http, operations)
        finally:
            process.kill()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _hold(running: _Running) -> socket.socket:
    """A connection with a request under way: the service waits for its body."""
    path, media_type = _FORMS[running.name]
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: x",
        f"Authorization: {bearer()['Authorization']}",
        f"Content-Type: {media_type}",
        "Content-Length: 10",
        "Expect: 100-continue",
    ]
    connection = socket.create_connection(("127.0.0.1", running.interface), timeout=10)
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    assert connection.recv(1_000).startswith(b"HTTP/1.1 100 ")
    return connection


@pytest.mark.parametrize("name", _SERVICES)
def test_probes_answer_while_the_interface_has_no_connection_left(stack: Stack, name: str) -> None:
    """The interface keeps its health only; SIGTERM ends both ports, with exit code 0."""
    with _running(stack, name, MAX_CONNECTIONS="3") as running, ExitStack() as held:
        alone = running.statuses(running.interface)
        for _ in range(3):
            held.enter_context(_hold(running))
        refused = running.statuses(running.interface)
        probes = running.statuses(running.operations)
        held.close()
        running.process.send_signal(signal.SIGTERM)
        code = running.process.wait(30)

    assert alone == [200, 404, 404, 404]
    assert refused == [503] * 4
    assert probes == [200, 200, 200, 200 if name == "email_service" else 404]
    assert code == 0


@pytest.mark.parametrize("name", _SERVICES)
def test_a_port_that_is_taken_is_named(stack: Stack, name: str) -> None:
    """One line, and exit code 2."""
    with listening("127.0.0.1", 0) as taken:
        number = taken.getsockname()[1]
        with _start(stack, name, 0, number) as process:
            _, written = process.communicate(timeout=60)

    assert (process.returncode, len(written.splitlines())) == (2, 1), written
    assert f"OPERATIONS_PORT {number}: Address already in use" in written
