"""The report for a terminal: each finding as a good compiler shows it, a block for each subject, what to do next."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from compat_checks.findings import Finding, Severity
from compat_checks.report.options import Options
from compat_checks.report.region import Region
from compat_checks.report.snippet import Line, snippet
from compat_checks.report.summary import (
    advice,
    against,
    change_text,
    count,
    fails,
    joined,
    locate,
    quiet,
    version_text,
    yes,
)
from compat_checks.report.visible import visible
from compat_checks.review import Change, ChangeKind, Deployment, Review, SubjectReview
from compat_checks.source import Source

_RED: Final = "1;31"
_GREEN: Final = "1;32"
_YELLOW: Final = "1;33"
_BLUE: Final = "1;34"
_DIM: Final = "2"

_COLORS: Final = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.INFO: _BLUE}
_SIGNS: Final = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.RENAMED: ">", ChangeKind.CHANGED: "~"}
_LABEL: Final = 10  # columns of "because: " and its fellows
_MAX_RULES: Final = 5  # ids named in what to do next


def render(review: Review, options: Options) -> str:
    """The report as text of `options.width` columns; only a path, an id or a name may be wider."""
    page = _Page(review, options)
    blocks = [page.finding(one) for one in review.all_findings() if not one.waived]
    blocks += [page.waived(), *(page.subject(one) for one in review.subjects if not quiet(one)), page.quiet()]
    blocks += [page.summary(), page.next_steps()]
    return "\n\n".join("\n".join(lines) for lines in map(list, blocks) if lines) + "\n"


class _Page:
    """The parts of one report."""

    def __init__(self, review: Review, options: Options) -> None:
        self._review = review
        self._options = options

    def finding(self, finding: Finding) -> Iterator[str]:
        """Head, lines of the file, message, and what belongs to it."""
        located = locate(finding, self._review, None)
        head = f"{finding.severity}[{finding.rule}]"
        yield from self._head(head, f"{located} {finding.element}", _COLORS[finding.severity])
        if located.region and finding.place:
            yield from self._snippet(finding.place.source, located.region, _COLORS[finding.severity])
        yield from self._wrapped(finding.message, "  ")
        for label, text in advice(finding):
            yield from self._labelled(label, text)

    def waived(self) -> Iterator[str]:
        """A line or two for each finding that is waived."""
        for one in self._review.all_findings():
            if one.waived:
                located = locate(one, self._review, None)
                yield from self._head(f"waived[{one.rule}]", f"{located} {one.element}", _DIM)
                yield from self._labelled("reason", one.waived)

    def subject(self, subject: SubjectReview) -> Iterator[str]:
        """Both verdicts, the changes, the order and the semantic version."""
        yield from self._head(visible(subject.subject), f"{subject.level} against {against(subject)}", "1")
        accepts, safe = yes(subject.registry_accepts), yes(subject.safe_for_readers)
        yield f"  the registry accepts it: {self._verdict(accepts)} · safe for readers: {self._verdict(safe)}"
        for change in subject.changes:
            yield from self._change(change)
        if subject.deployment is not Deployment.UNCHANGED:
            yield from self._labelled("deploy", subject.deployment)
        if version := version_text(subject):
            yield from self._labelled("requires", version)

    def quiet(self) -> Iterator[str]:
        """One line for all subjects with nothing to say."""
        names = [visible(one.subject) for one in self._review.subjects if quiet(one)]
        if names:
            more = f", … and {len(names) - 3} more" if len(names) > 3 else ""
            yield from self._wrapped(f"unchanged: {', '.join(names[:3])}{more}", "")

    def summary(self) -> Iterator[str]:
        """One line: passed or failed, and the counts."""
        failed = self._review.fails(self._options.fail_on)
        word = self._paint("failed", _RED) if failed else self._paint("passed", _GREEN)
        subjects = len({one.subject for one in self._review.subjects})
        where = f" in {subjects} subject{'s' * (subjects != 1)}" if subjects else ""
        took = f" ({self._review.seconds:.2f} s)" if self._review.seconds else ""
        yield f"{self._review.command} {word}: {count(self._review.all_findings())}{where}{took}"

    def next_steps(self) -> Iterator[str]:
        """The commands that help further, and the block that would waive the first failure."""
        found = self._review.open_findings()
        if not found:
            return
        rules = list(dict.fromkeys(one.rule for one in found))
        yield "next:"
        for rule in rules[:_MAX_RULES]:
            yield f"  compat-checks explain {rule}"
        if len(rules) > _MAX_RULES:
            yield f"  … and {len(rules) - _MAX_RULES} more"
        fixable = sum(any(fix.decided for fix in one.fixes) for one in found)
        if fixable:
            yield f"  compat-checks fix --write    (ends {fixable} of {len(found)} findings)"
        yield from self._waiver(next((one for one in found if fails(one, self._options)), None))

    def _waiver(self, finding: Finding | None) -> Iterator[str]:
        from compat_checks import waivers

        if finding:
            path = joined(self._review, None, waivers.FILE)
            yield from self._wrapped(f"or accept a finding in {path}, such as the first one:", "  ")
            yield from (f"    {visible(line)}" for line in waivers.entry(finding).split("\n"))

    def _head(self, head: str, rest: str, color: str) -> Iterator[str]:
        first, *others = self._fold(f"{head} {visible(rest)}", "", "  ")
        yield self._paint(head, color) + first.removeprefix(head)
        yield from others

    def _snippet(self, source: Source, region: Region, color: str) -> Iterator[str]:
        digits = len(str(region.end.line))
        bar = self._paint("|", _DIM)
        for line in snippet(source, region, self._options.width - digits - 3):
            yield from self._line(line, digits, bar, color)

    def _line(self, line: Line, digits: int, bar: str, color: str) -> Iterator[str]:
        if not line.number:
            yield f"{'.' * 3:>{digits}}"
            return
        yield f"{self._paint(f'{line.number:>{digits}}', _DIM)} {bar} {line.text}".rstrip()
        if line.marks:
            indent = line.marks[: len(line.marks) - len(line.marks.lstrip())]
            yield f"{' ' * digits} {bar} {indent}{self._paint(line.marks.lstrip(), color)}"

    def _change(self, change: Change) -> Iterator[str]:
        text = visible(f"{_SIGNS[change.kind]} {change.element}: {change_text(change)}")
        yield from self._fold(text, "    ", "      ")

    def _labelled(self, label: str, text: str) -> Iterator[str]:
        yield from self._fold(visible(text), f"  {label + ':':{_LABEL - 1}} ", " " * (_LABEL + 2))

    def _wrapped(self, text: str, indent: str) -> Iterator[str]:
        yield from self._fold(visible(text), indent, indent)

    def _fold(self, text: str, first: str, other: str) -> list[str]:
        return textwrap.wrap(
            text,
            self._options.width,
            initial_indent=first,
            subsequent_indent=other,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _verdict(self, word: str) -> str:
        return self._paint(word, _GREEN if word == "yes" else _RED)

    def _paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self._options.color and text else text
