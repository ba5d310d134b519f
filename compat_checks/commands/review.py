"""`lint`, `check` and `fix`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from compat_checks.checking import Scope, Workspace
from compat_checks.checking import check as run_check
from compat_checks.classes import replace
from compat_checks.commands.access import connect
from compat_checks.commands.progress import Progress
from compat_checks.commands.rulebook import HELP_URI, rulebook
from compat_checks.findings import Finding, Severity
from compat_checks.report import Options, color_wanted, parse_specs, write_reports
from compat_checks.review import Review
from compat_checks.rule import Rule
from compat_checks.safe_output import print_lines


def lint(options: argparse.Namespace) -> int:
    """Lint the folder."""
    started = time.perf_counter()
    specs = _specs(options)
    findings = tuple(_linted(Workspace.of(options.schemas), options))
    return _report(Review("lint", str(options.schemas), findings=findings), specs, options, started)


def check(options: argparse.Namespace) -> int:
    """Check the folder against its baselines."""
    started = time.perf_counter()
    specs = _specs(options)
    with Progress(sys.stderr) as progress:
        review = run_check(Workspace.of(options.schemas), _scope(options, progress))
    return _report(review, specs, options, started)


def fix(options: argparse.Namespace) -> int:
    """Show, or write, what the findings suggest; 1 where something is left to do."""
    from compat_checks.files import SchemaFiles
    from compat_checks.fix import fix_until_stable, write

    workspace = Workspace.of(options.schemas)
    scope = _scope(options, lambda _: None)

    def findings(texts: Mapping[str, str]) -> list[Finding]:
        changed = replace(workspace, files=SchemaFiles(texts))
        return [*run_check(changed, scope).open_findings(), *_linted(changed, options)]

    plan = fix_until_stable(findings, {path: workspace.files.text(path) for path in workspace.files.paths})
    print_lines(plan.lines())
    if options.write:
        for path in write(plan, options.schemas):
            print(f"compat-checks: wrote {path}")
    elif plan.files:
        print("compat-checks: nothing is written yet; add --write")
    return 1 if plan.left or (plan.files and not options.write) else 0


def _scope(options: argparse.Namespace, progress: Callable[[str], None]) -> Scope:
    return Scope(
        against=options.against or ["history"],
        today=datetime.now(UTC).date(),
        connect=connect(options),
        subjects=frozenset(options.subject),
        progress=progress,
    )


def _linted(workspace: Workspace, options: argparse.Namespace) -> list[Finding]:
    from compat_checks.lint import lint as run_lint

    settings = workspace.contracts.lint
    if options.category:
        settings = replace(settings, category=options.category)
    found = run_lint(workspace.files, workspace.contracts, settings)
    files = {subject.file for subject in workspace.contracts.subjects if subject.name in options.subject}
    return [one for one in found if not files or one.path in files]


def _specs(options: argparse.Namespace) -> list[str]:
    """The reports that are wanted, known to be possible before any work is done."""
    wanted = [*options.report, *([options.format] if options.format else [])] or ["text"]
    parse_specs(wanted)
    return wanted


def _report(review: Review, specs: list[str], options: argparse.Namespace, started: float) -> int:
    fail_on = Severity(options.fail_on)
    how = Options(
        color=color_wanted(os.environ, is_terminal=sys.stdout.isatty()),
        width=os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 80,
        root=_from_repository(options.schemas),
        fail_on=fail_on,
        rules=_documented(specs),
        help_uri=HELP_URI,
    )
    write_reports(replace(review, seconds=time.perf_counter() - started), specs, how, sys.stdout)
    return 1 if review.fails(fail_on) else 0


def _documented(specs: list[str]) -> dict[str, Rule[Any]]:
    """The rules for the one report that explains them; loading all of them takes a while."""
    if not any(spec.startswith("sarif") for spec in specs):
        return {}
    return {rule: found for rule, (found, _) in rulebook().items()}


def _from_repository(folder: Path) -> str:
    """The folder as machine reports name it: from where the command runs, where it lies below."""
    try:
        return folder.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return folder.as_posix()
