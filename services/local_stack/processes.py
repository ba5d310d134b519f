"""Child processes that cannot outlive this one, the ports they listen on, and waiting for them."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.local_stack.errors import StackError

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: children that are modules of this project run from here."""

_SUPERVISOR = Path(__file__).with_name("supervise.py")
_GRACE = 5.0
_POLL = 0.03
_BIND_ATTEMPTS = 3
_PORTS = range(20_000, 32_768)
_TAIL_LINES = 15
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Child:
    """A command under a supervisor that ends it, and its descendants, when this process goes away.

    Its output goes to `log`. The supervisor deletes `directory` after the end, also after a SIGKILL of
    this process.
    """

    def __init__(
        self,
        command: Sequence[str],
        directory: Path,
        grace: float = _GRACE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.log = directory / "output.log"
        self._exit_code: int | None = None
        self._lifeline, theirs = socket.socketpair()
        supervisor = [sys.executable, "-I", "-S", str(_SUPERVISOR), "--grace", str(grace)]
        with theirs, self.log.open("ab") as output:
            self._supervisor = subprocess.Popen(
                [*supervisor, "--remove", str(directory), "--", *command],
                stdin=theirs.fileno(),
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env=environment,
                start_new_session=True,
            )
        self._lifeline.settimeout(0.0)

    def exit_code(self) -> int | None:
        """The exit code of the command, negative for a signal; None while it runs."""
        if self._exit_code is None:
            try:
                told = self._lifeline.recv(64)
            except BlockingIOError:
                return None
            # End-of-file: the supervisor itself is gone, and nobody knows how the command ended.
            self._exit_code = int(told) if told else -1
        return self._exit_code

    def tail(self) -> str:
        """The last lines that the command wrote."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        lines = _COLOUR.sub("", text).splitlines()
        return "\n".join(f"    {line}" for line in lines[-_TAIL_LINES:])

    def kill(self) -> None:
        """Ends the command as a crash would: SIGKILL, at once; for tests of what a crash costs."""
        os.kill(int((self.directory / "pid").read_text()), signal.SIGKILL)

    def stop(self) -> None:
        """Ends the command and waits until it, its descendants and its directory are gone."""
        if self._supervisor.poll() is None:
            # Not only close: a fork of this process may hold a copy of the socket.
            self._lifeline.shutdown(socket.SHUT_RDWR)
            self._supervisor.wait(timeout=_GRACE * 2)
        if self._exit_code is None:
            self._exit_code = -1
        self._lifeline.close()
        shutil.rmtree(self.directory, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and the event that ends every wait early."""

    seconds: float
    cancelled: threading.Event

    def until(self, condition: Callable[[], bool]) -> bool:
        """Polls until the condition holds; False when the time is over first.

        Raises:
            StackError: The stack was stopped meanwhile.
        """
        deadline = time.monotonic() + self.seconds
        while not condition():
            if time.monotonic() >= deadline:
                return False
            if self.cancelled.wait(_POLL):
                raise StackError("stopped while it was starting")
        return True


@dataclass(frozen=True, slots=True)
class Server:
    """A server that the stack runs itself.

    Attributes:
        name: As messages call it.
        ports: How many ports it listens on; clients speak to the first.
        grace: Seconds it gets to end by itself.
        environment: Its environment variables; None for those of this process.
        command: Writes what the server needs into the directory and returns its command line.
        answers: Whether the server answers on its first port.
    """

    name: str
    command: Callable[[Path, Sequence[int]], Sequence[str]]
    answers: Callable[[int], bool]
    ports: int = 1
    grace: float = _GRACE
    environment: Mapping[str, str] | None = None


def run_server(server: Server, patience: Patience) -> tuple[Child, int]:
    """Starts the server on free ports and waits until it answers.

    Raises:
        StackError: It ended or stayed silent; the message shows its last lines.
    """
    for attempt in range(1, _BIND_ATTEMPTS + 1):
        ports = free_ports(server.ports)
        directory = Path(tempfile.mkdtemp(prefix="eccs-stack-"))
        child = Child(server.command(directory, ports), directory, server.grace, server.environment)
        try:
            _await_answer(server, child, ports[0], patience)
        except StackError as error:
            child.stop()
            # Between asking for a free port and binding it, somebody else may have taken it.
            if attempt == _BIND_ATTEMPTS or "in use" not in str(error):
                raise
        except BaseException:
            child.stop()
            raise
        else:
            return child, ports[0]
    raise AssertionError("the last attempt returns or raises")


def _await_answer(server: Server, child: Child, port: int, patience: Patience) -> None:
    # A client is asked only when somebody listens: clients back off, which would cost the start seconds.
    up = patience.until(lambda: child.exit_code() is not None or (_listening(port) and server.answers(port)))
    code = child.exit_code()
    if up and code is None:
        return
    what = f"does not answer after {patience.seconds:g} s" if code is None else f"ended with exit code {code}"
    message = f"{server.name} {what}; its last lines:\n{child.tail()}"
    raise StackError(message)


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Different loopback ports that nobody listens on now.

    From below those that kernels give to outgoing connections, so that none of these takes one before it is used, and
    by chance, for another stack may look for some at the same time.

    Raises:
        StackError: There are not so many.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        if len(found) == count:
            return found
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
    raise StackError(f"no {count} ports of 127.0.0.1 are free from {_PORTS[0]} to {_PORTS[-1]}")
