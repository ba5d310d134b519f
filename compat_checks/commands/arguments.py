"""Every command and option, in one place; nothing else is loaded for `--help` and completion."""

from __future__ import annotations

import argparse
import importlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

_DESCRIPTION: Final = "Compatibility checks for Avro contracts: an exact verdict offline, and what lies beyond it."
_EXITS: Final = "exit codes: 0 ok, 1 findings, 2 usage, 3 cannot reach"
REPORTS: Final = ("text", "json", "markdown", "sarif", "junit", "github", "gitlab")
CATEGORIES: Final = ("minimal", "standard", "strict")
_SECONDS: Final = re.compile("[0-9]{1,4}([.][0-9]{1,3})?")
SHELLS: Final = ("bash", "zsh", "fish")


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; `run` of its result runs the command."""
    root = argparse.ArgumentParser("compat-checks", description=_DESCRIPTION, epilog=_EXITS, formatter_class=_formatter)
    commands = root.add_subparsers(required=True, metavar="COMMAND", prog=root.prog)
    for add in (_review, _change, _registry, _help):
        add(commands)
    return root


_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no public name


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Help of 80 columns; asking the terminal, as argparse does for each option, costs more than the rest."""
    return argparse.HelpFormatter(prog, width=80)


def _command(commands: _Commands, name: str, run: str, text: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, epilog=_EXITS, formatter_class=_formatter
    )
    made.set_defaults(run=_lazily(run))
    return made


def _lazily(run: str) -> Callable[[argparse.Namespace], int]:
    """The function `module:name` of this package, loaded when it is called."""
    module, _, name = run.partition(":")

    def call(options: argparse.Namespace) -> int:
        loaded = importlib.import_module(f"compat_checks.commands.{module}")
        code: int = getattr(loaded, name)(options)
        return code

    return call


def _schemas(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--schemas",
        type=Path,
        default=Path("schemas"),
        metavar="DIR",
        help="folder of contracts.toml (default: schemas)",
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or not 0.001 <= float(text) <= 3600:
        raise argparse.ArgumentTypeError("give seconds from 0.001 to 3600, for example 2.5")
    return float(text)


def _subjects(command: argparse.ArgumentParser) -> None:
    command.add_argument("--subject", action="append", default=[], metavar="NAME", help="only this one; repeatable")


def _against(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="BASELINE",
        help="history (default), git:REF, dir:PATH, file:PATH or registry:URL; repeatable",
    )


def _reports(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help=f"{', '.join(REPORTS)}; repeatable (default: text)",
    )
    command.add_argument("--format", choices=("text", "json"), help="short for --report text and --report json")
    command.add_argument(
        "--fail-on", choices=("error", "warning"), default="error", help="exit with 1 from here on (default: error)"
    )


def _review(commands: _Commands) -> None:
    lint = _command(commands, "lint", "review:lint", "the schemas as they are: names, docs, defaults, types, tags")
    check = _command(commands, "check", "review:check", "the schemas against what was published")
    fix = _command(commands, "fix", "review:fix", "what lint and check suggest, as a diff")
    for command in (lint, check, fix):
        _schemas(command)
        _subjects(command)
    for command in (lint, check):
        _reports(command)
    for command in (check, fix):
        _against(command)
        _access(command)
    for command in (lint, fix):
        command.add_argument("--category", choices=CATEGORIES, help="of lint rules (default: contracts.toml, standard)")
    fix.add_argument("--write", action="store_true", help="change the files")


def _change(commands: _Commands) -> None:
    diff = _command(commands, "diff", "change:diff", "what changed between two versions, in words")
    diff.add_argument("subject", help="name of a subject")
    diff.add_argument("old", nargs="?", metavar="OLD", help="v1, v2, …, or a baseline (default: the newest version)")
    diff.add_argument("new", nargs="?", default="current", metavar="NEW", help="the same, or current (default)")
    changelog = _command(commands, "changelog", "change:changelog", "write CHANGELOG.md of the schemas from history")
    changelog.add_argument("--check", action="store_true", help="write nothing; fail if it is not up to date")
    impact = _command(commands, "impact", "change:impact", "which subjects and which committed readers a change breaks")
    _against(impact)
    _access(impact)
    snapshot = _command(commands, "snapshot", "change:snapshot", "publish the current schemas as versions of history")
    snapshot.add_argument("--date", metavar="YYYY-MM-DD", help="the day of publication (default: today)")
    for command in (diff, changelog, impact, snapshot):
        _schemas(command)
    _access(diff)
    for command in (diff, impact):
        command.add_argument("--format", choices=("text", "json"), default="text")


def _access(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("access to a registry")
    group.add_argument(
        "--timeout", type=_seconds, default=10.0, metavar="SECONDS", help="for one whole answer (default: 10)"
    )
    for name, variable, text in (
        ("ca", "CA", "certificates that sign the registry's"),
        ("cert", "CERTIFICATE", "certificate of this client"),
        ("key", "KEY", "private key of this client"),
    ):
        default = os.environ.get(f"SCHEMA_REGISTRY_{variable}_LOCATION") or None
        group.add_argument(f"--{name}", type=Path, metavar="FILE", default=default, help=text)
    group.description = (
        "Secrets come from the environment: SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD, or "
        "SCHEMA_REGISTRY_TOKEN; with _FILE behind the name, from a file. Certificates, too: "
        "SCHEMA_REGISTRY_CA_LOCATION, _CERTIFICATE_LOCATION and _KEY_LOCATION."
    )


def _registry(commands: _Commands) -> None:
    plan = _command(commands, "plan", "registry:plan", "what a registry lacks, step by step; writes nothing there")
    apply = _command(commands, "apply", "registry:apply", "carry out a plan; without one, plan and carry out")
    promote = _command(commands, "promote", "registry:promote", "bring what one registry has to another")
    for command in (plan, apply):
        _schemas(command)
        command.add_argument("--registry", default=os.environ.get("SCHEMA_REGISTRY_URL"), metavar="URL")
    apply.add_argument("plan", nargs="?", type=Path, metavar="PLAN", help="a file that plan --out wrote")
    promote.add_argument("--from", dest="source", required=True, metavar="URL")
    promote.add_argument("--to", dest="target", required=True, metavar="URL")
    promote.add_argument("--yes", action="store_true", help="carry it out; without it, only show the plan")
    _subjects(promote)
    for command in (plan, promote):
        command.add_argument("--out", type=Path, metavar="FILE", help="save the plan, for apply")
        command.add_argument("--format", choices=("text", "json"), default="text")
    for command in (plan, apply, promote):
        command.add_argument("--force", action="store_true", help="also what the levels do not let through")
        _access(command)
    serve = _command(commands, "serve", "registry:serve", "the embedded registry, until it is stopped")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=_port, default=8081, help="0 for any free one (default: 8081)")
    serve.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which clients reach it, beside --host, localhost and IP addresses; repeatable",
    )
    serve.add_argument("--data", type=Path, metavar="FILE", help="keep everything in this file")


def _help(commands: _Commands) -> None:
    explain = _command(commands, "explain", "help:explain", "what a rule does, why, and what to do instead")
    explain.add_argument("rule", nargs="?", metavar="RULE", help="its id; all are listed without one")
    explain.add_argument("--format", choices=("text", "json"), default="text")
    completion = _command(commands, "completion", "help:completion", "the completion script of a shell")
    completion.add_argument("shell", choices=SHELLS)
