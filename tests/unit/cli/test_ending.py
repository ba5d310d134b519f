"""How commands end early: a closed pipe, a full disk, a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Final

import pytest

from eccs_contracts._cli._ending import stopped_by_signals

# Adds commands to the program and runs the one that is named.
PROGRAM: Final = """
import signal, sys
import click
from eccs_contracts import _cli

@_cli.cli.command()
def lines():
    for number in range(100_000):
        click.echo(f"line {number}")

@_cli.cli.command()
def stand():
    try:
        click.echo("standing")
        sys.stdout.flush()
        signal.pause()
    except KeyboardInterrupt:
        raise KeyboardInterrupt("the same command continues") from None

sys.exit(_cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("arguments", [["lines"], ["--help"], ["dlq", "--help"]])
def test_a_reader_that_goes_ends_a_command_quietly(arguments: list[str]) -> None:
    """As `| head` does: exit code 0, and not a word."""
    theirs, ours = os.pipe()
    os.close(theirs)
    command = [sys.executable, "-c", PROGRAM, *arguments]
    with os.fdopen(ours, "wb") as unread:
        ended = subprocess.run(command, stdout=unread, stderr=subprocess.PIPE, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_disk_that_is_full_is_told_in_one_line() -> None:
    """And Python has nothing to add at its end."""
    command = [sys.executable, "-c", PROGRAM, "lines"]
    with open("/dev/full", "w") as full:  # noqa: PTH123  a device
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stderr) == (1, "eccs-contracts: [Errno 28] No space left on device\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_command_with_its_number(number: signal.Signals, code: int) -> None:
    """As shells count, with what the command says of going on."""
    command = [sys.executable, "-c", PROGRAM, "stand"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "standing\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=30)

    assert (process.returncode, said.strip()) == (code, "eccs-contracts: interrupted: the same command continues")


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """What nohup begins goes on when the terminal is closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
