"""The report for the test page of a CI server: JUnit XML as Jenkins, GitLab, Azure and GitHub actions read it.

A suite for each subject and baseline, a case for each rule and element that something was found for, and one passed
case where nothing was. A case fails only where it makes the check fail: the page is red exactly when the exit code
is. A waived one is skipped, with the reason. What does not fail is the output of a passed case.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from compat_checks.findings import Finding
from compat_checks.report.options import Options
from compat_checks.report.summary import against, fails, locate, plain, version_text, yes
from compat_checks.report.visible import visible
from compat_checks.review import Review, SubjectReview


def render(review: Review, options: Options) -> str:
    """The report as XML 1.0."""
    page = _Page(review, options)
    suites = [page.subject(one) for one in review.subjects]
    if review.findings or not suites:
        suites.append(page.suite(f"compat-checks {review.command}", review.findings))
    root = ET.Element("testsuites", name="compat-checks", time=f"{review.seconds:.3f}")
    for key in ("tests", "failures", "skipped"):
        root.set(key, str(sum(int(suite.get(key, 0)) for suite in suites)))
    root.extend(suites)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


class _Page:
    """The suites of one report."""

    def __init__(self, review: Review, options: Options) -> None:
        self._review = review
        self._options = options

    def subject(self, subject: SubjectReview) -> ET.Element:
        """The suite of one subject, with both verdicts as properties."""
        suite = self.suite(f"{subject.subject} against {subject.baseline}", subject.findings)
        properties = ET.Element("properties")
        for name, value in _properties(subject).items():
            ET.SubElement(properties, "property", name=name, value=visible(value))
        suite.insert(0, properties)
        return suite

    def suite(self, name: str, findings: Iterable[Finding]) -> ET.Element:
        """A suite with a case for each rule and element."""
        cases: dict[str, list[Finding]] = {}
        for one in findings:
            cases.setdefault(f"{one.rule} {one.element}".rstrip(), []).append(one)
        elements = [self._case(name, case, found) for case, found in cases.items()] or [_case(name, "nothing found")]
        suite = ET.Element("testsuite", name=visible(name), tests=str(len(elements)), errors="0")
        for key, child in (("failures", "failure"), ("skipped", "skipped")):
            suite.set(key, str(sum(one.find(child) is not None for one in elements)))
        suite.extend(elements)
        return suite

    def _case(self, suite: str, name: str, found: list[Finding]) -> ET.Element:
        located = [locate(one, self._review, self._options.root) for one in found]
        case = _case(suite, name, located[0].path)
        if located[0].region:
            case.set("line", str(located[0].region.start.line))
        body = "\n\n".join(f"{where}\n{plain(where.finding)}" for where in located)
        failing = [one for one in found if fails(one, self._options)]
        if failing:
            failure = ET.SubElement(case, "failure", type=failing[0].rule, message=visible(failing[0].message))
            failure.text = visible(body, "\n")
        elif all(one.waived for one in found):
            ET.SubElement(case, "skipped", message=visible(found[0].waived))
        else:
            ET.SubElement(case, "system-out").text = visible(body, "\n")
        return case


def _case(suite: str, name: str, path: str = "") -> ET.Element:
    case = ET.Element("testcase", classname=visible(suite), name=visible(name), time="0")
    if path:
        case.set("file", path)
    return case


def _properties(subject: SubjectReview) -> dict[str, str]:
    return {
        "level": subject.level,
        "against": against(subject),
        "registry_accepts": yes(subject.registry_accepts),
        "safe_for_readers": yes(subject.safe_for_readers),
        "deployment": subject.deployment,
        "version_required": version_text(subject),
    }
