"""The e-mail service's API: what it takes, and what it says to everything else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from services.local_stack import Stack
from tests.integration.api_harness import GOOD, Api, running_api, token

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def app(stack: Stack) -> Iterator[Api]:
    """The application on the real broker."""
    with running_api(stack.environment, MAX_BATCH="3") as api:
        yield api


def test_a_good_request_is_accepted_with_its_id(app: Api) -> None:
    """The broker has it by then."""
    answer = app.send(GOOD)

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
    answer = app.send({**GOOD, **change})

    assert answer.status_code == 422
    assert {problem["field"] for problem in answer.json()["problems"]} == {field}
    assert "Bcc" not in answer.text


def test_a_missing_field_is_named(app: Api) -> None:
    """By the contract's own name."""
    answer = app.send({"to": "a@example.com", "subject": "Hello"})

    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "body")


def test_a_body_that_is_too_large_is_413(app: Api) -> None:
    """Before it is read."""
    assert app.send({**GOOD, "body": "x" * 1_000_000}).status_code == 413


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, token(exp=1), {"Authorization": "Basic dTpw"}, token(sub=5)]
)
def test_without_a_valid_token_nothing_is_taken(app: Api, headers: dict[str, str]) -> None:
    """None, garbage, expired, another scheme, no user."""
    assert app.send(GOOD, headers).status_code == 401


def test_each_item_of_a_batch_has_its_own_result(app: Api) -> None:
    """A bad one does not stop the others."""
    body = [GOOD, {**GOOD, "to": "nobody"}, {"to": 1}]
    answer = app.batch(body)

    assert answer.status_code == 202
    assert [item["status"] for item in answer.json()["items"]] == ["accepted", "invalid", "invalid"]


def test_a_batch_that_is_too_long_is_413(app: Api) -> None:
    """Nothing of it is sent."""
    answer = app.batch([GOOD] * 4)

    assert answer.status_code == 413


@pytest.mark.parametrize(("path", "status"), [(str(uuid.uuid4()), 404), ("x", 422)])
def test_an_unknown_email_has_no_status(app: Api, path: str, status: int) -> None:
    """Nor has what is not an id."""
    answer = app.get(f"/api/emails/{path}")

    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/health", "/readyz", "/metrics"])
def test_operators_need_notoken(app: Api, path: str) -> None:
    """Health, readiness and metrics."""
    assert app.get(path, {}).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/metrics"])
def test_operators_may_ask_for_the_head_only(app: Api, path: str) -> None:
    """And learn what else they may ask."""
    head = app.call(lambda client: client.head(path))
    options = app.call(lambda client: client.options(path))

    assert (head.status_code, head.content) == (200, b"")
    assert (options.status_code, set(options.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


@pytest.mark.parametrize("name", ["Idempotency-Key", "Authorization", "Content-Type"])
def test_a_header_that_is_given_twice_is_400(app: Api, name: str) -> None:
    """Also where both say the same."""
    given = {**token(), "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    answer = app.call(
        lambda client: client.post("/api/emails/send", json=GOOD, headers=[*given.items(), (name, given[name])])
    )

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:eccs:problem:malformed")
    assert name in answer.json()["detail"]


def test_a_template_that_does_not_exist_is_422(app: Api) -> None:
    """At once, in a batch for its item; one that exists needs no body."""
    bad = {**GOOD, "templateId": "nope"}
    good = {"to": "a@example.com", "subject": "Hello", "templateId": "welcome"}

    assert app.send(bad).json()["problems"] == [{"field": "templateId", "rule": "the name of a template that exists"}]
    assert app.batch([bad] * 3).status_code == 422
    assert [item["status"] for item in app.batch([bad, good]).json()["items"]] == ["invalid", "accepted"]
