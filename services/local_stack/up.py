"""`up`: the stack in the foreground, with topics and schemas applied."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from services.local_stack.errors import StackError
from services.local_stack.processes import ROOT
from services.local_stack.stack import PARTS, Stack, StackOptions, report_to_stderr, start_stack

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_CHECK_SECONDS = 1.0
_APPLY_FAILED = 1


def run(argv: list[str]) -> int:
    """Starts the stack and keeps it until SIGINT or SIGTERM; 0 then.

    Standard output gets the `export` lines and nothing else, when everything is ready.

    Raises:
        StackError: The stack does not come up, cannot be filled, or loses a part.
    """
    arguments = _parse(argv)
    try:
        with _interrupted_once(), start_stack(StackOptions(parts=arguments.only)) as stack:
            if not arguments.bare:
                apply_contracts(stack.environment)
            sys.stdout.write(export_lines(stack.environment))
            sys.stdout.flush()
            report_to_stderr("ready; Ctrl-C stops it")
            _stay(stack)
    except KeyboardInterrupt:
        report_to_stderr("stopped")
        return 0


def export_lines(environment: Mapping[str, str]) -> str:
    """The environment as a shell reads it."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.local_stack up", description=run.__doc__)
    parser.description = "Starts the local stack and keeps it until Ctrl-C. ECCS_BROKER, ECCS_REGISTRY, ECCS_MONGO"
    parser.description += " and ECCS_SMTP ask for a provider by name; without them the best one present is taken."
    parser.add_argument(
        "--only", type=_parts, default=PARTS, metavar="PARTS", help=f"of {','.join(PARTS)}; all by default"
    )
    parser.add_argument("--bare", action="store_true", help="apply no topics and no schemas")
    return parser.parse_args(argv)


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        message = f"{', '.join(unknown)}: the parts are {', '.join(PARTS)}"
        raise argparse.ArgumentTypeError(message)
    return parts


@contextmanager
def _interrupted_once() -> Iterator[None]:
    """Turns the first stop signal into KeyboardInterrupt; further ones must not disturb the stopping."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def apply_contracts(environment: Mapping[str, str]) -> None:
    """Gives the registry its schemas and the broker its topics, as far as these parts are there."""
    commands = []
    if url := environment.get("SCHEMA_REGISTRY_URL"):
        commands.append(["compat_checks", "apply", "--registry", url])
    if "KAFKA_BOOTSTRAP_SERVERS" in environment:
        commands.append(["eccs_contracts", "topics", "apply", "--yes"])
    for command in commands:
        # Their output goes to standard error: standard output is for the export lines.
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=sys.stderr,
            check=False,
        )
        if done.returncode != 0:
            message = f"`{shlex.join(command)}` failed with exit code {done.returncode}; --bare starts without it"
            raise StackError(message, _APPLY_FAILED)


def _stay(stack: Stack) -> NoReturn:
    while True:
        time.sleep(_CHECK_SECONDS)
        stack.check()
