"""Every HTTP server under hostile requests: the fast part; `python -m tests.benchmark.abuse attack` does more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from prometheus_client import CollectorRegistry

from compat_checks.registry.server import EmbeddedRegistry
from services.local_stack import Stack
from services.notification_service.http import HealthServer
from services.web.connections import Bounds
from tests.benchmark.abuse.attack import CONSOLE, HEALTH, REGISTRY, attack
from tests.benchmark.abuse.shots import SHOTS
from tests.console_harness import bearer, running_console

_ROUNDS = 12


@pytest.fixture(scope="module")
def health() -> Iterator[int]:
    """The health server of the notification service."""
    bounds = Bounds(connections=64, head=1.0)
    server = HealthServer(("127.0.0.1", 0), bounds, CollectorRegistry(), live=lambda: None, ready=lambda: None)
    with server:
        yield server.port


def test_the_health_server_answers_everything(health: int) -> None:
    """Without an error of its own."""
    assert attack(health, HEALTH, _ROUNDS * len(SHOTS)).wrong == []


def test_the_embedded_registry_answers_everything() -> None:
    """Without an error of its own."""
    with EmbeddedRegistry() as registry:
        port = urlsplit(registry.url).port or 0
        found = attack(port, REGISTRY, _ROUNDS * len(SHOTS))

    assert found.wrong == []


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_the_console_answers_everything(stack: Stack) -> None:
    """Without an error of its own; as somebody who may do everything, and as nobody."""
    with running_console(stack.environment, HEAD_TIMEOUT="1000", LOG_LEVEL="error") as (_, url):
        port = urlsplit(url).port or 0
        known = replace(CONSOLE, headers={**bearer(), "Origin": url})
        found = [attack(port, site, _ROUNDS * len(SHOTS), seed) for seed, site in enumerate((CONSOLE, known))]

    assert [one.wrong for one in found] == [[], []]
