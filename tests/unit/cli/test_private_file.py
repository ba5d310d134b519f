"""Files that hold personal data: readable by their owner only, complete or absent, and never written through a link."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from eccs_contracts.dead_letters.archive import write
from eccs_contracts.dead_letters.errors import NotWritable, TopicMissing
from eccs_contracts.dead_letters.private_file import private_file
from tests.unit.cli.letters import letter

# Opens a file in a process of its own, says so, and waits for a signal; argument: the name.
WAITING: Final = """
import signal, sys
from pathlib import Path
from eccs_contracts._cli._ending import stopped_by_signals
from eccs_contracts.dead_letters.private_file import private_file

try:
    with stopped_by_signals(), private_file(Path(sys.argv[1])) as file:
        file.write(b"personal")
        print("open", flush=True)
        signal.pause()
except KeyboardInterrupt:
    sys.exit(7)
"""


@contextmanager
def masking(umask: int) -> Iterator[None]:
    """A umask for new files."""
    before = os.umask(umask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_a_file_is_its_owners_whatever_the_umask_is(tmp_path: Path, umask: int) -> None:
    """While it is written, and after that."""
    target = tmp_path / "letters.jsonl"
    with masking(umask), private_file(target) as file:
        file.write(b"personal")
        (part,) = tmp_path.iterdir()
        assert part != target
        assert part.stat().st_mode & 0o777 == 0o600

    assert [(one.name, one.stat().st_mode & 0o777) for one in tmp_path.iterdir()] == [("letters.jsonl", 0o600)]
    assert target.read_bytes() == b"personal"
    assert target.stat().st_nlink == 1


@pytest.mark.parametrize("suffix", [".avro", ".parquet"])
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_an_archive_is_its_owners_whatever_the_umask_is(tmp_path: Path, suffix: str, umask: int) -> None:
    """In both formats."""
    target = tmp_path / f"letters{suffix}"
    with masking(umask):
        assert write(target, [letter(1), letter(2)]) == 2

    assert [(one.name, one.stat().st_mode & 0o777) for one in tmp_path.iterdir()] == [(target.name, 0o600)]


def test_a_file_that_exists_is_replaced_only_by_force(tmp_path: Path) -> None:
    """And only when the new one is complete; the mode is that of the new one."""
    target = tmp_path / "letters.jsonl"
    target.write_bytes(b"old")
    target.chmod(0o644)
    with pytest.raises(NotWritable, match="exists: give another name, or --force"), private_file(target):
        pytest.fail("it was opened")
    with private_file(target, force=True) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"

    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o600)


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    """Of two programs that write the same name, the second is refused."""
    target = tmp_path / "letters.jsonl"
    opened = private_file(target)
    opened.__enter__().write(b"second")
    target.write_bytes(b"first")
    with pytest.raises(NotWritable, match="exists"):
        opened.__exit__(None, None, None)

    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("letters.jsonl", b"first")]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "fifo", "device"])
def test_what_is_no_regular_file_is_never_written_to(tmp_path: Path, kind: str, *, force: bool) -> None:
    """With --force neither; what a link points to stays as it is."""
    target, victim = tmp_path / "letters.jsonl", tmp_path / "victim"
    victim.write_bytes(b"kept")
    make: dict[str, Callable[[], object]] = {
        "link": lambda: target.symlink_to(victim),
        "dangling link": lambda: target.symlink_to(tmp_path / "missing"),
        "folder": target.mkdir,
        "fifo": lambda: os.mkfifo(target),
        "device": lambda: None,
    }
    make[kind]()
    target = Path("/dev/full") if kind == "device" else target
    with pytest.raises(NotWritable, match="symbolic link" if "link" in kind else "not a regular file"):
        private_file(target, force=force).__enter__()

    assert victim.read_bytes() == b"kept"
    assert not (tmp_path / "missing").exists()
    assert not list(tmp_path.glob(".eccs-*"))


@pytest.mark.parametrize("force", [False, True])
def test_a_link_that_appears_meanwhile_is_not_followed(tmp_path: Path, *, force: bool) -> None:
    """It is refused at the end, too."""
    target, victim = tmp_path / "letters.jsonl", tmp_path / "victim"
    victim.write_bytes(b"kept")
    opened = private_file(target, force=force)
    opened.__enter__().write(b"personal")
    target.symlink_to(victim)
    with pytest.raises(NotWritable):
        opened.__exit__(None, None, None)

    assert sorted(one.name for one in tmp_path.iterdir()) == ["letters.jsonl", "victim"]
    assert victim.read_bytes() == b"kept"


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """With what the system says of it."""
    with pytest.raises(NotWritable, match=r"missing/x\.avro: No such file or directory"):
        write(tmp_path / "missing" / "x.avro", [letter()])


@pytest.mark.parametrize("error", [TopicMissing("gone"), ValueError("defect"), KeyboardInterrupt()])
def test_whatever_stops_the_writing_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    """And is told as it is, also where it is an error of the system by its kind."""
    opened = private_file(tmp_path / "letters.jsonl")
    opened.__enter__().write(b"personal")
    assert not opened.__exit__(type(error), error, None)

    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    """Here by the largest file that the process may write; the text names the file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with (
            pytest.raises(NotWritable, match=r"letters\.jsonl: File too large"),
            private_file(tmp_path / "letters.jsonl") as file,
        ):
            file.write(b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Whichever a person, a supervisor or a closed terminal sends."""
    command = [sys.executable, "-c", WAITING, str(tmp_path / "letters.jsonl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        process.send_signal(number)
        assert process.wait(30) == 7

    assert list(tmp_path.iterdir()) == []
