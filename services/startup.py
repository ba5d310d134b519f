"""How a service starts: it waits for its dependencies until one deadline, and a signal ends it at once.

Until the start is over nothing was taken and nothing was answered, so there is nothing to finish. The checks run on
threads of their own: Python runs the handler of a signal on the main thread only, and only between two instructions,
so a main thread that waits inside a library would not notice a signal.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from eccs_contracts.errors import InfrastructureError, UnknownSchema

Check: TypeAlias = Callable[[float], object]

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_PAUSE: Final = 0.5  # seconds between two tries
_GRACE: Final = 0.5  # seconds: a check that keeps its own time-out says more than this module can


class StartupTimeout(InfrastructureError):
    """Raised where a dependency had not answered at all when the time to start was over."""


def end_on_signals() -> None:
    """Let SIGTERM and SIGINT end the process at once, with exit code 0, until other handlers are set."""
    for number in _SIGNALS:
        signal.signal(number, _end)


def await_dependencies(checks: Mapping[str, Check], seconds: float) -> None:
    """Wait until every check has succeeded; all of them share one deadline.

    Args:
        checks: by what they check, for example "MongoDB (MONGODB_URI)", in order. A check takes the seconds that are
            left; while it raises an InfrastructureError or UnknownSchema it is tried again.
        seconds: from now to the deadline; STARTUP_TIMEOUT.

    Raises:
        InfrastructureError: a check failed until the deadline (what it raised last), or had not ended by then.
        UnknownSchema: as above.
    """
    deadline = time.monotonic() + seconds
    for what, check in checks.items():
        _await(what, check, deadline, seconds)


def _await(what: str, check: Check, deadline: float, seconds: float) -> None:
    last: Exception = StartupTimeout(f"{what} has not answered within {seconds:g} s (STARTUP_TIMEOUT)")
    while True:
        left = max(0.0, deadline - time.monotonic())
        attempt = _Attempt(check, left)
        attempt.start()
        attempt.join(left + _GRACE)
        if attempt.is_alive():
            raise last
        if attempt.error is None:
            return
        if not isinstance(attempt.error, InfrastructureError | UnknownSchema):
            raise attempt.error
        last = attempt.error
        if time.monotonic() + _PAUSE > deadline:
            raise last
        time.sleep(_PAUSE)


class _Attempt(threading.Thread):
    """One try of a check; a daemon, because a process that gives up must not wait for it."""

    def __init__(self, check: Check, seconds: float) -> None:
        super().__init__(name="startup-check", daemon=True)
        self._check, self._seconds = check, seconds
        self.error: Exception | None = None

    def run(self) -> None:
        """Try it, and keep what it raises."""
        try:
            self._check(self._seconds)
        except Exception as error:  # noqa: BLE001  raised again on the thread that waits
            self.error = error


def _end(_number: int, _frame: object) -> None:
    """No clean-up: threads of libraries that hang would keep the process from ending."""
    os.write(2, b'{"level": "info", "event": "stopped", "during": "start"}\n')
    os._exit(0)
