"""`python -m services.local_stack up`: the stack in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading

from services.local_stack import PARTS, Stack, StackError, start_stack
from services.local_stack.stack import to_stderr


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 ok, 1 failed, 2 usage, 3 a part cannot be had."""
    parser = argparse.ArgumentParser("python -m services.local_stack")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    up = commands.add_parser("up", help="start the parts and print the environment to export")
    up.add_argument("--only", default=",".join(PARTS), metavar="PARTS", help=f"some of {','.join(PARTS)}")
    up.add_argument("--bare", action="store_true", help="apply neither topics nor schemas")
    demo = commands.add_parser("demo", help="from a schema to a delivered e-mail, and the books of it")
    demo.add_argument(
        "--kill-after", type=int, metavar="N", help="kill the notification service once N mails have arrived"
    )
    options = parser.parse_args(arguments)
    try:
        return _demo(options) if options.command == "demo" else _up(parser, options)
    except StackError as error:
        print(f"local-stack: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130


def apply_contracts(stack: Stack) -> None:
    """Create the topics and register the schemas.

    Raises:
        StackError: one of the two commands fails.
    """
    env = {**os.environ, **stack.environment}
    for command in (["compat_checks", "apply"], ["eccs_contracts", "topics", "apply", "--yes"]):
        done = subprocess.run([sys.executable, "-m", *command], env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()[-600:]}")


def _demo(options: argparse.Namespace) -> int:
    from services.local_stack.demo import run

    return run(kill_after=options.kill_after)


def _up(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    parts = options.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"--only: there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with start_stack(parts) as stack:
        if not options.bare and {"broker", "registry"} <= set(parts):
            apply_contracts(stack)
            to_stderr("topics and schemas are applied")
        for name, value in stack.environment.items():
            print(f"export {name}={value}", flush=True)
        to_stderr("ready; Ctrl-C stops it")
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
