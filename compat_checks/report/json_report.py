"""The report for programs: JSON, version 1.

Keys come in the order given here. Within version 1 keys may be added; none changes its meaning or goes.

- `version` 1; `command` "check" or "lint"; `folder` of the schemas; `fail_on` "error", "warning" or "info";
  `passed`; `seconds`
- `summary`: `errors`, `warnings`, `infos`, `waived` (counted as nothing else), `subjects`
- `subjects`, one for each subject and baseline: `subject`, `file`, `baseline`, `level`, `versions` (oldest first),
  `registry_accepts`, `safe_for_readers`, `deployment` (any, consumers_first, producers_first, none, unchanged),
  `version` declared and `required` (empty where not known), `changes`, `findings`
- change: `element`, `kind` (added, removed, renamed, changed), `old`, `new`, `sentence`, `structural`, `location`
- `findings`: those of no subject
- finding: `rule`, `severity`, `message`, `subject`, `element`, `fingerprint`, `location`, `cause`, `against`, `breaks`,
  `hint`, `fixes`, `waived` (the reason; null where it is not)
- location, or null: `path`; `pointer` (RFC 6901); `start` and `end`, null where the text is not JSON: `line` and
  `column` from 1 in code points, the end after the last character
- fix: `title`, `path`, `decided`, `edits` (operations of RFC 6902), `replacements`: the same as changes of the text,
  each `start`, `end` and `text`, empty where they cannot be had
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from compat_checks.classes import as_dict, frozen
from compat_checks.findings import Finding, Fix
from compat_checks.report.options import Options
from compat_checks.report.region import region_of
from compat_checks.report.suggestion import edit_object, replacements, sources
from compat_checks.report.summary import count, joined
from compat_checks.review import Change, Review, SubjectReview
from compat_checks.source import Place, Source

VERSION = 1


def render(review: Review, options: Options) -> str:
    """The report as JSON, ASCII only, so that it survives every pipe."""
    page = _Page(review, options, sources(review))
    document = {
        "version": VERSION,
        "command": review.command,
        "folder": review.folder,
        "fail_on": options.fail_on.value,
        "passed": not review.fails(options.fail_on),
        "seconds": round(review.seconds, 3),
        "summary": {**as_dict(count(review.all_findings())), "subjects": len({one.subject for one in review.subjects})},
        "subjects": [page.subject(one) for one in review.subjects],
        "findings": [page.finding(one) for one in review.findings],
    }
    return f"{json.dumps(document, indent=2)}\n"


@frozen
class _Page:
    """What every part needs to know."""

    review: Review
    options: Options
    texts: Mapping[str, Source]

    def subject(self, subject: SubjectReview) -> dict[str, Any]:
        return {
            "subject": subject.subject,
            "file": joined(self.review, self.options.root, subject.file),
            "baseline": subject.baseline,
            "level": subject.level,
            "versions": subject.versions,
            "registry_accepts": subject.registry_accepts,
            "safe_for_readers": subject.safe_for_readers,
            "deployment": subject.deployment.name.lower(),
            "version": subject.version,
            "required": subject.required,
            "changes": [self.change(one) for one in subject.changes],
            "findings": [self.finding(one) for one in subject.findings],
        }

    def change(self, change: Change) -> dict[str, Any]:
        return {
            "element": change.element,
            "kind": change.kind.value,
            "old": change.old,
            "new": change.new,
            "sentence": change.sentence,
            "structural": change.structural,
            "location": self.location(change.place),
        }

    def finding(self, finding: Finding) -> dict[str, Any]:
        return {
            "rule": finding.rule,
            "severity": finding.severity.value,
            "message": finding.message,
            "subject": finding.subject,
            "element": finding.element,
            "fingerprint": finding.fingerprint,
            "location": self.location(finding.place),
            "cause": finding.cause,
            "against": finding.against,
            "breaks": finding.breaks,
            "hint": finding.hint,
            "fixes": [self.fix(one) for one in finding.fixes],
            "waived": finding.waived or None,
        }

    def location(self, place: Place | None) -> dict[str, Any] | None:
        if place is None or place.source.path is None:
            return None
        region = region_of(place)
        return {
            "path": joined(self.review, self.options.root, place.source.path),
            "pointer": place.pointer,
            "start": as_dict(region.start) if region else None,
            "end": as_dict(region.end) if region else None,
        }

    def fix(self, fix: Fix) -> dict[str, Any]:
        return {
            "title": fix.title,
            "path": joined(self.review, self.options.root, fix.path),
            "decided": fix.decided,
            "edits": [edit_object(one) for one in fix.edits],
            "replacements": [
                {"start": as_dict(one.region.start), "end": as_dict(one.region.end), "text": one.text}
                for one in replacements(fix, self.texts)
            ],
        }
