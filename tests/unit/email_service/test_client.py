"""The client without a network: what is sent again, how answers are read, and what it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any
from uuid import UUID

import httpx
import pytest

import eccs_contracts.email_api as api
from eccs_contracts import EmailRequest
from eccs_contracts.errors import ValidationError
from services.email_service.models import GIVEN

_ID = str(UUID(int=1, version=4))
_EMAIL = api.Email(to="a@example.com", subject="Hello", body="Text")
_QUICK = api.Options(attempts=3, backoff=0.0)


def _client(*answers: httpx.Response | Exception) -> tuple[api.EmailApi, list[httpx.Request]]:
    """A client whose transport gives these answers in turn."""
    left, seen = list(answers), list[httpx.Request]()

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return api.EmailApi("http://test", "t", _QUICK, transport=httpx.MockTransport(handle)), seen


def _refusal(status: int, **headers: str) -> httpx.Response:
    document = {"detail": "no", "problems": [{"field": "to", "rule": "an address"}] if status == 422 else []}
    return httpx.Response(status, json=document, headers=headers)


def test_an_email_has_the_fields_of_the_contract_that_a_caller_gives() -> None:
    """Made of the model, so that none can be missing."""
    full = api.Email(
        **{name: getattr(_EMAIL, name) for name in ("to", "subject", "body")},
        source="s",
        template_id="t",
        template_data={"a": 1},
        metadata={"b": "c"},
        expires_at=_EMAIL.timestamp,
    )

    assert set(full.document()) == set(GIVEN)
    assert isinstance(full, EmailRequest)


def test_what_the_contract_refuses_is_not_sent() -> None:
    """The error is the contract's own."""
    client, seen = _client()
    with pytest.raises(ValidationError, match="subject"):
        client.send(api.Email(to="a@example.com", subject="two\nlines", body=""))

    assert seen == []


@pytest.mark.parametrize(
    "first", [_refusal(503), _refusal(429, **{"Retry-After": "0"}), httpx.ConnectError("x"), httpx.ReadTimeout("x")]
)
def test_what_may_pass_is_sent_again_with_the_same_key(first: httpx.Response | Exception) -> None:
    """So that the service sends it once."""
    client, seen = _client(first, httpx.Response(202, json={"id": _ID}))

    sent = client.send(_EMAIL)

    assert sent == api.Sent(UUID(_ID))
    assert len({request.headers["Idempotency-Key"] for request in seen}) == 1
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, api.InvalidRequest),
        (401, api.NotAuthenticated),
        (404, api.NotFound),
        (413, api.RequestTooLarge),
        (418, api.BadAnswer),
        (422, api.InvalidRequest),
    ],
)
def test_what_cannot_pass_is_raised_at_once(status: int, kind: type[api.EmailApiError]) -> None:
    """With what the answer says."""
    client, seen = _client(_refusal(status))
    with pytest.raises(kind) as caught:
        client.send(_EMAIL)

    assert (caught.value.refusal.status, caught.value.retryable, len(seen)) == (status, False, 1)


def test_attempts_end() -> None:
    """With the last error."""
    client, seen = _client(*[_refusal(503)] * 3)
    with pytest.raises(api.ServiceUnavailable):
        client.send(_EMAIL)

    assert len(seen) == 3


def test_a_service_that_says_to_wait_long_is_not_waited_for() -> None:
    """The caller learns how long."""
    client, _ = _client(_refusal(429, **{"Retry-After": "3600"}))
    with pytest.raises(api.TooManyRequests) as caught:
        client.send(_EMAIL)

    assert caught.value.refusal.retry_after == 3600


@pytest.mark.parametrize("content", [b"<html>", b"{}", b'{"id": 5}', b"[]", b'{"id": "x"}'])
def test_an_answer_of_somebody_else_is_said_to_be_one(content: bytes) -> None:
    """A proxy, for example."""
    client, _ = _client(httpx.Response(202, content=content))
    with pytest.raises(api.BadAnswer, match="POST /api/emails/send"):
        client.send(_EMAIL)


def test_a_token_may_be_made_for_each_attempt() -> None:
    """Tokens expire."""
    tokens = iter("ab")
    seen: list[Any] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return _refusal(503) if len(seen) == 1 else httpx.Response(200, json={"total": 0, "states": {}})

    api.EmailApi("http://test", lambda: next(tokens), _QUICK, transport=httpx.MockTransport(handle)).stats()

    assert seen == ["Bearer a", "Bearer b"]


def test_without_httpx_the_error_names_the_extra() -> None:
    """And the package itself is imported all the same."""
    code = (
        "import sys; sys.modules['httpx'] = None\n"
        "from eccs_contracts.email_api import EmailApi\n"
        "try: EmailApi('http://x', 't')\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "the client needs httpx: pip install 'eccs-contracts[client]'"


def test_the_surface_is_what_it_is() -> None:
    """Sorted, and importable."""
    assert sorted(api.__all__) == api.__all__
    assert json.dumps(api.__all__) == json.dumps([name for name in api.__all__ if hasattr(api, name)])
