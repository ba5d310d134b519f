"""What the services expose is what Prometheus asks of metrics: names, types, help."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from services.email_service.metrics import Metrics as EmailMetrics
from services.notification_service.metrics import Metrics as NotificationMetrics
from tests.deploy.files import promtool


@pytest.mark.parametrize("registry", [lambda: EmailMetrics().registry, lambda: NotificationMetrics().registry])
def test_promtool_finds_nothing_to_say(registry: Callable[[], CollectorRegistry]) -> None:
    """Of the metrics by their definition; tests/images asks it of the containers."""
    done = promtool("check", "metrics", given=generate_latest(registry()).decode())

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_promtool_would_say_something() -> None:
    """Of a counter without its suffix."""
    done = promtool("check", "metrics", given="# HELP a A.\n# TYPE a counter\na 1\n")

    assert done.returncode != 0
    assert "_total" in done.stdout + done.stderr
