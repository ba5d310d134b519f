"""Which heads are refused, and what HEAD is answered with."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.web.heads import CheckedHeads, Lines, bad_head


@pytest.mark.parametrize(
    "name", ["authorization", "content-type", "idempotency-key", "cookie", "x-request-id", "content-length"]
)
def test_a_header_that_has_one_value_is_given_once(name: str) -> None:
    """Twice is 400, also with the same value; once is fine."""
    line = (name.encode(), b"1")

    assert bad_head("POST", b"/", [line]) is None
    assert getattr(bad_head("POST", b"/", [line, (b"a", b"b"), line]), "status", None) == 400


def test_a_header_that_is_a_list_may_be_given_again() -> None:
    """As RFC 9110, section 5.3 says."""
    assert (
        bad_head("GET", b"/", [(b"accept", b"a"), (b"accept", b"b"), (b"forwarded", b"x"), (b"forwarded", b"y")])
        is None
    )


@pytest.mark.parametrize(
    ("target", "lines", "status"),
    [
        (b"/" * 16_384, [], None),
        (b"/" * 16_385, [], 431),
        (b"/", [(b"a", b"x" * 16_378)], None),
        (b"/", [(b"a", b"x" * 16_379)], 431),
        (b"/", [(b"accept", b"")] * 100, None),
        (b"/", [(b"accept", b"")] * 101, 431),
    ],
)
def test_the_size_of_a_head_is_bounded(target: bytes, lines: Lines, status: int | None) -> None:
    """In bytes and in lines."""
    assert getattr(bad_head("GET", target, lines), "status", None) == status


@pytest.mark.parametrize(
    ("method", "lines", "status"),
    [
        ("POST", [(b"content-length", b"3")], None),
        ("POST", [(b"transfer-encoding", b"chunked")], None),
        ("POST", [(b"content-length", b"3"), (b"transfer-encoding", b"chunked")], 400),
        ("GET", [(b"content-length", b"0")], None),
        ("GET", [(b"content-length", b"3")], 400),
        ("HEAD", [(b"transfer-encoding", b"chunked")], 400),
    ],
)
def test_the_length_of_a_body_has_one_meaning(method: str, lines: Lines, status: int | None) -> None:
    """And there is no body where none is expected."""
    assert getattr(bad_head(method, b"/", lines), "status", None) == status


async def _page(request: Request) -> Response:
    return PlainTextResponse(request.method)


def _ask(method: str, headers: list[tuple[bytes, bytes]] | None = None) -> httpx.Response:
    app = CheckedHeads(Starlette(routes=[Route("/", _page, methods=["GET"])]))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.request(method, "/", headers=headers)

    return asyncio.run(ask())


def test_head_is_answered_as_get_without_the_body() -> None:
    """With its length."""
    answer = _ask("HEAD")

    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "3", b"")


def test_what_a_path_takes_is_in_the_refusal() -> None:
    """HEAD beside GET."""
    answer = _ask("OPTIONS")

    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


def test_a_refusal_closes_the_connection() -> None:
    """Whatever follows is not read."""
    answer = _ask("GET", [(b"authorization", b"a"), (b"authorization", b"b")])

    assert (answer.status_code, answer.headers["connection"]) == (400, "close")
    assert "Authorization" in answer.json()["detail"]
