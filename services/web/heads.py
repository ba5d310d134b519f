"""Heads of requests: which are refused before an application sees them, and HEAD answered as GET (RFC 9110, 9.3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.web.connections import MOST_HEAD

Lines: TypeAlias = Sequence[tuple[bytes, bytes]]

_MOST_LINES: Final = 100
# Which of two values counts is for each reader to guess (RFC 9110, 5.3), so there is one. Host is h11's to check.
_ONCE: Final = (
    b"authorization",
    b"content-length",
    b"content-type",
    b"cookie",
    b"idempotency-key",
    b"origin",
    b"traceparent",
    b"transfer-encoding",
    b"x-request-id",
)


@dataclass(frozen=True, slots=True)
class BadHead:
    """Why a head is refused: a status, and a sentence without values of the caller's."""

    status: int
    detail: str


def bad_head(method: str, target: bytes, lines: Lines) -> BadHead | None:
    """Why a request's head is refused; None if it is not.

    Args:
        method: in capitals.
        target: path and query as they came.
        lines: names in lower case, and values.
    """
    size = len(target) + sum(len(name) + len(value) + 4 for name, value in lines)
    if size > MOST_HEAD or len(lines) > _MOST_LINES:
        return BadHead(431, f"the head of a request has at most {MOST_HEAD} bytes and {_MOST_LINES} lines")
    names = [name for name, _ in lines]
    for name in _ONCE:
        if names.count(name) > 1:
            return BadHead(400, f"the header {name.decode().title()} is given more than once")
    return _bad_body(method, dict(lines))


def _bad_body(method: str, values: dict[bytes, bytes]) -> BadHead | None:
    length, coding = values.get(b"content-length"), values.get(b"transfer-encoding")
    if length is not None and coding is not None:
        return BadHead(400, "Content-Length and Transfer-Encoding are both given")  # RFC 9112, 6.3: smuggling
    if method in ("GET", "HEAD") and (coding is not None or (length or b"0").strip(b"0")):
        return BadHead(400, f"a {method} request has no body")
    return None


Refuse: TypeAlias = Callable[[Scope, BadHead], ASGIApp]


def _plainly(_: Scope, bad: BadHead) -> ASGIApp:
    return JSONResponse({"status": bad.status, "detail": bad.detail}, bad.status, media_type="application/problem+json")


class CheckedHeads:
    """ASGI middleware: refuses bad heads and closes; what the application gives to a GET is given to a HEAD."""

    def __init__(self, app: ASGIApp, refuse: Refuse = _plainly) -> None:
        """Take the application, and how a refusal looks."""
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        target = scope.get("raw_path", b"") + scope.get("query_string", b"")
        bad = bad_head(scope["method"], target, scope["headers"])
        if bad is not None:
            await self._refuse(scope, bad)(scope, receive, _closing(send))
        elif scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        else:
            await self._app(scope, receive, _allowing_head(send))

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        scope["method"] = "GET"
        try:
            await self._app(scope, receive, _allowing_head(without_body))
        finally:
            scope["method"] = "HEAD"


def _closing(send: Send) -> Send:
    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
        await send(message)

    return closing


def _allowing_head(send: Send) -> Send:
    """Adds HEAD to the `Allow` of a 405, as GET is allowed there."""

    async def allowing(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 405:
            allowed = [one.strip() for one in Headers(scope=message).get("allow", "").split(",")]
            if "GET" in allowed and "HEAD" not in allowed:
                MutableHeaders(scope=message)["Allow"] = ", ".join([*allowed, "HEAD"])
        await send(message)

    return allowing
