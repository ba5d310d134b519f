"""From a request to a page: who calls, may they, what was sent; and from what went wrong to a page that says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from eccs_contracts.dead_letters.errors import EditRefused, RunActive, TopicMissing
from eccs_contracts.dead_letters.store import AuditStore
from eccs_contracts.errors import ContractsError, InfrastructureError
from eccs_contracts.safe_output import json_text
from eccs_contracts.serde import Registry
from services.dlq_console import access
from services.dlq_console.access import Visitor
from services.dlq_console.filters import BadInput, Fields, first
from services.dlq_console.letters import Letters
from services.dlq_console.rendering import Renderer
from services.dlq_console.runner import Runner
from services.dlq_console.sessions import Sessions
from services.dlq_console.settings import Settings
from services.logs import Log
from services.web.numbers import whole
from services.web.tokens import Tokens

LARGEST_FORM: Final = 65_536  # bytes of a form
_PATIENCE: Final = 10.0  # seconds that a form may take to arrive
_MOST_FIELDS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that a page may ask for."""

    settings: Settings
    tokens: Tokens
    sessions: Sessions
    letters: Letters
    registry: Registry
    store: AuditStore
    runner: Runner
    render: Renderer
    log: Log

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return access.cookie_name(secure=self.settings.secure_cookie)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who may make it.

    Attributes:
        fields: of the form where there is one, else of the link.
        path: what the address holds, by name.
    """

    visitor: Visitor
    fields: Fields
    path: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """An answer.

    Attributes:
        template: what people see it through.
        values: what the template takes.
        data: what programs get: JSON.
        refresh: seconds after which a browser asks again; None for never.
    """

    template: str
    values: Mapping[str, Any]
    data: Any
    status: int = 200
    refresh: int | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An answer that is at another address, on this host."""

    path: str


@dataclass(slots=True)  # not frozen: an exception's traceback is set on it
class Problem(Exception):
    """Raised where a request ends with a page that says what went wrong, and the way out."""

    status: int
    title: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[[Parts, Visit], Page | Elsewhere]


def endpoint(parts: Parts, handler: Handler, *scopes: str, largest: int = LARGEST_FORM) -> Callable[[Request], Any]:
    """What Starlette calls: lets in who may, and answers with what the handler gives, on a thread of its own.

    Args:
        parts: everything that a page may ask for.
        handler: makes the answer.
        scopes: what the token must hold, all of it; by default the one to read.
        largest: bytes that a form may have.
    """

    async def call(request: Request) -> Response:
        visitor = visitor_of(parts, request)
        if visitor is None:
            return _unknown(parts, request)
        for scope in scopes or (access.READ,):
            if not visitor.may(scope):
                text = f"Your token does not have the scope {scope}. Ask for one that has it."
                raise Problem(403, "Not allowed", text)
        fields = await fields_of(request, largest)
        if request.method == "POST" and access.is_forged(request, visitor, first(fields, "csrf")):
            raise Problem(403, "Not sent from here", "The form is not of your session: open the page again.")
        visit = Visit(visitor, fields, request.path_params, datetime.now(UTC))
        answer = await run_in_threadpool(handler, parts, visit)
        return respond(parts, request, visitor, answer)

    return call


def visitor_of(parts: Parts, request: Request) -> Visitor | None:
    """Whoever calls; None where nobody is known."""
    return access.visitor_of(request, parts.tokens, parts.sessions, parts.cookie, time.time())


async def fields_of(request: Request, largest: int = LARGEST_FORM) -> dict[str, Sequence[str]]:
    """The form, or the link's query.

    Raises:
        Problem: it is too large, too slow, or none.
    """
    text = request.url.query.encode() if request.method in ("GET", "HEAD") else await _body(request, largest)
    try:
        found = parse_qs(text.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise Problem(400, "Not readable", "The request is no form that can be read.") from None
    return dict(found)


async def _body(request: Request, largest: int) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Problem(415, "Not a form", "A form is expected: application/x-www-form-urlencoded.")
    announced = whole(request.headers.get("content-length", "0"))
    if announced is None or announced > largest:
        raise _too_large(largest)
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for part in request.stream():
                body += part
                if len(body) > largest:
                    raise _too_large(largest)
    except TimeoutError:
        raise Problem(408, "Too slow", "The form did not arrive in time.", {"Connection": "close"}) from None
    except ClientDisconnect:
        raise Problem(400, "Not readable", "The connection was closed before the form was whole.") from None
    return bytes(body)


def _too_large(largest: int) -> Problem:
    return Problem(413, "Too large", f"A form has at most {largest:,} bytes.", {"Connection": "close"})


def respond(parts: Parts, request: Request, visitor: Visitor | None, answer: Page | Elsewhere) -> Response:
    """The answer, as HTML or, for programs that ask for it, as JSON."""
    if isinstance(answer, Elsewhere):
        return RedirectResponse(answer.path, 303)
    if wants_json(request):
        return Response(json_text(answer.data), answer.status, media_type="application/json")
    html = parts.render(
        answer.template,
        visitor=visitor,
        csrf=visitor.session.csrf if visitor and visitor.session else "",
        here=request.url.path,
        now=datetime.now(UTC),
        refresh=answer.refresh,
        scopes={"redrive": access.REDRIVE, "personal": access.PERSONAL},
        **answer.values,
    )
    return HTMLResponse(html, answer.status)


def wants_json(request: Request) -> bool:
    """Whether a program asks."""
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def _unknown(parts: Parts, request: Request) -> Response:
    """A program is told so; a person may sign in, and comes back."""
    if "authorization" in request.headers or wants_json(request):
        return problem_response(parts, request, _NO_TOKEN)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "") if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?next={quote(back, safe='')}", 303)


_NO_TOKEN: Final = Problem(
    401, "Not signed in", "The token is missing, expired or not for this service.", {"WWW-Authenticate": "Bearer"}
)


def problem_response(parts: Parts, request: Request, problem: Problem) -> Response:
    """A problem as an answer."""
    data = {"status": problem.status, "title": problem.title, "detail": problem.text}
    page = Page("problem.html", {"problem": problem}, data, problem.status)
    response = respond(parts, request, visitor_of(parts, request), page)
    response.headers.update(problem.headers)
    return response


def problem_of(error: Exception) -> Problem:
    """What a person is told of an exception."""
    for kind, translate in _PROBLEMS.items():
        if isinstance(error, kind):
            return translate(error)
    return Problem(500, "The console failed", "What went wrong is in its log.")


def _of_http(error: Any) -> Problem:
    titles = {404: "There is no such page", 405: "This page does not take that"}
    return Problem(error.status_code, titles.get(error.status_code, "Not possible"), "Go back, or to the overview.")


_PROBLEMS: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = {
    Problem: lambda error: error,
    BadInput: lambda error: Problem(422, "Not usable", f"{error.field}: {error}."),
    HTTPException: _of_http,
    EditRefused: lambda error: Problem(409, "Not corrected", f"{error}."),
    RunActive: lambda error: Problem(409, "A redrive is at work", f"{error}."),
    TopicMissing: lambda error: Problem(503, "There is no DLQ", f"{error}.", {"Retry-After": "5"}),
    InfrastructureError: lambda error: Problem(503, "Something does not answer", f"{error}.", {"Retry-After": "5"}),
    ContractsError: lambda error: Problem(500, "Not possible", f"{error}."),
    TimeoutError: lambda _: Problem(503, "Still beginning", "The redrive will appear under Redrives."),
}
