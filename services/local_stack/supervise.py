"""Runs one command and ends it when whoever asked for it is gone, however it went.

The asker holds the write end of a pipe that is this process's standard input. When the asker ends, also by SIGKILL,
the pipe reaches its end and the command's whole process group is stopped. The folder given first is removed then.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

_GRACE = 2.0  # seconds between SIGTERM and SIGKILL


def main(folder: str, command: list[str]) -> int:
    """Run the command until it ends or the pipe does; its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the pipe alone decides, so that the order of a stop is the asker's
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    Path(folder, "pid").write_text(str(child.pid), "utf-8")
    threading.Thread(target=_watch, args=(child,), daemon=True).start()
    code = child.wait()
    _signal(child, signal.SIGKILL)  # what the command left behind in its group
    shutil.rmtree(folder, ignore_errors=True)
    return code


def _watch(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        pass
    _signal(child, signal.SIGTERM)
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        _signal(child, signal.SIGKILL)


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
