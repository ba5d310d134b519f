"""`plan`, `apply`, `promote` and `serve`."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compat_checks.commands.access import connect
from compat_checks.errors import UsageError
from compat_checks.reading import read_text
from compat_checks.safe_output import print_lines, visible

if TYPE_CHECKING:
    from compat_checks.registry.client import RegistryClient
    from compat_checks.registry.plan import Plan


_MAX_PLAN: Final = 256 * 1024 * 1024  # bytes; a plan holds every schema that is to be registered


def plan(options: argparse.Namespace) -> int:
    """Show what a registry lacks, and save it where asked."""
    with _registry(options) as client:
        from compat_checks.registry.apply import plan_contracts

        return _show(plan_contracts(options.schemas, client, force=options.force), options)


def apply(options: argparse.Namespace) -> int:
    """Carry out a saved plan, or plan and carry out."""
    with _registry(options) as client:
        from compat_checks.registry.apply import apply_plan, plan_contracts

        made = _saved(options.plan) if options.plan else plan_contracts(options.schemas, client, force=options.force)
        if made.refusals or not made.steps:
            return _show(made, options)
        _carry_out(apply_plan(made, client))
    return 0


def promote(options: argparse.Namespace) -> int:
    """Show what the target lacks of the source, and carry it out where asked."""
    open_registry = connect(options)
    with open_registry(options.source) as source, open_registry(options.target) as target:
        from compat_checks.registry.apply import apply_plan
        from compat_checks.registry.apply import promote as plan_promotion

        made = plan_promotion(source, target, options.subject, force=options.force)
        code = _show(made, options)
        if code or not options.yes:
            return code
        _carry_out(apply_plan(made, target))
    return 0


def serve(options: argparse.Namespace) -> int:
    """Run the embedded registry until SIGINT or SIGTERM."""
    from compat_checks.registry.server import EmbeddedRegistry

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with EmbeddedRegistry(options.host, options.port, options.data, allowed_hosts=options.allow_host) as registry:
        print(f"compat-checks: the registry answers at {registry.url}", flush=True)
        stop.wait()
    return 0


def _carry_out(steps: Iterable[str]) -> None:
    """Say each step as soon as it is done."""
    for line in steps:
        print(f"compat-checks: {visible(line)}", flush=True)


def _registry(options: argparse.Namespace) -> RegistryClient:
    if not options.registry:
        raise UsageError("give --registry URL, or set SCHEMA_REGISTRY_URL")
    return connect(options)(options.registry)


def _show(made: Plan, options: argparse.Namespace) -> int:
    """Print a plan, and save it where asked; 1 where it must not be carried out."""
    if getattr(options, "out", None):
        options.out.write_text(json.dumps(made.to_json(), indent=2) + "\n", "utf-8")
    if getattr(options, "format", "text") == "json":
        print(json.dumps(made.to_json(), indent=2))
    else:
        print_lines(made.lines())
    return 1 if made.refusals else 0


def _saved(path: Path) -> Plan:
    from compat_checks.registry.plan import Plan

    try:
        value = json.loads(read_text(path, _MAX_PLAN))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no plan: it is not JSON; compat-checks plan --out FILE makes one") from None
    return Plan.from_json(value)
