"""Child processes that never outlive this one, and waiting for them to answer."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from services.local_stack.errors import StackError

_SUPERVISE: Final = Path(__file__).with_name("supervise.py")
_TAIL: Final = 20  # lines of the log that an error shows


class Child:
    """A command with a folder of its own, which goes when it goes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"eccs-{name}-"))
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Run the command under supervision; its output goes to a log in the folder."""
        wrapped = [sys.executable, str(_SUPERVISE), str(self.folder), *command]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                wrapped, stdin=subprocess.PIPE, stdout=log, stderr=log, env=env, start_new_session=True
            )

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait for a condition.

        Raises:
            StackError: the command ended, or the time is over; with the end of its log.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process is None or self._process.poll() is not None:
                raise StackError(f"{self.name} ended while it started:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} does not answer after {seconds:g} s:\n{self._tail()}")
            threading.Event().wait(0.05)

    def kill(self) -> None:
        """End the command as a crash would: SIGKILL, at once."""
        os.kill(int((self.folder / "pid").read_text("utf-8")), signal.SIGKILL)

    @property
    def ended(self) -> bool:
        """Whether the command is gone."""
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """End the command and remove the folder; does nothing the second time."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _tail(self) -> str:
        if not self._log.exists():
            return "(it left no log)"
        lines = self._log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_TAIL:])


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
