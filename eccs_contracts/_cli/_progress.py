"""Progress of what takes long: on a terminal only, on standard error, and only after two seconds."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Final, Self, TextIO

from eccs_contracts.safe_output import visible

_PATIENCE: Final = 2.0  # seconds without a line
_INTERVAL: Final = 0.2  # seconds between two states of the line


class Progress:
    """A line that says how far a job is, also while it stands still; a context manager that clears it."""

    def __init__(
        self,
        what: str,
        total: int | None = None,
        *,
        counts: bool = True,
        stream: TextIO | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        """Begin.

        Args:
            what: for example "letters read".
            total: how much there is to do; None where nobody knows.
            counts: whether there is something to count.
            stream: where to write; standard error.
            patience: seconds until the line is shown.
        """
        self._what, self._total, self._counts, self._patience = what, total, counts, patience
        stream = sys.stderr if stream is None else stream
        self._stream: TextIO = getattr(stream, "raw", stream)  # what moves the cursor is ours
        self._began, self._over = time.monotonic(), threading.Event()
        self._done, self._written = 0, 0
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)

    def add(self, count: int = 1) -> None:
        """Note that so much more is done."""
        self._done += count

    def expect(self, total: int) -> None:
        """Note how much there is to do."""
        self._total = total

    def __enter__(self) -> Self:
        if self._stream.isatty():
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._written:
            self._stream.write(f"\r{'':<{self._written}}\r")
            self._stream.flush()

    def _show(self) -> None:
        wait = self._patience
        while not self._over.wait(wait):
            line = f"{self._count()}{visible(self._what)}, {time.monotonic() - self._began:.0f} s"
            self._stream.write(f"\r{line:<{self._written}}")
            self._stream.flush()
            self._written, wait = len(line), _INTERVAL

    def _count(self) -> str:
        if not self._counts:
            return ""
        return f"{self._done:,}{'' if self._total is None else f' of {self._total:,}'} "


def waiting(what: str) -> Progress:
    """The same for what cannot be counted, for example "waiting for the broker"."""
    return Progress(what, counts=False)
