"""Health and metrics over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

_JSON: Final = "application/json"
Problem = Callable[[], str | None]


class HealthServer:
    """Answers on its own threads; a context manager."""

    def __init__(self, address: tuple[str, int], metrics: CollectorRegistry, *, live: Problem, ready: Problem) -> None:
        """Take the address, the metrics, and two questions that are answered with a problem or None.

        Raises:
            OSError: the address is taken.
        """
        self._server = ThreadingHTTPServer(address, _handler(metrics, live, ready))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(metrics: CollectorRegistry, live: Problem, ready: Problem) -> type[BaseHTTPRequestHandler]:
    def health() -> tuple[int, str, bytes]:
        return 200, _JSON, b'{"status":"healthy","service":"notification-service"}'

    def probe(problem: Problem) -> Callable[[], tuple[int, str, bytes]]:
        def answer() -> tuple[int, str, bytes]:
            found = problem()
            body = {"status": "ok"} if found is None else {"status": "failing", "reason": found}
            return 200 if found is None else 503, _JSON, json.dumps(body).encode()

        return answer

    routes: dict[str, Callable[[], tuple[int, str, bytes]]] = {
        "/health": health,
        "/livez": probe(live),
        "/readyz": probe(ready),
        "/metrics": lambda: (200, CONTENT_TYPE_LATEST, generate_latest(metrics)),
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_GET(self) -> None:
            route = routes.get(self.path.partition("?")[0])
            status, kind, body = route() if route else (404, _JSON, b'{"error":"there is no such page"}')
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the base class
            """Say nothing: probes come every few seconds."""

    return Handler
