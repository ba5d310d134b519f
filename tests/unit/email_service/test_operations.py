"""Which port answers what operators ask, with and without a port of their own; nothing is behind the application."""

from __future__ import annotations

import asyncio

import pytest
from starlette.testclient import TestClient

from services.email_service.__main__ import _Nobody
from services.email_service.app import create_app, create_operations_app
from services.email_service.parts import Parts, make_parts
from services.email_service.settings import load_settings
from services.logs import Log

_ENV = {"MONGODB_URI": "mongodb://127.0.0.1:9", "JWT_SECRET": "s" * 32}
_OPERATIONS = ("/health", "/livez", "/readyz", "/metrics")


def _parts(**settings: str) -> Parts:
    loaded = load_settings({**_ENV, "LOG_LEVEL": "error", **settings})
    parts = make_parts(loaded, _Nobody(), Log("error"))
    asyncio.run(parts.mongo.close())  # so that it fails at once
    return parts


def _statuses(client: TestClient) -> list[int]:
    return [client.get(path).status_code for path in (*_OPERATIONS, "/api/emails/stats")]


def test_without_a_port_of_their_own_the_interface_answers_all() -> None:
    """As it always did; 503 as nothing is ready."""
    assert _statuses(TestClient(create_app(_parts()))) == [200, 200, 503, 200, 401]


def test_with_a_port_of_their_own_the_interface_keeps_its_health_only() -> None:
    """What is not there is not described, and is refused as any unknown path is."""
    interface = TestClient(create_app(_parts(OPERATIONS_PORT="9002")))
    described = interface.get("/openapi.json").json()["paths"]
    answer = interface.get("/metrics")

    assert _statuses(interface) == [200, 404, 404, 404, 401]
    assert described.keys() & set(_OPERATIONS) == {"/health"}
    assert (answer.headers["content-type"], answer.json()["status"]) == ("application/problem+json", 404)


def test_the_other_port_has_operations_only() -> None:
    """Neither the interface nor its description; the metrics are those of the interface."""
    parts = _parts(OPERATIONS_PORT="9002")
    operations = TestClient(create_operations_app(parts))
    TestClient(create_app(parts)).get("/api/emails/stats")

    assert _statuses(operations) == [200, 200, 503, 200, 404]
    assert [operations.get(path).status_code for path in ("/openapi.json", "/docs")] == [404, 404]
    assert 'http_requests_total{path="/api/emails/stats",status="401"} 1.0' in operations.get("/metrics").text


@pytest.mark.parametrize(
    "path", ["/metrics/", "//metrics", "/METRICS", "/%6detrics", "/metrics;x", "/health/../metrics"]
)
def test_no_other_spelling_gets_through(path: str) -> None:
    """Of a path that the interface no longer has."""
    interface = TestClient(create_app(_parts(OPERATIONS_PORT="9002")), follow_redirects=False)

    assert interface.get(f"http://testserver{path}").status_code == 404
