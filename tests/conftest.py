"""The local stack as fixtures: started once per session, when the first test asks for it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from services.local_stack import SmtpSink, Stack, StackOptions, start_stack
from services.local_stack.up import apply_contracts


def pytest_sessionstart() -> None:
    """Let an interruption reach the processes that tests start and interrupt.

    Who is started by a shell in the background, as nohup is, ignores it, and so would all its children.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """All parts, each from the best provider present; the SMTP server is always the scriptable sink."""
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    with running_stack(terminal.write_line if terminal else print) as running:
        yield running


@contextmanager
def running_stack(report: Callable[[str], None] = print) -> Iterator[Stack]:
    """A stack with topics and schemas, until the block ends."""
    with start_stack(StackOptions(providers={"smtp": "embedded"}), report) as running:
        if os.environ.get("ECCS_REQUIRE_APACHE_KAFKA") == "1" and not running.kafka_is_apache:
            pytest.fail(f"ECCS_REQUIRE_APACHE_KAFKA=1, but {running.choices[0]}", pytrace=False)
        apply_contracts(running.environment)
        yield running


@pytest.fixture
def sink(stack: Stack) -> Iterator[SmtpSink]:
    """The stack's SMTP sink, empty and without faults; set them with `sink.script(Fault(...))`."""
    assert stack.sink is not None
    stack.sink.reset()
    yield stack.sink
    stack.sink.reset()


@pytest.fixture(autouse=True)
def _skip_without_apache_kafka(request: pytest.FixtureRequest) -> None:
    """Skips a test marked `apache_kafka` when the broker is a substitute, and says which."""
    if request.node.get_closest_marker("apache_kafka") is None:
        return
    stack: Stack = request.getfixturevalue("stack")
    if not stack.kafka_is_apache:
        pytest.skip(f"needs Apache Kafka itself; {stack.choices[0]}")
