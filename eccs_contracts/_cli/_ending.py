"""How a command ends early: a signal, or a reader such as `head` that closes the pipe."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import click

_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """Raised in the main thread by SIGTERM and SIGHUP, so that unfinished files are removed and locks released."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class ReaderGone(Exception):
    """Raised when standard output is a pipe that its reader has closed."""


class PipedGroup(click.Group):
    """A group of commands that raises ReaderGone for a closed pipe; click itself would exit with 1."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Parse; `--help` prints here."""
        with _closed_pipe_is_told():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and write what is buffered: a pipe may be closed only then."""
        with _closed_pipe_is_told():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result


@contextmanager
def _closed_pipe_is_told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGone from error


def leave_output() -> None:
    """Drop what is still buffered if it cannot be written: Python would try once more at its end, and say so."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raise Terminated for the signals that otherwise end a process at once; ignored ones (`nohup`) stay ignored."""
    here = threading.current_thread() is threading.main_thread()
    replaced = [one for one in _SIGNALS if here and signal.getsignal(one) is signal.SIG_DFL]
    for one in replaced:
        signal.signal(one, _terminate)
    try:
        yield
    finally:
        for one in replaced:
            signal.signal(one, signal.SIG_DFL)


def _terminate(number: int, _: FrameType | None) -> None:
    raise Terminated(number)
