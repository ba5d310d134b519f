"""Annotations of GitHub Actions: workflow commands, one a line.

GitHub shows the first ten errors and the first ten warnings of a step, so the gravest come first. Columns are given
only where a value ends in the line that it starts in: with others GitHub refuses the annotation.
"""

from __future__ import annotations

from typing import Final

from compat_checks.findings import Finding, Severity
from compat_checks.report.options import Options
from compat_checks.report.summary import Located, locate, plain
from compat_checks.report.visible import visible
from compat_checks.review import Review

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(review: Review, options: Options) -> str:
    """The workflow commands; waived findings have none."""
    found = sorted(review.open_findings(), key=lambda one: one.severity.rank)
    return "".join(f"{_command(locate(one, review, options.root))}\n" for one in found)


def _command(located: Located) -> str:
    finding = located.finding
    given = ",".join(f"{key}={visible(value).translate(_PROPERTY)}" for key, value in _properties(located).items())
    message = visible(plain(finding), "\n").translate(_DATA)
    return f"::{_COMMANDS[finding.severity]} {given}::{message}"


def _properties(located: Located) -> dict[str, str]:
    properties = {"file": located.path}
    if region := located.region:
        properties |= {"line": str(region.start.line), "endLine": str(region.end.line)}
        if region.one_line:
            properties |= {"col": str(region.start.column), "endColumn": str(region.end.column)}
    return {**properties, "title": _title(located.finding)}


def _title(finding: Finding) -> str:
    return f"{finding.rule} at {finding.element}" if finding.element else finding.rule
