"""Around every request: an id, a line in the log, metrics, and a plain answer where the code itself failed."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.email_service.metrics import Metrics
from services.email_service.problems import ApiError, respond
from services.logs import Log

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class _Answer:
    """What is known of an answer so far; 0 before it has begun."""

    status: int = 0


class Telemetry:
    """ASGI middleware; not one of Starlette's, which make a task for each request."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log: Log) -> None:
        self._app = app
        self._metrics = metrics
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _ID.fullmatch(given) else f"{random.getrandbits(128):032x}"
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer()

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Cache-Control"] = "no-store"
            await send(message)

        with self._metrics.in_flight.track_inprogress():
            try:
                await self._app(scope, receive, tell)
            except Exception as error:
                self._log("error", "failed", request=request_id, error=type(error).__name__, at=_place(error))
                if answer.status:
                    raise
                await respond(ApiError(500, "see the logs by the id of the request"), request_id)(scope, receive, tell)
        self._note(scope, answer.status, time.perf_counter() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        path = getattr(scope.get("route"), "path", "other")
        self._metrics.requests.labels(path, str(status)).inc()
        self._metrics.duration.labels(path).observe(seconds)
        self._log(
            "info",
            "request",
            request=scope["state"]["request_id"],
            method=scope["method"] if scope["method"].isalpha() else "other",
            path=path,
            status=status,
            ms=round(seconds * 1000, 1),
        )


def _place(error: BaseException) -> str:
    """File and line of ours where an error arose; no values."""
    found = error.__traceback__
    while found is not None and found.tb_next is not None:
        found = found.tb_next
    return f"{found.tb_frame.f_code.co_filename.rpartition('/')[2]}:{found.tb_lineno}" if found else "unknown"
