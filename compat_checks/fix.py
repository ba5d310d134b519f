"""`compat-checks fix`: the fixes of findings, put together, checked, shown as a diff and written."""

from __future__ import annotations

import difflib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from compat_checks.errors import FileChanged
from compat_checks.findings import Finding, Fix
from compat_checks.fix_plan import FileFix, FixPlan, Left, lines
from compat_checks.fix_work import Candidate, Work, check_schemas, together
from compat_checks.fixes import Copy
from compat_checks.reading import read_bytes

__all__ = ["MAX_ROUNDS", "FileFix", "FixPlan", "Left", "fix_until_stable", "planned", "write"]

MAX_ROUNDS: Final = 5

# The fixes that were made, each with the fingerprint of its finding and its file.
_Spent: TypeAlias = set[tuple[str, str, str]]


def planned(findings: Iterable[Finding], texts: Mapping[str, str]) -> FixPlan:
    """Put together the first decided fix of each finding.

    Of fixes that touch the same, the first wins; the others are asked for again when the check has seen its result.
    A fix that leaves something that is no schema is not made.

    Args:
        findings: each fix counts in the texts as they are given.
        texts: all schema files, by their path relative to the folder.

    Raises:
        InvalidSchema: the texts are no schemas before any fix.
    """
    return _planned(list(findings), texts, set())


def fix_until_stable(check: Callable[[Mapping[str, str]], list[Finding]], texts: Mapping[str, str]) -> FixPlan:
    """Fix in memory what `check` finds, and check again, until nothing changes or MAX_ROUNDS are over.

    A fix that did not end its finding is not made a second time.

    Raises:
        InvalidSchema: the texts are no schemas before any fix; and what `check` raises.
    """
    current, titles, spent = dict(texts), dict[str, list[str]](), _Spent()
    for _ in range(MAX_ROUNDS):
        plan = _planned(check(current), current, spent)
        if not plan.files:
            break
        for one in plan.files:
            current[one.path] = one.new
            titles.setdefault(one.path, []).extend(one.titles)
    else:
        rest = _open(check(current))
        plan = FixPlan((), tuple(Left(one, f"it is still found after {MAX_ROUNDS} rounds of fixes") for one in rest))
    changed = [path for path in texts if current[path] != texts[path]]
    files = tuple(FileFix(path, texts[path], current[path], tuple(titles[path])) for path in changed)
    return FixPlan(files, plan.left)


def write(plan: FixPlan, folder: Path) -> tuple[Path, ...]:
    """Write the files of a plan, each as a whole or not at all; those written.

    The mode of a file, its line breaks and what a link points to are kept.

    Raises:
        FileChanged: a file is not what the plan was made for; nothing is written.
        OSError: a file cannot be read or written.
    """
    made = [(folder / one.path, _on_disk(one, folder / one.path)) for one in plan.files]
    for path, content in made:
        _replace(path.resolve(), content)
    return tuple(path for path, _ in made)


def _planned(findings: Iterable[Finding], texts: Mapping[str, str], spent: _Spent) -> FixPlan:
    """`planned`, without the fixes that were made for the same finding before; those made now are added to `spent`."""
    check_schemas(texts)
    candidates: dict[str, Candidate] = {}
    left: list[Left] = []
    for finding in _open(findings):
        fix = next((one for one in finding.fixes if one.decided), None)
        if reason := _why_not(finding, fix, texts, spent):
            left.append(Left(finding, reason))
        elif fix:
            candidates.setdefault(_identity(fix), Candidate(fix, [])).findings.append(finding)
    work = _work(list(candidates.values()), texts)
    for candidate, reason in work.refused:
        left += (Left(finding, reason) for finding in candidate.findings)
    spent |= {(finding.fingerprint, one.fix.path, one.fix.title) for one in work.taken for finding in one.findings}
    return FixPlan(tuple(work.files()), tuple(left))


def _work(candidates: list[Candidate], texts: Mapping[str, str]) -> Work:
    """Make the fixes; those that copy from a file only when nothing is left to fix in it."""
    pending = {one.fix.path for one in candidates}
    early: list[Candidate] = []
    late: list[Candidate] = []
    for one in candidates:
        waits = isinstance(one.fix, Copy) and one.fix.source != one.fix.path and one.fix.source in pending
        (late if waits else early).append(one)
    work = together(early, texts)
    if not work.taken:
        return together(candidates, texts)
    work.refused += [(one, "run fix again: it copies from a file that other fixes change") for one in late]
    return work


def _why_not(finding: Finding, fix: Fix | None, texts: Mapping[str, str], spent: _Spent) -> str:
    """Why the fix of a finding is not tried; empty where it is."""
    if fix is None:
        return "which of its fixes is meant, a person has to decide" if finding.fixes else "there is no fix for it"
    if fix.path not in texts:
        return f"its fix is not in a schema file but in {fix.path or 'no file'}"
    if (finding.fingerprint, fix.path, fix.title) in spent:
        return f"the fix was made and did not end it: {fix.title}"
    return ""


def _open(findings: Iterable[Finding]) -> list[Finding]:
    return [one for one in findings if not one.waived]


def _identity(fix: Fix) -> str:
    return json.dumps([fix.path, [(edit.op, edit.pointer, edit.value) for edit in fix.edits]])


def _on_disk(one: FileFix, path: Path) -> bytes:
    """The new content of a file, with the line breaks that it has on disk."""
    raw = read_bytes(path).decode("utf-8", errors="surrogateescape")
    plain = raw.replace("\r\n", "\n").replace("\r", "\n")
    if one.old not in (raw, plain):
        raise FileChanged(f"{path}: the file changed since it was read; run fix again")
    if one.old == raw:
        return one.new.encode()
    newline = "\r\n" if "\r\n" in raw else "\r"
    old, new, kept = lines(plain), lines(one.new), lines(raw)
    made: list[str] = []
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        fresh = [line.replace("\n", newline) for line in new[new_start:new_end]]
        made += kept[start:end] if tag == "equal" else fresh
    return "".join(made).encode("utf-8", errors="surrogateescape")


def _replace(path: Path, content: bytes) -> None:
    """Put a new file in the place of one, with its mode."""
    mode = path.stat().st_mode
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(mode & 0o7777)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
