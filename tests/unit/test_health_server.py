"""Health of the notification service over HTTP."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge

from services.notification_service.http import HealthApp, HealthServer
from services.web.connections import Bounds
from services.web.heads import CheckedHeads


def _ask(method: str, path: str, *, live: str | None = None, ready: str | None = None) -> httpx.Response:
    metrics = CollectorRegistry()
    Gauge("seen", "Things seen.", registry=metrics).set(1)
    app = CheckedHeads(HealthApp(metrics, lambda: live, lambda: ready))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.request(method, path)

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/metrics"])
def test_head_is_answered_as_get(path: str) -> None:
    """With the length, and without the body."""
    got, head = _ask("GET", path), _ask("HEAD", path)

    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    assert head.headers["content-length"] == str(len(got.content))


def test_health_says_whose_it_is() -> None:
    """As operators look for it."""
    assert _ask("GET", "/health").json() == {"status": "healthy", "service": "notification-service"}


def test_metrics_are_those_of_the_registry() -> None:
    """In the text format."""
    assert "seen 1.0" in _ask("GET", "/metrics").text


@pytest.mark.parametrize(("path", "given"), [("/livez", {"live": "stuck"}), ("/readyz", {"ready": "stuck"})])
def test_a_problem_is_503_with_its_reason(path: str, given: dict[str, str]) -> None:
    """Each for its own question."""
    answer = _ask("GET", path, **given)

    assert (answer.status_code, answer.json()) == (503, {"status": "failing", "reason": "stuck"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_told_what_is_allowed(method: str) -> None:
    """RFC 9110, section 15.5.6."""
    answer = _ask(method, "/health")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_there_are_no_other_pages() -> None:
    """Whatever the method."""
    assert [_ask(method, "/x").status_code for method in ("GET", "POST")] == [404, 404]


def test_live_is_answered_while_ready_waits_for_a_dependency() -> None:
    """On a server of its own, which ends when it is told to."""
    asked, done = threading.Event(), threading.Event()

    def ready() -> str | None:
        asked.set()
        done.wait(10)
        return None

    answers: list[int] = []
    with HealthServer(("127.0.0.1", 0), Bounds(8), CollectorRegistry(), live=lambda: None, ready=ready) as server:
        url = f"http://127.0.0.1:{server.port}"
        waiting = threading.Thread(target=lambda: answers.append(httpx.get(f"{url}/readyz", timeout=20).status_code))
        waiting.start()
        assert asked.wait(10)
        live = httpx.get(f"{url}/livez", timeout=5).status_code
        done.set()
        waiting.join()

    assert (live, answers) == (200, [200])
