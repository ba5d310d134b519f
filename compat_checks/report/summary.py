"""What every format says in the same words: counts, verdicts, paths, versions."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from typing import Final

from compat_checks.classes import frozen
from compat_checks.findings import Finding, Severity
from compat_checks.report.options import Options
from compat_checks.report.region import Region, region_of
from compat_checks.review import Change, ChangeKind, Review, SubjectReview

CONTRACTS: Final = "contracts.toml"  # the file of what is in no other file


@frozen
class Count:
    """How many findings there are; those that are waived count as nothing else."""

    errors: int
    warnings: int
    infos: int
    waived: int

    def __str__(self) -> str:
        parts = [plural(self.errors, "error"), plural(self.warnings, "warning")]
        if self.infos:
            parts.append(f"{self.infos} info")
        if self.waived:
            parts.append(f"{self.waived} waived")
        return ", ".join(parts)


@frozen
class Located:
    """A finding with its file: where it has no place, the file of its subject, or contracts.toml."""

    finding: Finding
    path: str
    region: Region | None

    def __str__(self) -> str:
        return f"{self.path}:{self.region.start.line}:{self.region.start.column}" if self.region else self.path


def count(findings: Iterable[Finding]) -> Count:
    """Count findings."""
    found = list(findings)
    open_ones = [one.severity for one in found if not one.waived]
    errors, warnings, infos = (open_ones.count(severity) for severity in Severity)
    return Count(errors, warnings, infos, len(found) - len(open_ones))


def locate(finding: Finding, review: Review, root: str | None) -> Located:
    """Find the file of a finding, as `joined` gives it, and the extent of its value."""
    files = (one.file for one in review.subjects if one.subject == finding.subject)
    path = finding.path or next(files, CONTRACTS)
    return Located(finding, joined(review, root, path), region_of(finding.place))


def joined(review: Review, root: str | None, path: str) -> str:
    """A path below the folder of the schemas with `root` before it; None for the folder as the user gave it."""
    return posixpath.normpath(posixpath.join(review.folder if root is None else root, path))


def verdict(review: Review) -> tuple[str, str]:
    """Both verdicts over all subjects: "yes", "no", or of many "no (1 of 3)"."""
    subjects = review.subjects
    accepted = sum(one.registry_accepts for one in subjects)
    safe = sum(one.safe_for_readers for one in subjects)
    return _of(accepted, len(subjects)), _of(safe, len(subjects))


def yes(value: bool) -> str:
    """The word for it."""
    return "yes" if value else "no"


def quiet(subject: SubjectReview) -> bool:
    """Whether there is nothing to say about a subject."""
    told = subject.changes or subject.findings
    return not told and subject.registry_accepts and subject.safe_for_readers


def version_text(subject: SubjectReview) -> str:
    """The semantic version that is required beside the one that is declared; empty where none is required."""
    if not subject.required:
        return ""
    if subject.required == subject.version:
        return f"{subject.required}, as declared"
    return f"{subject.required} ({subject.version} is declared)" if subject.version else subject.required


def against(subject: SubjectReview) -> str:
    """The baseline and its versions: "history (v1, v2)"."""
    return f"{subject.baseline} ({listed(subject.versions)})" if subject.versions else f"{subject.baseline} (new)"


def listed(labels: Sequence[str], most: int = 5) -> str:
    """Labels as a list; of many the first and the last: "v1, …, v20"."""
    return ", ".join(labels if len(labels) <= most else (labels[0], "…", labels[-1]))


def change_text(change: Change) -> str:
    """What was and what is, or the sentence where the two do not tell."""
    if change.kind is ChangeKind.RENAMED or change.old == change.new:
        return change.sentence
    if change.old and change.new:
        return f"{change.old} → {change.new}"
    if change.kind is not ChangeKind.CHANGED:
        return change.old or change.new
    return f"{change.new} (added)" if change.new else f"{change.old} (removed)"


def advice(finding: Finding) -> list[tuple[str, str]]:
    """Label and text of all that belongs to a finding beside its message."""
    rows = [("because", cause) for cause in finding.cause]
    rows += [("breaks", who) for who in finding.breaks]
    rows += [("against", ", ".join(finding.against))] if finding.against else []
    rows += [("help", finding.hint)] if finding.hint else []
    return rows + [("fix", fix.title if fix.decided else f"{fix.title} (yours to decide)") for fix in finding.fixes]


def plain(finding: Finding) -> str:
    """Message and advice as lines of text."""
    return "\n".join([finding.message, *(f"{label}: {text}" for label, text in advice(finding))])


def plural(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def fails(finding: Finding, options: Options) -> bool:
    """Whether this finding alone makes the check fail."""
    return not finding.waived and finding.severity.rank <= options.fail_on.rank


def _of(good: int, total: int) -> str:
    if good == total:
        return "yes"
    return "no" if total == 1 else f"no ({total - good} of {total})"
