"""The report for a pull request: one comment, which the next run finds by its first line and replaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from compat_checks.classes import frozen
from compat_checks.findings import Finding, Fix, Severity
from compat_checks.report.escape import code, details, fenced, prose, row
from compat_checks.report.fitting import Block, fitted
from compat_checks.report.options import Options
from compat_checks.report.suggestion import diff, patch_text, sources
from compat_checks.report.summary import (
    against,
    change_text,
    count,
    fails,
    joined,
    locate,
    quiet,
    verdict,
    version_text,
    yes,
)
from compat_checks.review import Change, ChangeKind, Review, SubjectReview
from compat_checks.source import Source

MARKER: Final = "<!-- compat-checks -->"
MAX_COMMENT: Final = 65_536  # characters: what GitHub takes

_MAX_ROWS: Final = 100  # of one table
_OPEN_ROWS: Final = 15  # changes that are shown without a click
_SIGNS: Final = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}  # noqa: RUF001  meant
_MAX_NAMES: Final = 10  # of subjects without news


def render(review: Review, options: Options) -> str:
    """The comment, of at most MAX_COMMENT characters."""
    page = _Page(review, options, sources(review))
    return f"{fitted(page.head(), page.blocks(), MAX_COMMENT)}\n"


@frozen
class _Page:
    """The parts of one comment."""

    review: Review
    options: Options
    texts: Mapping[str, Source]

    def head(self) -> str:
        """Marker, verdicts and counts."""
        failed = self.review.fails(self.options.fail_on)
        title = f"## {'❌' if failed else '✅'} compat-checks {self.review.command}: {'failed' if failed else 'passed'}"
        counts = str(count(self.review.all_findings()))
        if self.review.subjects:
            accepted, safe = verdict(self.review)
            counts = f"**the registry accepts it: {accepted} · safe for readers: {safe}** · {counts}"
        return f"{MARKER}\n{title}\n\n{counts}"

    def blocks(self) -> Iterator[Block]:
        """All that may be left out where there is no room, the gravest first."""
        told = sorted((one for one in self.review.subjects if not quiet(one)), key=self._gravity)
        if told:
            yield Block("table", partial(_subject_table, told))
        for subject in (one for one in told if one.changes or _open(one.findings)):
            yield Block("subject", partial("### {}".format, code(subject.subject)), opens=True)
            if subject.changes:
                yield Block("table", partial(_changes, subject.changes))
            yield from self._findings(subject.findings)
        if _open(self.review.findings):
            yield Block("heading", lambda: "### Beside the subjects" if told else "### Findings", opens=True)
            yield from self._findings(self.review.findings)
        yield from self._rest()

    def _gravity(self, subject: SubjectReview) -> tuple[int, bool, bool]:
        ranks = (one.severity.rank for one in _open(subject.findings))
        return min(ranks, default=len(Severity)), subject.registry_accepts, subject.safe_for_readers

    def _rest(self) -> Iterator[Block]:
        waived = [one for one in self.review.all_findings() if one.waived]
        if waived:
            yield Block("list", partial(_waived, waived), opens=True)
        if unchanged := [code(one.subject) for one in self.review.subjects if quiet(one)]:
            yield Block("list", partial(_unchanged, unchanged), opens=True)
        if any(fix.decided for one in self.review.open_findings() for fix in one.fixes):
            yield Block(
                "hint", lambda: "`compat-checks fix --write` applies the fixes that need no decision.", opens=True
            )

    def _findings(self, findings: Iterable[Finding]) -> Iterator[Block]:
        for one in _open(findings):
            yield Block("finding", partial(self._finding, one))

    def _finding(self, finding: Finding) -> str:
        located = locate(finding, self.review, self.options.root)
        page = self.options.help_page(finding.rule)
        rule = f"[{code(finding.rule)}]({page})" if page else code(finding.rule)
        parts = [
            f"#### {_SIGNS[finding.severity]} {rule} {_at(finding)}".rstrip(),
            f"{code(str(located))}\n\n{prose(finding.message)}",
            "\n".join(_points(finding)),
            *(self._fix(one) for one in finding.fixes[:1]),
            "\n".join(f"Or: {prose(one.title)}{_mark(one)}  " for one in finding.fixes[1:]).rstrip(),
            self._waiver(finding),
        ]
        return "\n\n".join(part for part in parts if part)

    def _fix(self, fix: Fix) -> str:
        lines, path = diff(fix, self.texts), joined(self.review, self.options.root, fix.path)
        block = fenced("diff", lines) if lines else fenced("json", patch_text(fix))
        return f"Fix: {prose(fix.title)}{_mark(fix)}, in {code(path)}\n\n{block}"

    def _waiver(self, finding: Finding) -> str:
        from compat_checks import waivers

        if not fails(finding, self.options):
            return ""
        entry = fenced("toml", waivers.entry(finding).split("\n"))
        file = joined(self.review, self.options.root, waivers.FILE)
        return details("Accept it instead", f"Add to {code(file)}, with a reason, an owner and a last day:\n\n{entry}")


def _subject_table(subjects: Sequence[SubjectReview]) -> str:
    head = ("Subject", "Level", "Against", "Registry accepts", "Safe for readers", "Deploy", "Version required")
    lines = [row(head), row(["---"] * len(head))]
    lines += [row(_cells(one)) for one in subjects[:_MAX_ROWS]]
    return "\n".join([*lines, *_more(len(subjects) - _MAX_ROWS, "subjects")])


def _cells(subject: SubjectReview) -> Iterator[str]:
    yield from (code(subject.subject), code(subject.level), prose(against(subject)))
    yield from (f"{'✅' if one else '❌'} {yes(one)}" for one in (subject.registry_accepts, subject.safe_for_readers))
    yield from (subject.deployment.value, prose(version_text(subject)))


def _changes(changes: Sequence[Change]) -> str:
    lines = [row(("Change", "Element", "Before", "After")), row(["---"] * 4)]
    lines += [row(_change_cells(one)) for one in changes[:_MAX_ROWS]]
    text = "\n".join([*lines, *_more(len(changes) - _MAX_ROWS, "changes")])
    return details(f"{len(changes)} changes", text) if len(changes) > _OPEN_ROWS else text


def _change_cells(change: Change) -> tuple[str, str, str, str]:
    if change.kind is ChangeKind.RENAMED or change.old == change.new:
        return change.kind.value, code(change.element), prose(change_text(change)), ""
    return change.kind.value, code(change.element), code(change.old), code(change.new)


def _points(finding: Finding) -> Iterator[str]:
    yield from (f"- **Breaks:** {prose(who)}" for who in finding.breaks)
    if finding.against:
        yield f"- **Against:** {prose(', '.join(finding.against))}"
    yield from (f"- **Because:** {prose(cause)}" for cause in finding.cause)
    if finding.hint:
        yield f"- **Way out:** {prose(finding.hint)}"


def _waived(findings: Sequence[Finding]) -> str:
    lines = [f"- {code(one.rule)} {_at(one)}: {prose(one.waived)}" for one in findings[:_MAX_ROWS]]
    return details(f"Waived: {len(findings)}", "\n".join([*lines, *_more(len(findings) - _MAX_ROWS, "findings")]))


def _unchanged(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return f"Unchanged: {', '.join(names[:_MAX_NAMES])}{more}."


def _open(findings: Iterable[Finding]) -> list[Finding]:
    return sorted((one for one in findings if not one.waived), key=lambda one: one.severity.rank)


def _at(finding: Finding) -> str:
    return f"at {code(finding.element)}" if finding.element else ""


def _mark(fix: Fix) -> str:
    return "" if fix.decided else " (yours to decide)"


def _more(number: int, noun: str) -> list[str]:
    return [f"\n… and {number} more {noun}."] if number > 0 else []
