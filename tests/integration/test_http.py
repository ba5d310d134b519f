"""The e-mail service's API: what it takes, and what it says to everything else."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI

from eccs_contracts import AsyncEmailRequestsProducer
from services.email_service.app import create_app
from services.email_service.settings import load_settings
from services.local_stack import Stack

pytestmark = pytest.mark.stack
SECRET = "s" * 32
GOOD = {"to": "a@example.com", "subject": "Hello", "body": "Text"}
Call = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


class Api:
    """The application and the one loop that it lives on."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self._app = app
        self._runner = runner

    def call(self, call: Call) -> httpx.Response:
        """Make one request."""

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await call(client)

        return self._runner.run(run())


@pytest.fixture(scope="module")
def app(stack: Stack) -> Iterator[Api]:
    """The application on the real broker."""
    settings = load_settings({**stack.environment, "JWT_SECRET": SECRET, "MAX_BATCH": "3"})
    producer = AsyncEmailRequestsProducer.from_env(stack.environment)
    with asyncio.Runner() as runner:
        yield Api(create_app(settings, producer), runner)
    producer.close()


def _token(**claims: Any) -> dict[str, str]:
    token = jwt.encode({"sub": "u1", "exp": time.time() + 60, **claims}, SECRET, algorithm="HS256")
    return {"Authorization": f"Bearer {token}"}


def _send(app: Api, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    headers = _token() if headers is None else headers
    return app.call(lambda client: client.post("/api/emails/send", json=body, headers=headers))


def test_a_good_request_is_accepted_with_its_id(app: Api) -> None:
    """The broker has it by then."""
    answer = _send(app, GOOD)

    assert answer.status_code == 202
    assert uuid.UUID(answer.json()["id"]).version == 4


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": "nobody"}, "to"),
        ({"to": "a@example.com\r\nBcc: b@example.com"}, "to"),
        ({"subject": "x" * 501}, "subject"),
        ({"subject": "two\nlines"}, "subject"),
        ({"body": 5}, "body"),
        ({"id": "mine"}, "id"),
        ({"templateId": "../x"}, "templateId"),
    ],
)
def test_bad_input_names_field_and_rule(app: Api, change: dict[str, Any], field: str) -> None:
    """And never the value."""
    answer = _send(app, {**GOOD, **change})

    assert answer.status_code == 422
    assert {problem["field"] for problem in answer.json()["problems"]} == {field}
    assert "Bcc" not in answer.text


def test_a_missing_field_is_named(app: Api) -> None:
    """By the contract's own name."""
    answer = _send(app, {"to": "a@example.com", "subject": "Hello"})

    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "body")


def test_a_body_that_is_too_large_is_413(app: Api) -> None:
    """Before it is read."""
    assert _send(app, {**GOOD, "body": "x" * 1_000_000}).status_code == 413


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, _token(exp=1), {"Authorization": "Basic dTpw"}, _token(sub=5)]
)
def test_without_a_valid_token_nothing_is_taken(app: Api, headers: dict[str, str]) -> None:
    """None, garbage, expired, another scheme, no user."""
    assert _send(app, GOOD, headers).status_code == 401


def test_each_item_of_a_batch_has_its_own_result(app: Api) -> None:
    """A bad one does not stop the others."""
    body = [GOOD, {**GOOD, "to": "nobody"}, {"to": 1}]
    answer = app.call(lambda client: client.post("/api/emails/batch", json=body, headers=_token()))

    assert answer.status_code == 202
    assert [item["status"] for item in answer.json()["items"]] == ["accepted", "invalid", "invalid"]


def test_a_batch_that_is_too_long_is_413(app: Api) -> None:
    """Nothing of it is sent."""
    answer = app.call(lambda client: client.post("/api/emails/batch", json=[GOOD] * 4, headers=_token()))

    assert answer.status_code == 413


@pytest.mark.parametrize(("path", "status"), [(str(uuid.uuid4()), 404), ("x", 422)])
def test_an_unknown_email_has_no_status(app: Api, path: str, status: int) -> None:
    """Nor has what is not an id."""
    answer = app.call(lambda client: client.get(f"/api/emails/{path}", headers=_token()))

    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/health", "/readyz", "/metrics"])
def test_operators_need_no_token(app: Api, path: str) -> None:
    """Health, readiness and metrics."""
    assert app.call(lambda client: client.get(path)).status_code == 200
