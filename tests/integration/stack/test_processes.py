"""Children of the stack end with it, however it ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from services.local_stack import StackError
from services.local_stack.processes import ROOT, Child, Patience, Server, run_server

DEADLINE = 20.0
PATIENCE = Patience(DEADLINE, threading.Event())
GRANDPARENT = "import subprocess; subprocess.run(['sleep', '300'])"


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition holds before the deadline."""
    return PATIENCE.until(condition)


def processes() -> Mapping[int, int]:
    """Process id to parent's process id, of everything that runs and is no zombie."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def descendants(ancestor: int) -> set[int]:
    """Everything below the process."""
    parents, found = processes(), {ancestor}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {ancestor}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory that the supervisor is to remove."""
    place = tmp_path / "child"
    place.mkdir()
    return place


def test_stop_ends_grandchildren_and_removes_the_directory(directory: Path) -> None:
    """Nothing that the command started is left, nor anything that it wrote."""
    child = Child([sys.executable, "-c", GRANDPARENT], directory)
    assert eventually(lambda: len(descendants(child._supervisor.pid)) == 2)
    started = descendants(child._supervisor.pid)
    child.stop()
    assert not started & set(processes())
    assert not directory.exists()


def test_a_child_that_ignores_sigterm_is_killed(directory: Path) -> None:
    """The grace is not endless."""
    child = Child(["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"], directory, grace=0.1)
    assert eventually(lambda: "deaf" in child.tail())
    started = descendants(child._supervisor.pid)
    child.stop()
    assert not started & set(processes())


def test_tells_the_exit_code(directory: Path) -> None:
    """A command that ends by itself is reported with its exit code and its last words."""
    child = Child(["sh", "-c", "echo farewell; exit 7"], directory)
    assert eventually(lambda: child.exit_code() is not None)
    assert (child.exit_code(), child.tail()) == (7, "    farewell")
    child.stop()


def test_a_server_that_fails_shows_its_last_lines() -> None:
    """The error names the server and what it said."""
    server = Server("the thing", lambda *_: ["sh", "-c", "echo no luck; exit 4"], lambda _: False)
    with pytest.raises(StackError, match=r"the thing ended with exit code 4(?s:.*)no luck"):
        run_server(server, PATIENCE)


def test_a_port_that_was_taken_meanwhile_is_replaced() -> None:
    """The server is started again on another port when somebody else was faster."""
    tried: list[int] = []

    def command(_directory: Path, ports: Sequence[int]) -> Sequence[str]:
        tried.append(ports[0])
        if len(tried) == 1:
            return ["sh", "-c", "echo address already in use; exit 1"]
        return [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(ports[0])]

    child, port = run_server(Server("web", command, lambda _: True), PATIENCE)
    child.stop()
    assert (len(tried), port) == (2, tried[1])


@pytest.fixture
def up(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """`up --bare` with the broker named by the parameter, ready; its temporary files are in `tmp_path`."""
    environ = {**os.environ, "ECCS_BROKER": request.param, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "services.local_stack", "up", "--bare"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("export ")
        yield process
        process.kill()


def ends_without_leftovers(process: subprocess.Popen[str], number: signal.Signals, temporary: Path) -> bool:
    """Sends the signal and looks whether processes and directories of the stack disappear."""
    started = descendants(process.pid)
    assert len(started) >= 6
    assert list(temporary.glob("eccs-stack-*"))
    process.send_signal(number)
    process.wait(DEADLINE)
    return eventually(lambda: not started & set(processes()) and not list(temporary.glob("eccs-stack-*")))


@pytest.mark.stack
@pytest.mark.parametrize("up", ["", "embedded"], indirect=True, ids=["best", "embedded"])
def test_nothing_is_left_after_sigkill(up: subprocess.Popen[str], tmp_path: Path) -> None:
    """No process and no file survives a parent that could not clean up."""
    assert ends_without_leftovers(up, signal.SIGKILL, tmp_path)


@pytest.mark.stack
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("up", ["embedded"], indirect=True)
def test_a_signal_stops_it_in_order(up: subprocess.Popen[str], number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM end it with exit code 0 and nothing left."""
    assert ends_without_leftovers(up, number, tmp_path)
    assert up.returncode == 0
