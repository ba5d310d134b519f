"""Progress of what takes long: on a terminal only, on standard error, and only after two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TextIO

_PATIENCE: Final = 2.0  # seconds without a line
_INTERVAL: Final = 0.2  # seconds between two states of the line


class Progress:
    """A line that says how far a job is; a context manager that clears it."""

    def __init__(
        self,
        what: str,
        total: int | None = None,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            what: for example "letters read".
            total: how much there is to do; None where nobody knows.
            stream: where to write; standard error.
            clock: seconds from any beginning.
        """
        self._what, self._total, self._clock = what, total, clock
        self._stream = sys.stderr if stream is None else stream
        self._visible = self._stream.isatty()
        self._due = clock() + _PATIENCE
        self._done, self._written = 0, 0

    def add(self, count: int = 1) -> None:
        """Note that so much more is done."""
        self._done += count
        if self._visible and self._clock() >= self._due:
            self._due = self._clock() + _INTERVAL
            line = f"{self._done:,}{'' if self._total is None else f' of {self._total:,}'} {self._what}"
            self._stream.write(f"\r{line:<{self._written}}")
            self._stream.flush()
            self._written = len(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._written:
            self._stream.write(f"\r{'':<{self._written}}\r")
            self._stream.flush()
