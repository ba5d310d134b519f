"""A line on the terminal that says what a long command is doing."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final, Self, TextIO

from compat_checks.safe_output import visible

QUIET: Final = 1.0  # seconds before the first word: what is done sooner needs none
EVERY: Final = 0.1  # seconds between two updates


class Progress:
    """Takes what is being done and shows it, on a terminal only; gone when the command is done."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO = getattr(stream, "raw", stream)  # what moves the cursor is ours
        self._next = time.monotonic() + QUIET if stream.isatty() else float("inf")
        self._shown = False

    def __call__(self, text: str) -> None:
        """Say what is being done."""
        now = time.monotonic()
        if now >= self._next:
            self._next, self._shown = now + EVERY, True
            self._stream.write(f"\r\x1b[K{visible(text)[:79]}")
            self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
