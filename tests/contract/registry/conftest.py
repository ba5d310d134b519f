"""Each backend is started once; each test has a subject of its own in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import httpx
import pytest

from compat_checks.registry.server import EmbeddedRegistry
from tests.contract.registry.apicurio import running_apicurio
from tests.contract.registry.backends import APICURIO, Backend

_COUNT = itertools.count(1)


@pytest.fixture(scope="session")
def embedded() -> Iterator[Backend]:
    """The embedded registry: it deviates from Confluent's in nothing that is tested."""
    with EmbeddedRegistry() as running, httpx.Client(timeout=20) as http:
        yield Backend("embedded", running.url, http)


@pytest.fixture(scope="session")
def apicurio() -> Iterator[Backend]:
    """Apicurio Registry on the JVM, which was written by others."""
    with running_apicurio() as url, httpx.Client(timeout=20) as http:
        yield Backend("apicurio", url, http, APICURIO)


@pytest.fixture(params=["embedded", "apicurio"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each of them in turn."""
    found: Backend = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def subject() -> str:
    """A subject that no other test uses."""
    return f"contract-{next(_COUNT)}-value"
