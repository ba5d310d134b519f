"""Whether each dependency answers, asked every few seconds: also while there is no message that would find out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import Gauge

from eccs_contracts.errors import InfrastructureError

_LEAVE: Final = 1.0  # seconds that a stop waits for a question that is under way
Check = Callable[[], object]


class DependencyWatch:
    """Sets the gauge of each dependency to 1 or 0; a thread for each, so that a slow one delays no other."""

    def __init__(self, checks: Mapping[str, Check], gauge: Gauge, every: float = 5.0) -> None:
        """Take the checks by the names of their dependencies, and the seconds between two.

        A check raises InfrastructureError or TimeoutError where there is no answer.
        """
        self._gauge, self._every = gauge, every
        self._closed = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=one, name=f"watch-{one[0]}", daemon=True)
            for one in checks.items()
        ]

    def start(self) -> None:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._closed.set()
        for thread in self._threads:
            thread.join(_LEAVE)

    def _watch(self, name: str, check: Check) -> None:
        while not self._closed.is_set():
            try:
                check()
            except (InfrastructureError, TimeoutError):
                self._gauge.labels(name).set(0)
            else:
                self._gauge.labels(name).set(1)
            self._closed.wait(self._every)
