"""Runs one command and ends it, with everything it started, when the parent goes away.

`python supervise.py [--remove DIR] [--grace SECONDS] -- COMMAND...`, standard input being one end of a
socket pair whose other end the parent keeps. The socket reaches end-of-file when the parent closes it
and also when the parent is killed with SIGKILL, which no handler in the parent could do anything about.
The exit code of a command that ends by itself is sent back over the same socket.

Only the standard library, and nothing of this package: it runs with `-I -S` and starts in milliseconds.
"""

import argparse
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_NOT_STARTED = 127


def main(argv: Sequence[str]) -> int:
    """Supervises the command of the command line until it has ended and the parent has let go."""
    options = _parse(argv)
    parent = os.getppid()
    lifeline = socket.socket(fileno=0)
    wake = _wake_on_signals()
    try:
        child = _start(options.command)
        if child is None:
            _tell(lifeline, _NOT_STARTED)
        elif options.remove:
            Path(options.remove, "pid").write_text(str(child.pid))
        _watch(child, lifeline, wake, parent)
        if child is not None:
            _end_group(child, options.grace)
    finally:
        if options.remove:
            shutil.rmtree(options.remove, ignore_errors=True)
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="supervise")
    parser.add_argument("--remove", help="directory to delete at the end")
    parser.add_argument("--grace", type=float, default=5.0, help="seconds between SIGTERM and SIGKILL")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(argv)


def _wake_on_signals() -> socket.socket:
    """Makes signals readable, so that one `select` waits for them and for the parent."""
    reading, writing = socket.socketpair()
    reading.settimeout(0.0)
    writing.settimeout(0.0)
    signal.set_wakeup_fd(writing.detach())
    for number in (*_STOP_SIGNALS, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return reading


def _start(command: Sequence[str]) -> "subprocess.Popen[bytes] | None":
    try:
        # A session of its own: Ctrl-C in the terminal reaches the parent only, which then stops in order.
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error}\n")
        return None


def _watch(child: "subprocess.Popen[bytes] | None", lifeline: socket.socket, wake: socket.socket, parent: int) -> None:
    """Returns when the parent is gone or a signal asks for the end."""
    running = child
    while True:
        # The time-out is for a parent that died while a fork of it keeps the socket open.
        ready, _, _ = select.select([lifeline, wake], [], [], 1.0)
        signals = wake.recv(64) if wake in ready else b""
        if lifeline in ready or os.getppid() != parent or set(signals) & set(_STOP_SIGNALS):
            return
        if running is not None and running.poll() is not None:
            _tell(lifeline, running.returncode)
            running = None


def _tell(lifeline: socket.socket, code: int) -> None:
    with contextlib.suppress(OSError):
        lifeline.send(f"{code}\n".encode())


def _end_group(child: "subprocess.Popen[bytes]", grace: float) -> None:
    """Ends the command and its descendants: SIGTERM, then SIGKILL to what is left after the grace."""
    kill_at = time.monotonic() + grace
    # macOS answers EPERM, not ESRCH, for a group that has only zombies: both mean that nobody is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGTERM)
        while time.monotonic() < kill_at:
            child.poll()
            os.killpg(child.pid, 0)
            time.sleep(0.02)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
