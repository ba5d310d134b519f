"""An operator, the database, and the notification service."""

from __future__ import annotations

import os
import sys
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pymongo
import pytest
from pymongo.database import Database

from services.local_stack import Fault, SmtpSink, Stack
from services.local_stack.processes import Patience, Server, run_server
from tests.integration.operations.operating import Operator


@pytest.fixture
def operator(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Operator:
    """An operator whose environment is the stack's."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return Operator(stack, capsys)


@pytest.fixture
def database(stack: Stack) -> Iterator[Database[dict[str, Any]]]:
    """The database of the ledger and of the audit record."""
    with pymongo.MongoClient[dict[str, Any]](stack.environment["MONGODB_URI"]) as client:
        yield client["eccs"]


@pytest.fixture
def mark() -> str:
    """What a test's own letters are told by: their service instance."""
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def service(stack: Stack, operator: Operator, sink: SmtpSink) -> Iterator[str]:
    """The group of the notification service, which begins at the end of its topics.

    Nobody at gone.example has a mailbox.
    """
    sink.script(Fault("RCPT", "550 5.1.1 no such user", r".*@gone\.example"))
    group = f"operations-{uuid.uuid4()}"
    topics = ["--topic", "email_requests", "--topic", "email_requests_retry"]
    moved = operator.run("groups", "reset", group, *topics, "--to-latest", "--yes")
    assert moved[0] == 0, moved
    server = Server(
        "notification_service",
        lambda _, ports: ["env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", "services.notification_service"],
        lambda port: _is_ready(f"http://127.0.0.1:{port}/readyz"),
        environment={**os.environ, **stack.environment, "KAFKA_GROUP_ID": group},
    )
    child, _ = run_server(server, Patience(45, threading.Event()))
    yield group
    child.stop()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False
