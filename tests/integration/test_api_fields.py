"""Line breaks and huge Unicode in every field and header: refused, or carried as what they are, and nowhere else."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from typing import Any, Final

import pytest

from eccs_contracts import EmailRequestsConsumer
from services.email_service.models import GIVEN
from services.local_stack import Stack
from tests.integration.api_harness import GOOD, Api, running_api, token, topic_end

pytestmark = pytest.mark.stack

TEXTS: Final = {
    "CR LF and a header": "x\r\nBcc: b@evil.example",
    "LF": "x\ny",
    "CR": "x\ry",
    "end of a mail": "x\r\n.\r\nMAIL FROM:<b@evil.example>",
    "NUL": "x\x00y",
    "NEL, LS and PS": "x\x85\u2028\u2029y",
    "beyond the BMP": "\U0001f600" * 20_000,
    "a letter with 20,000 marks": "e" + "\u0301" * 20_000,
    "right to left": "\u202e" * 5_000 + "moc.elpmaxe@a",
    "last code point": "\U0010ffff" * 1_000,
    "zero width": "\u200d\ufeff" * 5_000,
}
REFUSING: Final = ("to", "subject", "templateId", "expiresAt")
"""They become lines of a mail, a file's name and an instant."""
KEEPING: Final = ("body", "templateData", "metadata")
MAPS: Final = ("templateData", "metadata")
KEPT: Final = tuple(name for name in TEXTS if name != "NUL")
"""Nothing that reads a NUL keeps it, and a mail has none (RFC 5322, 2.2)."""


@pytest.fixture(scope="module")
def app(stack: Stack) -> Iterator[Api]:
    """The application on the real broker."""
    with running_api(stack.environment, RATE_LIMIT="0") as api:
        yield api


def _with(name: str, text: str) -> dict[str, Any]:
    return {**GOOD, name: {text: text} if name in MAPS else text}


def test_every_field_is_asked_about() -> None:
    """Those of the contract that a caller gives."""
    assert sorted((*REFUSING, *KEEPING, "source")) == sorted(GIVEN)


@pytest.mark.parametrize(
    ("name", "text"), [*itertools.product(REFUSING, TEXTS), *((name, "NUL") for name in (*KEEPING, "source"))]
)
def test_where_they_would_do_harm_they_are_refused(app: Api, stack: Stack, name: str, text: str) -> None:
    """By name, without repeating them, and before anything is in the topic."""
    before = topic_end(stack.environment)
    answer = app.send(_with(name, TEXTS[text]))

    assert answer.status_code == 422
    assert {problem["field"] for problem in answer.json()["problems"]} == {name}
    assert len(answer.content) < 1_000
    assert TEXTS[text][-20:] not in answer.text
    assert topic_end(stack.environment) == before


@pytest.mark.parametrize("text", [name for name, text in TEXTS.items() if len(text) > 200])
def test_a_short_field_does_not_take_a_long_text(app: Api, text: str) -> None:
    """Counted in characters."""
    answer = app.send(_with("source", TEXTS[text]))

    assert (answer.status_code, answer.json()["problems"][0]["rule"]) == (422, "at most 200 characters")


def test_elsewhere_they_are_carried_as_they_are(app: Api, stack: Stack) -> None:
    """In their field alone: no header of the message holds any of them."""
    short = [("source", name) for name in KEPT if len(TEXTS[name]) <= 200]
    cases = [*itertools.product(KEEPING, KEPT), *short]
    bodies = [_with(name, TEXTS[text]) for name, text in cases]
    answers = [app.send(body) for body in bodies]
    assert {answer.status_code for answer in answers} == {202}
    sent = {answer.json()["id"]: body for answer, body in zip(answers, bodies, strict=True)}

    found, headers = _read(stack, set(sent))

    assert {one: {name: value[name] for name in sent[one]} for one, value in found.items()} == sent
    assert [value for value in headers if not value.isascii() or b"\r" in value or b"\n" in value] == []


def _read(stack: Stack, wanted: set[str]) -> tuple[dict[str, dict[str, Any]], list[bytes]]:
    """The messages of these ids, and all values of their headers."""
    found: dict[str, dict[str, Any]] = {}
    headers: list[bytes] = []
    with EmailRequestsConsumer.from_env(f"test-{uuid.uuid4()}", stack.environment) as consumer:
        for one in consumer:
            email_id = (one.key or b"").decode("ascii", "replace")  # other tests write keys of any bytes
            if email_id in wanted:
                found[email_id] = one.value.to_json()
                headers += [bytes(value) for _, value in one.headers if isinstance(value, bytes)]
            if len(found) == len(wanted):
                return found, headers
    raise AssertionError("the consumer has no end")


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Request-Id", "traceparent"])
@pytest.mark.parametrize("text", ["x\ty", "x y", "\u00e9", "%0d%0aX-Evil: 1", "x" * 5_000, "\U0001f600" * 500])
def test_headers_of_a_caller_reach_neither_answer_nor_message(app: Api, name: str, text: str) -> None:
    """What is not well formed is refused or left out."""
    headers = {**token(), name: text.encode().decode("latin-1")}
    answer = app.call(lambda client: client.post("/api/emails/send", json=GOOD, headers=_latin(headers)))

    assert answer.status_code in (202, 422)
    assert "x-evil" not in answer.headers
    assert len(answer.headers["x-request-id"]) <= 64
    assert all(value.isascii() for value in answer.headers.values())


def _latin(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
