"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from services.local_stack import Stack, start_stack
from services.local_stack.__main__ import apply_contracts


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The real parts, started once, with topics and schemas applied."""
    with start_stack() as running:
        apply_contracts(running)
        if os.environ.get("ECCS_REQUIRE_APACHE_KAFKA") and running.provider("broker") != "kafka":
            pytest.fail(f"Apache Kafka is required, and the broker is {running.provider('broker')}")
        yield running
