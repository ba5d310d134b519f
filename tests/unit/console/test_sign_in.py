"""Signing in over HTTP, without a broker: sessions, forms of other sites, audit lines, addresses with huge numbers."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from eccs_contracts.serde import Registry
from services.dlq_console.app import create_app, make_parts
from services.dlq_console.settings import load_settings
from tests.console_harness import SECRET, bearer, token

_ENV = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "JWT_SECRET": SECRET, "SECURE_COOKIE": "false"}


@pytest.fixture
def console() -> TestClient:
    """The application, with nothing behind it."""
    parts = make_parts(load_settings(_ENV), cast("Registry", None), cast("Any", None))
    return TestClient(create_app(parts), "http://dlq.example", follow_redirects=False, raise_server_exceptions=False)


def _sign_in(console: TestClient, user: str, **headers: str) -> int:
    """Sign in with a browser of its own; the status."""
    console.cookies.clear()
    return console.post("/sign-in", data={"token": token(user=user)}, headers=headers).status_code


def _signed_in(console: TestClient, cookies: dict[str, str]) -> bool:
    console.cookies.clear()
    console.cookies.update(cookies)
    return console.post("/sign-out", data={"csrf": "x"}).status_code == 403  # known, and the form is not of the session


def test_one_reader_signs_nobody_else_out(console: TestClient) -> None:
    """However often."""
    assert _sign_in(console, "ada") == 303
    ada = dict(console.cookies)
    for _ in range(20):
        _sign_in(console, "eve")

    assert _signed_in(console, ada)
    assert not _signed_in(console, dict.fromkeys(ada, "x"))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://dlq.example"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Referer": "https://evil.example/"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://dlq.example"}, 403),
    ],
)
def test_another_site_cannot_sign_its_visitor_in(console: TestClient, headers: dict[str, str], status: int) -> None:
    """As somebody else, who would see what the visitor does."""
    assert _sign_in(console, "eve", **headers) == status


def test_the_audit_lines_of_signing_in_and_out_name_the_user(
    console: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though most users look like an address."""
    assert _sign_in(console, "eve@example.com") == 303

    (line,) = [json.loads(one) for one in capsys.readouterr().err.splitlines()]
    assert (line["channel"], line["event"], line["user"]) == ("audit", "signed in", "eve@example.com")


@pytest.mark.parametrize("digits", [19, 5_000])
def test_a_number_without_end_in_an_address_is_no_page(console: TestClient, digits: int) -> None:
    """And no defect."""
    answer = console.get(f"/letters/0/{'9' * digits}", headers={**bearer(), "Accept": "application/json"})

    assert answer.status_code == 404
