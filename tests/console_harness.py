"""The console on the local stack, for its tests and for its pictures: letters to look at, tokens, and the process."""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import jwt

from eccs_contracts import EmailDlq, EmailRequest, ErrorCategory
from eccs_contracts.clients import RawProducer
from eccs_contracts.headers import Headers
from eccs_contracts.serde import ContractSerializer, Registry
from eccs_contracts.settings import kafka_config
from services.local_stack.processes import Child, Patience, Server, run_server
from tests.unit.cli.letters import envelope, request

SECRET: Final = "c" * 40
EVERY_SCOPE: Final = "dlq:read dlq:redrive dlq:personal"


def token(scope: str = EVERY_SCOPE, *, user: str = "ada", **claims: Any) -> str:
    """A token that the console takes, unless the claims spoil it."""
    return jwt.encode({"sub": user, "exp": time.time() + 600, "scope": scope, **claims}, SECRET, algorithm="HS256")


def bearer(scope: str = EVERY_SCOPE, **claims: Any) -> dict[str, str]:
    """The header of a program."""
    return {"Authorization": f"Bearer {token(scope, **claims)}"}


@dataclass(frozen=True)
class Draft:
    """A dead letter that is to be written.

    Attributes:
        ago: how long ago it was given up.
        fields: of the request.
        headers: of the original.
        payload: of the original; None for what the request is in Avro.
    """

    reason: str = "550 5.1.1 no such user"
    category: ErrorCategory = ErrorCategory.PERMANENT
    ago: timedelta = timedelta(minutes=5)
    topic: str = "email_requests"
    fields: Mapping[str, Any] = field(default_factory=dict)
    headers: Sequence[tuple[str, str | bytes | None]] = ()
    payload: bytes | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)


def fill(env: Mapping[str, str], drafts: Sequence[Draft]) -> None:
    """Write dead letters, and return when the broker has them."""
    registry = Registry.from_env(env)
    letters = ContractSerializer(registry, EmailDlq, subject=EmailDlq.SUBJECT)
    requests = ContractSerializer(registry, EmailRequest, subject=EmailRequest.SUBJECT)
    producer = RawProducer(kafka_config(env))
    now = datetime.now(UTC)
    for number, draft in enumerate(drafts):
        original = None if draft.payload is not None else request(number, id=draft.id, **draft.fields)
        whole = envelope(
            original,
            draft.payload if original is None else requests(original),
            headers=list(draft.headers),
            failure_reason=draft.reason,
            error_category=draft.category,
            failed_at=now - draft.ago,
            total_attempts=5 if draft.category is ErrorCategory.TRANSIENT_EXHAUSTED else 0,
            original_topic=draft.topic,
            service_instance="notification-1",
        )
        headers: Headers = [("x-failure-reason", draft.reason.encode()[:200]), ("x-original-topic", draft.topic)]
        producer.send(EmailDlq.TOPIC, letters(whole), key=str(draft.id), headers=headers)
    producer.close()


@contextmanager
def running_console(env: Mapping[str, str], **settings: str) -> Iterator[tuple[Child, str]]:
    """The console as a process; its address ends without a slash."""
    given = {**os.environ, **env, "JWT_SECRET": SECRET, **settings}
    server = Server(
        "dlq_console",
        lambda _, ports: ["env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", "services.dlq_console"],
        lambda port: _answers(f"http://127.0.0.1:{port}/health"),
        grace=30,
        environment=given,
    )
    child, port = run_server(server, Patience(45, threading.Event()))
    try:
        yield child, f"http://127.0.0.1:{port}"
    finally:
        child.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False
