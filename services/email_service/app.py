"""The HTTP interface, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from pymongo.errors import PyMongoError
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from eccs_contracts.failure_reasons import database_failure
from services.email_service import database
from services.email_service.openapi import describe
from services.email_service.operations import health_route, operation_routes
from services.email_service.parts import Parts
from services.email_service.problems import ApiError, explain_errors, respond
from services.email_service.routes import email_routes
from services.email_service.telemetry import Telemetry
from services.logs import Log
from services.web.heads import BadHead, CheckedHeads
from services.web.templates import Templates


def create_app(parts: Parts) -> FastAPI:
    """The interface, and with it all that operators ask unless that has a port of its own."""
    settings = parts.settings

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        preparing = asyncio.create_task(_prepare(parts))  # it may take as long as the database does not answer
        yield
        preparing.cancel()
        with suppress(asyncio.CancelledError):
            await preparing
        await parts.mongo.close()

    # No /docs and /redoc: they run scripts from a host that is not ours.
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(email_routes(parts))  # first: routes are tried in their order
    app.include_router(operation_routes(parts) if settings.operations is None else health_route())
    describe(app, Templates(settings.templates).names() if settings.templates else None)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id", "Traceparent"],
            expose_headers=["X-Request-Id", "Retry-After", "Idempotency-Replayed"],
        )
    return _guarded(app, parts)


def create_operations_app(parts: Parts) -> FastAPI:
    """What operators ask, for a port of its own."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.include_router(operation_routes(parts))
    return _guarded(app, parts)


def _guarded(app: FastAPI, parts: Parts) -> FastAPI:
    """The application, with checked heads, a plain answer to each error, metrics and a log."""
    explain_errors(app)
    _explain_database(app, parts.log)
    app.add_middleware(CheckedHeads, refuse=_refused)
    app.add_middleware(Telemetry, metrics=parts.metrics, log=parts.log)
    return app


def _refused(scope: Scope, bad: BadHead) -> ASGIApp:
    return respond(ApiError(bad.status, bad.detail), scope["state"]["request_id"])


def _explain_database(app: FastAPI, log: Log) -> None:
    async def handler(request: Request, error: Exception) -> Response:
        assert isinstance(error, PyMongoError)  # noqa: S101  what the handler is for
        answer = database.api_error(error)
        level = "error" if answer.status == 500 else "warning"
        log(level, "database failed", request=request.state.request_id, **database.about(error))
        return respond(answer, request.state.request_id)

    app.add_exception_handler(PyMongoError, handler)


async def _prepare(parts: Parts) -> None:
    """Make the indexes. A database that is away stops no one who sends without a key, so it does not stop us."""
    try:
        await parts.keys.prepare()
        await parts.ledger.prepare()
    except PyMongoError as error:
        parts.log("warning", "indexes not made; start again once MongoDB answers", error=database_failure(error))
