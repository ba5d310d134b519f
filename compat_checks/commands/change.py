"""`diff`, `changelog`, `impact` and `snapshot`."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from compat_checks.baselines import FORMS, KINDS, Scene, load_baseline
from compat_checks.checking import Workspace
from compat_checks.commands.access import connect
from compat_checks.contracts import Subject
from compat_checks.diff import changes
from compat_checks.errors import UsageError
from compat_checks.review import Change
from compat_checks.safe_output import print_lines
from compat_checks.schema import Schema

_VERSION: Final = re.compile("[vV]?([1-9][0-9]{0,8})")


def diff(options: argparse.Namespace) -> int:
    """Say what changed between two versions of a subject."""
    workspace = Workspace.of(options.schemas)
    subject = next((one for one in workspace.contracts.subjects if one.name == options.subject), None)
    if subject is None:
        declared = ", ".join(one.name for one in workspace.contracts.subjects)
        raise UsageError(f"contracts.toml declares no subject {options.subject}; there are {declared}")
    old, new = (_side(workspace, subject, side, options) for side in (options.old or "history", options.new))
    found = changes(old, new)
    if options.format == "json":
        print(json.dumps({"version": 1, "changes": [_as_json(one) for one in found]}, indent=2))
    else:
        print_lines([one.sentence for one in found] or ["nothing changed"])
    return 0


def _side(workspace: Workspace, subject: Subject, side: str, options: argparse.Namespace) -> Schema:
    """One side of a diff: "current", "v2", or a baseline, whose newest version counts."""
    if side == "current":
        return workspace.files.schema(subject.file)
    version = _VERSION.fullmatch(side)
    label = f"v{version[1]}" if version else ""
    if not label and side.partition(":")[0] not in KINDS:
        raise UsageError(f"{side} is no version and no baseline; give v1, v2, …, current, {', '.join(FORMS)}")
    scene = Scene(workspace.folder, workspace.contracts, connect(options))
    versions = load_baseline("history" if label else side, scene).versions(subject.name)
    found = [one for one in versions if not label or one.label == label]
    if not found:
        there = ", ".join(one.label for one in versions) or "none"
        where = "" if label else f" in {side}"
        raise UsageError(f"{subject.name} has no {label or 'version'}{where}; there are: {there}")
    return found[-1].schema


def _as_json(change: Change) -> dict[str, object]:
    position = change.place.position if change.place else None
    return {
        "element": change.element,
        "kind": change.kind,
        "old": change.old,
        "new": change.new,
        "sentence": change.sentence,
        "structural": change.structural,
        "path": change.place.source.path if change.place else None,
        "line": position.line if position else None,
    }


def changelog(options: argparse.Namespace) -> int:
    """Write the changelog, or say whether it is up to date."""
    from compat_checks.changelog import CHANGELOG, outdated
    from compat_checks.changelog import changelog as render

    path = options.schemas / CHANGELOG
    difference = outdated(options.schemas)
    if not difference:
        print(f"compat-checks: {path} is up to date")
    elif options.check:
        print_lines(difference.splitlines())
        print(f"compat-checks: {path} is not up to date; run: compat-checks changelog")
        return 1
    else:
        path.write_text(render(options.schemas), "utf-8")
        print(f"compat-checks: wrote {path}")
    return 0


def impact(options: argparse.Namespace) -> int:
    """List what a change reaches; 1 where a committed reader breaks."""
    from compat_checks import impact as reach
    from compat_checks.impact_report import as_json, text
    from compat_checks.readers import load_readers

    workspace = Workspace.of(options.schemas)
    files, contracts = workspace.files, workspace.contracts
    scene = Scene(workspace.folder, contracts, connect(options))
    baselines = [load_baseline(spec, scene) for spec in options.against or ["history"]]
    before = {name: one.versions(name)[-1].schema for one in baselines for name in one.texts}
    readers = load_readers(workspace.folder, [one.name for one in contracts.subjects])
    types = reach.changed_types(files, contracts, before)
    found = reach.impact(files, contracts, types, before, readers)
    print(json.dumps(as_json(found), indent=2) if options.format == "json" else text(found))
    return 1 if found.broken else 0


def snapshot(options: argparse.Namespace) -> int:
    """Publish what changed as the next versions of the history."""
    from compat_checks.history import snapshot as publish

    day = _day(options.date) if options.date else datetime.now(UTC).date()
    written = publish(options.schemas, day)
    for path in written:
        print(f"compat-checks: published {path}")
    if not written:
        print("compat-checks: everything is published")
    return 0


def _day(text: str) -> date:
    read: Callable[[str], date] = date.fromisoformat
    try:
        return read(text)
    except ValueError:
        raise UsageError(f"--date {text}: a day is written YYYY-MM-DD") from None
