"""The report for code scanning: SARIF 2.1.0 (OASIS), with fixes and suppressions.

Every result has a location, as GitHub asks for: the first line of the subject's file, or contracts.toml, where a
finding has no place of its own. Paths are relative to the root of the repository.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from compat_checks.classes import frozen
from compat_checks.findings import Finding, Fix, Severity
from compat_checks.report.options import Options
from compat_checks.report.region import Region
from compat_checks.report.suggestion import replacements, sources
from compat_checks.report.summary import joined, locate, plain
from compat_checks.report.visible import visible
from compat_checks.review import Review, SubjectReview
from compat_checks.source import Source

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(review: Review, options: Options) -> str:
    """The report as JSON, ASCII only."""
    page = _Page(review, options, sources(review), _rule_ids(review, options))
    results = [page.result(finding, subject) for subject in review.subjects for finding in subject.findings]
    results += [page.result(finding, None) for finding in review.findings]
    run = {
        "tool": {"driver": page.driver()},
        "automationDetails": {"id": f"compat-checks/{review.command}/"},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"subjects": [_subject(one) for one in review.subjects]},
    }
    return f"{json.dumps({'$schema': SCHEMA, 'version': '2.1.0', 'runs': [run]}, indent=2)}\n"


@frozen
class _Page:
    """What every part needs to know."""

    review: Review
    options: Options
    texts: Mapping[str, Source]
    rules: list[str]

    def driver(self) -> dict[str, Any]:
        version = {"semanticVersion": self.options.tool_version} if self.options.tool_version else {}
        return {"name": "compat-checks", **version, "rules": [self.rule(one) for one in self.rules]}

    def rule(self, name: str) -> dict[str, Any]:
        page = self.options.help_page(name)
        descriptor: dict[str, Any] = {"id": name, **({"helpUri": page} if page else {})}
        rule = self.options.rules.get(name)
        if rule is None:
            return descriptor
        return {
            **descriptor,
            "shortDescription": {"text": rule.purpose or name},
            "help": {"text": rule.text or name},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
            "properties": {"tags": ["avro", "compatibility", rule.category]},
        }

    def result(self, finding: Finding, subject: SubjectReview | None) -> dict[str, Any]:
        result = {
            "ruleId": finding.rule,
            "ruleIndex": self.rules.index(finding.rule),
            "level": _LEVELS[finding.severity],
            "message": {"text": visible(plain(finding), "\n")},
            "locations": [self.location(finding)],
            "partialFingerprints": {"compatChecks/v1": finding.fingerprint},
            "properties": _properties(finding, subject),
        }
        if fixes := [made for fix in finding.fixes if (made := self.fix(fix))]:
            result["fixes"] = fixes
        if finding.waived:
            result["suppressions"] = [
                {"kind": "external", "status": "accepted", "justification": visible(finding.waived)}
            ]
        return result

    def location(self, finding: Finding) -> dict[str, Any]:
        located = locate(finding, self.review, self.options.root)
        region = _region(located.region) if located.region else {"startLine": 1}
        location: dict[str, Any] = {
            "physicalLocation": {"artifactLocation": _artifact(located.path), "region": region},
        }
        if finding.element:
            location["logicalLocations"] = [{"fullyQualifiedName": finding.element}]
        return location

    def fix(self, fix: Fix) -> dict[str, Any] | None:
        changes = [
            {"deletedRegion": _region(one.region), "insertedContent": {"text": one.text}}
            for one in replacements(fix, self.texts)
        ]
        if not changes:
            return None
        artifact = _artifact(joined(self.review, self.options.root, fix.path))
        return {
            "description": {"text": fix.title if fix.decided else f"{fix.title} (yours to decide)"},
            "artifactChanges": [{"artifactLocation": artifact, "replacements": changes}],
        }


def _rule_ids(review: Review, options: Options) -> list[str]:
    """All rules that are known, then those of findings that are not."""
    return list(dict.fromkeys([*options.rules, *(one.rule for one in review.all_findings())]))


def _artifact(path: str) -> dict[str, str]:
    if path.startswith("/"):
        return {"uri": PurePosixPath(path).as_uri()}
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}


def _region(region: Region) -> dict[str, int]:
    return {
        "startLine": region.start.line,
        "startColumn": region.start.column,
        "endLine": region.end.line,
        "endColumn": region.end.column,
    }


def _properties(finding: Finding, subject: SubjectReview | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"subject": finding.subject, "against": finding.against, "breaks": finding.breaks}
    return {**properties, "baseline": subject.baseline} if subject else properties


def _subject(subject: SubjectReview) -> dict[str, Any]:
    return {
        "subject": subject.subject,
        "level": subject.level,
        "baseline": subject.baseline,
        "versions": subject.versions,
        "registryAccepts": subject.registry_accepts,
        "safeForReaders": subject.safe_for_readers,
        "deployment": subject.deployment.value,
        "requiredVersion": subject.required,
    }
