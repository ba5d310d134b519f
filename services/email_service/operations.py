"""Health, readiness and metrics; without a token."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pymongo.errors import PyMongoError

from eccs_contracts.errors import InfrastructureError
from eccs_contracts.failure_reasons import database_failure
from services.email_service.models import State
from services.email_service.openapi import answers
from services.email_service.parts import Parts
from services.email_service.problems import ApiError
from services.web.findings import Finding

_PATIENCE: Final = 2.0  # seconds that each has to answer; a scrape waits for both


class Readiness:
    """Asks broker and database."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def problem(self) -> str | None:
        """What does not answer; None if both do."""
        broker, database = await asyncio.gather(self._ask_broker(), self._ask_database())
        for name, problem in (("kafka", broker), ("mongodb", database)):
            self._parts.metrics.dependency.labels(name).set(problem is None)
        return broker or database

    async def _ask_broker(self) -> str | None:
        try:
            await asyncio.to_thread(self._parts.sender.check, _PATIENCE)
        except InfrastructureError:
            return "the broker does not answer"
        return None

    async def _ask_database(self) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._parts.mongo.admin.command("ping")
        except (PyMongoError, TimeoutError) as error:
            return database_failure(error)
        return None


async def _health() -> State:
    """Tell that the process answers."""
    return State(status="healthy")


def health_route() -> APIRouter:
    """The route that the interface keeps where operations have a port of their own."""
    router = APIRouter(tags=["operations"])
    router.get("/health", name="health")(_health)
    return router


def operation_routes(parts: Parts) -> APIRouter:
    """All routes for operators."""
    router = health_route()
    router.get("/livez", name="health")(_health)
    readiness = Finding(Readiness(parts).problem)

    @router.get("/readyz", responses=answers(503))
    async def ready() -> State:
        """Tell whether the broker and the database answer."""
        found = await readiness.get()
        if found is not None:
            raise ApiError(503, found, {"Retry-After": "1"})
        return State(status="ready")

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def metrics() -> Response:
        """Tell counters, as Prometheus reads them, and whether the dependencies answer at this moment."""
        await readiness.get()
        return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router
