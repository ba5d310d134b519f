"""Parts that are secured; started once, when the first test asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from services.local_stack import Stack
from services.local_stack.errors import Unavailable
from tests.console_harness import running_console
from tests.integration.certificates import Certificates, make_certificates
from tests.integration.console_parts import Console
from tests.integration.secured import Secured, secured_parts


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made anew for each run."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Secured]:
    """Apache Kafka, the embedded registry and SecantusDB behind TLS and credentials."""
    try:
        with secured_parts(tmp_path_factory.mktemp("secured"), certificates) as parts:
            yield parts
    except Unavailable as reason:
        pytest.skip(f"no other broker here does TLS and SASL as Apache Kafka: {reason}")


@pytest.fixture(scope="module")
def console(stack: Stack) -> Iterator[Console]:
    """The process, with nothing in its DLQ but what tests write."""
    with (
        running_console(stack.environment, MAX_LETTERS="30000") as (_, address),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield Console(client, stack)
