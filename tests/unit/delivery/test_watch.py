"""Whether dependencies answer, as metrics say it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from eccs_contracts.errors import RegistryUnavailable
from services.local_stack.processes import Patience
from services.notification_service.metrics import Metrics
from services.notification_service.watch import DependencyWatch


class Flaky:
    """A dependency that can be taken away."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.away = False

    def __call__(self) -> None:
        """Answer, or not."""
        if self.away:
            raise self.error


def _until(condition: Callable[[], bool]) -> None:
    assert Patience(5, threading.Event()).until(condition)


@pytest.mark.parametrize("error", [RegistryUnavailable("no answer"), TimeoutError()])
def test_one_that_goes_away_is_seen_and_that_it_comes_back(error: Exception) -> None:
    """Without a message that needs it; another one is not concerned."""
    metrics, database, registry = Metrics(), Flaky(error), Flaky(error)
    watch = DependencyWatch({"mongodb": database, "registry": registry}, metrics.dependency, every=0.01)

    def up(name: str) -> float | None:
        return metrics.registry.get_sample_value("dependency_up", {"dependency": name})

    watch.start()
    try:
        _until(lambda: up("mongodb") == up("registry") == 1)
        database.away = True
        _until(lambda: up("mongodb") == 0)
        assert up("registry") == 1
        database.away = False
        _until(lambda: up("mongodb") == 1)
    finally:
        watch.stop()


def test_a_total_is_told_how_far_it_is() -> None:
    """And Prometheus sees a counter, which may only grow."""
    metrics = Metrics()
    for value in (0, 2, 2, 5):
        metrics.floods.set(value)

    assert metrics.registry.get_sample_value("email_dlq_guard_trips_total") == 5
    with pytest.raises(ValueError, match="non-negative"):
        metrics.floods.set(4)
