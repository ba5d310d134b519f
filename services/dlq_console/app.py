"""The console, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from eccs_contracts.dead_letters.store import AuditStore
from eccs_contracts.errors import ContractsError
from eccs_contracts.serde import Registry
from services.dlq_console import access, corrections, pages, redrives, signing
from services.dlq_console.letters import Letters
from services.dlq_console.rendering import Renderer
from services.dlq_console.runner import Runner
from services.dlq_console.sessions import Sessions
from services.dlq_console.settings import Settings
from services.dlq_console.visits import Parts, endpoint, problem_of, problem_response
from services.logs import Log
from services.web.findings import Finding
from services.web.heads import CheckedHeads
from services.web.numbers import WholeConvertor  # noqa: F401  registers `whole`
from services.web.tokens import Tokens

_STATIC: Final = "/static/"
# Nothing is loaded from elsewhere, nothing is run, nobody frames it, and forms go nowhere else.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class _SafeHeaders:
    """Adds to every answer what keeps a browser from doing more with it than show it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                fixed = str(scope.get("path", "")).startswith(_STATIC)
                headers["Cache-Control"] = "private, max-age=300" if fixed else "no-store"
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


def make_parts(settings: Settings, registry: Registry, store: AuditStore) -> Parts:
    """The parts; nothing is connected before it is used."""
    log = Log(settings.log_level)
    return Parts(
        settings=settings,
        tokens=Tokens(settings.auth),
        sessions=Sessions(settings.session),
        letters=Letters(settings.kafka, registry, settings.most_letters),
        registry=registry,
        store=store,
        runner=Runner({**settings.kafka}, registry, store, log),
        render=Renderer(),
        log=log,
    )


def create_app(parts: Parts) -> Starlette:
    """The application; its end stops a redrive that is at work, after the batch that is under way."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(parts.runner.stop, parts.settings.address.grace)

    operations = _operation_routes(parts) if parts.settings.operations is None else [_health_route("/health")]
    return _application(parts, [*operations, *_routes(parts)], lifespan)


def create_operations_app(parts: Parts) -> Starlette:
    """What operators ask, for a port of its own."""
    return _application(parts, _operation_routes(parts))


def _application(parts: Parts, routes: Sequence[BaseRoute], lifespan: Lifespan[Starlette] | None = None) -> Starlette:
    async def failed(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status >= 500:
            reason = str(error) if isinstance(error, ContractsError) else None
            parts.log("error", "page failed", path=request.url.path, error=type(error).__name__, reason=reason)
        return await run_in_threadpool(problem_response, parts, request, problem)

    return Starlette(
        routes=routes,
        middleware=[Middleware(_SafeHeaders), Middleware(CheckedHeads)],
        exception_handlers={Exception: failed, **dict.fromkeys(pages.EXPECTED, failed)},
        lifespan=lifespan,
    )


def _health_route(path: str) -> Route:
    async def health(_: Request) -> Response:
        return JSONResponse({"status": "healthy", "service": "dlq-console"})

    return Route(path, health)


def _operation_routes(parts: Parts) -> list[Route]:
    def dependencies() -> str | None:
        try:
            parts.letters.check()
            parts.store.lock()
        except ContractsError as error:
            return str(error)
        return None

    readiness = Finding(lambda: asyncio.to_thread(dependencies))  # pages may use all threads of the other pool

    async def ready(_: Request) -> Response:
        found = await readiness.get()
        return JSONResponse({"status": "failing", "reason": found}, 503) if found else JSONResponse({"status": "ok"})

    return [_health_route("/health"), _health_route("/livez"), Route("/readyz", ready)]


def _routes(parts: Parts) -> list[BaseRoute]:
    return [
        Route("/sign-in", signing.show(parts)),
        Route("/sign-in", signing.sign_in(parts), methods=["POST"]),
        Route("/sign-out", endpoint(parts, signing.sign_out), methods=["POST"]),
        Route("/", endpoint(parts, pages.overview)),
        Route("/letters", endpoint(parts, pages.listing)),
        Route("/letters/{partition:whole}/{offset:whole}", endpoint(parts, pages.letter)),
        *_correction_routes(parts),
        Route("/redrive", endpoint(parts, redrives.preview, access.REDRIVE)),
        Route("/redrive", endpoint(parts, redrives.begin, access.REDRIVE), methods=["POST"]),
        Route("/runs", endpoint(parts, redrives.listing)),
        Route("/runs/{run}", endpoint(parts, redrives.show)),
        Route("/runs/{run}/continue", endpoint(parts, redrives.proceed, access.REDRIVE), methods=["POST"]),
        Mount(_STATIC.rstrip("/"), StaticFiles(directory=Path(__file__).with_name("static"))),
    ]


def _correction_routes(parts: Parts) -> list[BaseRoute]:
    """Who corrects a letter sees it unmasked and sends it again: both scopes are needed."""
    path, scopes = "/letters/{partition:whole}/{offset:whole}/edit", (access.REDRIVE, access.PERSONAL)
    review = endpoint(parts, corrections.review, *scopes, largest=corrections.LARGEST)
    send = endpoint(parts, corrections.send, *scopes, largest=corrections.LARGEST)
    return [
        Route(path, endpoint(parts, corrections.form, *scopes)),
        Route(path, review, methods=["POST"]),
        Route(f"{path}/send", send, methods=["POST"]),
    ]
