"""`compat-checks`: what a reviewer, a pipeline and a registry's operator run.

Exit codes: 0 ok, 1 findings, 2 usage, 3 cannot reach.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from compat_checks.errors import CompatChecksError, RegistryUnreachable


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except RegistryUnreachable as error:
        print(f"compat-checks: {error}", file=sys.stderr)
        return 3
    except (CompatChecksError, OSError) as error:
        print(f"compat-checks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("compat-checks", description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="contracts.toml, the schemas and their history agree")
    snapshot = commands.add_parser("snapshot", help="publish the current schemas as the next versions of history")
    apply = commands.add_parser("apply", help="register every published version, and set the levels")
    for command, run in ((check, _check), (snapshot, _snapshot), (apply, _apply)):
        command.add_argument("--schemas", type=Path, default=Path("schemas"), metavar="DIR")
        command.set_defaults(run=run)
    apply.add_argument("--registry", default=os.environ.get("SCHEMA_REGISTRY_URL"), metavar="URL")
    apply.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS")
    serve = commands.add_parser("serve", help="the embedded registry, until it is stopped")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8081, help="0 for any free one")
    serve.add_argument("--data", type=Path, metavar="FILE", help="keep everything in this file")
    serve.set_defaults(run=_serve)
    return parser


def _check(options: argparse.Namespace) -> int:
    from compat_checks.history import problems

    found = problems(options.schemas)
    for line in found:
        print(f"{options.schemas}/{line}")
    print(f"compat-checks: {len(found)} findings" if found else "compat-checks: the contracts are in order")
    return 1 if found else 0


def _snapshot(options: argparse.Namespace) -> int:
    from compat_checks.history import snapshot

    for path in snapshot(options.schemas):
        print(f"compat-checks: published {path}")
    return 0


def _apply(options: argparse.Namespace) -> int:
    from compat_checks.registry.apply import apply
    from compat_checks.registry.client import RegistryClient

    if not options.registry:
        print("compat-checks apply: give --registry URL, or set SCHEMA_REGISTRY_URL", file=sys.stderr)
        return 2
    client = RegistryClient(options.registry, options.timeout)
    try:
        for line in apply(options.schemas, client):
            print(f"compat-checks: {line}")
    finally:
        client.close()
    return 0


def _serve(options: argparse.Namespace) -> int:
    from compat_checks.registry.server import EmbeddedRegistry

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with EmbeddedRegistry(options.host, options.port, options.data) as registry:
        print(f"compat-checks: the registry answers at {registry.url}", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
