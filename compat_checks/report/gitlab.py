"""Code Quality of GitLab: a JSON array in the format that its merge request widget reads.

Waived findings are left out: the format cannot say that one is accepted.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any, Final

from compat_checks.findings import Severity
from compat_checks.report.options import Options
from compat_checks.report.summary import Located, locate
from compat_checks.report.visible import visible
from compat_checks.review import Review

_SEVERITIES: Final = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(review: Review, options: Options) -> str:
    """The report as JSON, ASCII only."""
    seen: Counter[str] = Counter()
    issues = [_issue(locate(one, review, options.root), seen) for one in review.open_findings()]
    return f"{json.dumps(issues, indent=2)}\n"


def _issue(located: Located, seen: Counter[str]) -> dict[str, Any]:
    finding, region = located.finding, located.region
    about = [finding.message, *finding.breaks, *([finding.hint] if finding.hint else [])]
    lines = {"begin": region.start.line, "end": region.end.line} if region else {"begin": 1}
    return {
        "description": visible(" · ".join(about)),
        "check_name": finding.rule,
        "fingerprint": _fingerprint(located, seen),
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": located.path, "lines": lines},
    }


def _fingerprint(located: Located, seen: Counter[str]) -> str:
    """The finding's own with its file; GitLab drops an issue whose fingerprint it has seen, so repeats are counted."""
    key = f"{located.finding.fingerprint}\n{located.path}"
    seen[key] += 1
    return hashlib.sha256(f"{key}\n{seen[key]}".encode()).hexdigest()
