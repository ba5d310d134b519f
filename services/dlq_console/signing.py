"""Signing in with a token, once; and out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.dlq_console import access
from services.dlq_console.filters import first
from services.dlq_console.visits import Elsewhere, Page, Parts, Problem, Visit, fields_of, respond
from services.web.tokens import Claims, Refused

_HOME: Final = "/"
Endpoint = Callable[[Request], Awaitable[Response]]


def show(parts: Parts) -> Endpoint:
    """The page with the form."""

    async def call(request: Request) -> Response:
        fields = await fields_of(request)
        back = local(first(fields, "next"))
        return respond(parts, request, None, _form(back))

    return call


def sign_in(parts: Parts) -> Endpoint:
    """What the form is sent to."""

    async def call(request: Request) -> Response:
        fields = await fields_of(request)
        if access.is_forged(request, None, ""):
            raise Problem(403, "Not sent from here", "Another site sent this: open the console itself.")
        back = local(first(fields, "next"))
        try:
            claims = parts.tokens.read(first(fields, "token").strip().removeprefix("Bearer "))
        except Refused as error:
            parts.log("warning", "sign-in refused")
            return respond(parts, request, None, _form(back, f"{error}".capitalize() + ".", 401))
        if access.READ not in claims.scopes:
            parts.log.audit("sign-in without a scope", claims.user)
            text = f"The token is valid, but does not have the scope {access.READ}."
            return respond(parts, request, None, _form(back, text, 403))
        return _signed_in(parts, claims, back)

    return call


def _signed_in(parts: Parts, claims: Claims, back: str) -> Response:
    now = time.time()
    session = parts.sessions.open(claims, now)
    parts.log.audit("signed in", claims.user, scopes=" ".join(sorted(claims.scopes)))
    response = RedirectResponse(back, 303)
    response.set_cookie(
        parts.cookie,
        session.id,
        max_age=max(0, int(session.expires - now)),
        path="/",
        secure=parts.settings.secure_cookie,
        httponly=True,
        samesite="strict",
    )
    return response


def sign_out(parts: Parts, visit: Visit) -> Elsewhere:
    """End the session; its cookie is worth nothing from now on."""
    if visit.visitor.session is not None:
        parts.sessions.close(visit.visitor.session)
        parts.log.audit("signed out", visit.visitor.user)
    return Elsewhere("/sign-in")


def _form(back: str, error: str = "", status: int = 200) -> Page:
    values = {"back": back, "error": error}
    return Page("sign_in.html", values, {"status": status, "detail": error}, status)


def local(target: str) -> str:
    """An address on this host, to go to after signing in; anything else is the overview."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return _HOME
    plain = target.isprintable() and target.isascii() and "\\" not in target
    inside = target.startswith("/") and not target.startswith("//") and not parts.scheme and not parts.netloc
    return target if plain and inside else _HOME
