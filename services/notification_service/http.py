"""Health and metrics over HTTP, on a thread and a loop of their own: they answer while everything else is stuck."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from services.web.connections import Bounds
from services.web.findings import Finding
from services.web.heads import CheckedHeads
from services.web.serving import Server, listening

_JSON: Final = "application/json"
_GRACE: Final = 2.0  # seconds that answers under way have at the end
Problem = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one path answers."""

    status: HTTPStatus
    kind: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class HealthServer:
    """Serves `/health`, `/livez`, `/readyz` and `/metrics`; a context manager."""

    def __init__(
        self, address: tuple[str, int], bounds: Bounds, metrics: CollectorRegistry, *, live: Problem, ready: Problem
    ) -> None:
        """Take the address, the metrics, and two questions that are answered with a problem or None.

        `live` is asked on the loop and must not wait; `ready` may wait.

        Raises:
            ConfigurationError: the address is taken.
        """
        self._socket = listening(*address)
        self._server = Server(CheckedHeads(HealthApp(metrics, live, ready)), bounds, _GRACE)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


class HealthApp:
    """The ASGI application; GET and HEAD only."""

    def __init__(self, metrics: CollectorRegistry, live: Problem, ready: Problem) -> None:
        self._metrics = metrics
        self._live = live
        self._readiness = Finding(lambda: asyncio.to_thread(ready))
        self._routes: Mapping[str, Callable[[], Awaitable[Answer]]] = {
            "/health": self._health,
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/metrics": self._exposed,
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002  ASGI
        """Answer one request."""
        if scope["type"] == "http":
            answer = await self._answer(scope["method"], scope["path"])
            length = (b"content-length", str(len(answer.body)).encode())
            headers = [(b"content-type", answer.kind.encode()), length, *answer.headers]
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _answer(self, method: str, path: str) -> Answer:
        route = self._routes.get(path)
        if route is None:
            return Answer(HTTPStatus.NOT_FOUND, _JSON, b'{"error":"there is no such page"}')
        if method not in ("GET", "HEAD"):
            body = b'{"error":"GET or HEAD is expected"}'
            return Answer(HTTPStatus.METHOD_NOT_ALLOWED, _JSON, body, ((b"allow", b"GET, HEAD"),))
        return await route()

    async def _health(self) -> Answer:
        return Answer(HTTPStatus.OK, _JSON, b'{"status":"healthy","service":"notification-service"}')

    async def _livez(self) -> Answer:
        return _probe(self._live())

    async def _readyz(self) -> Answer:
        return _probe(await self._readiness.get())

    async def _exposed(self) -> Answer:
        return Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, await asyncio.to_thread(generate_latest, self._metrics))


def _probe(found: str | None) -> Answer:
    body: dict[str, str] = {"status": "ok"} if found is None else {"status": "failing", "reason": found}
    status = HTTPStatus.OK if found is None else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status, _JSON, json.dumps(body).encode())
