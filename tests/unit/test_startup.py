"""The start of a service: one deadline for all dependencies, and a signal that ends it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from eccs_contracts.errors import RegistryUnavailable
from services.startup import StartupTimeout, await_dependencies

_SIGNALS_ITSELF = """
import os, signal, threading
from services.startup import await_dependencies, end_on_signals
end_on_signals()
def hang(_):
    os.kill(os.getpid(), signal.{name})
    threading.Event().wait()
await_dependencies({{"a server": hang}}, 60)
"""


def test_checks_run_in_order_with_the_time_that_is_left() -> None:
    """All of them share one deadline."""
    left: list[float] = []
    await_dependencies({"a": left.append, "b": left.append}, 60)

    assert 60 >= left[0] >= left[1] > 50


def test_a_dependency_that_never_answers_is_named_with_the_variable() -> None:
    """However long its own time-outs are; the thread that asks is left behind."""
    began = time.monotonic()
    with pytest.raises(StartupTimeout) as caught:
        await_dependencies({"the SMTP server (SMTP_HOST)": lambda _: threading.Event().wait(30)}, 0.01)

    assert str(caught.value) == "the SMTP server (SMTP_HOST) has not answered within 0.01 s (STARTUP_TIMEOUT)"
    assert time.monotonic() - began < 10


def test_what_a_check_said_last_is_raised() -> None:
    """It knows more than that the time is over."""

    def refuse(_: float) -> None:
        raise RegistryUnavailable("no registry answers at x; see SCHEMA_REGISTRY_URL")

    with pytest.raises(RegistryUnavailable, match="no registry answers at x"):
        await_dependencies({"a": refuse}, 0.01)


def test_a_defect_is_no_reason_to_try_again() -> None:
    """It is raised at once."""

    def fail(_: float) -> None:
        raise KeyError("defect")

    with pytest.raises(KeyError, match="defect"):
        await_dependencies({"a": fail}, 60)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_start_at_once(name: str) -> None:
    """With exit code 0, although a check hangs."""
    code = _SIGNALS_ITSELF.format(name=name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stderr) == (0, '{"level": "info", "event": "stopped", "during": "start"}\n')
