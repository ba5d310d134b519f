"""The result of a check: what reports show."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from compat_checks.classes import field, frozen
from compat_checks.findings import Finding, Severity
from compat_checks.schema import Schema
from compat_checks.source import Place


class Deployment(StrEnum):
    """In which order the two sides of a topic may take a change."""

    ANY = "in any order"
    CONSUMERS_FIRST = "consumers first, then producers"
    PRODUCERS_FIRST = "producers first, then consumers"
    NONE = "no order is safe"
    UNCHANGED = "nothing to deploy"


class ChangeKind(StrEnum):
    """What happened to an element."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    CHANGED = "changed"


@frozen(kw_only=True)
class Change:
    """One difference between two versions, as a person would say it.

    Attributes:
        element: "EmailRequest.templateData"; for a renamed one, its new name.
        old, new: the type and what belongs to it, as people write it; empty where there is none.
        sentence: the whole change in words.
        structural: False where only docs or properties differ.
        place: where, in the newer of the two; the record around it for what is gone.
    """

    element: str
    kind: ChangeKind
    old: str
    new: str
    sentence: str
    structural: bool = True
    place: Place | None = None


@frozen
class Version:
    """A version to check against.

    Attributes:
        label: "v2", or the baseline's own name for it.
        text: the self-contained schema, JSON.
    """

    label: str
    text: str
    schema: Schema


@frozen(kw_only=True)
class SubjectReview:
    """What is found about one subject against one baseline.

    Attributes:
        baseline: "history", "git:origin/main", …
        versions: labels of the baseline's versions, oldest first; empty for a new subject.
        registry_accepts: a Confluent registry would take the schema under this level.
        safe_for_readers: nobody that the level protects loses or misreads data.
        required: the semantic version that the change asks for; empty where nothing is published yet.
    """

    subject: str
    file: str
    baseline: str
    level: str
    version: str = ""
    required: str = ""
    versions: tuple[str, ...] = ()
    registry_accepts: bool = True
    safe_for_readers: bool = True
    deployment: Deployment = Deployment.UNCHANGED
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()


@frozen
class Review:
    """All that one run found.

    Attributes:
        command: "check" or "lint".
        folder: the folder of the schemas as the user gave it; paths of findings are relative to it.
        findings: those that belong to no subject: lint, history, waivers.
        seconds: how long the run took; 0 where nobody measured.
    """

    command: str
    folder: str
    subjects: tuple[SubjectReview, ...] = ()
    findings: tuple[Finding, ...] = ()
    seconds: float = field(default=0.0, compared=False)

    def all_findings(self) -> Iterator[Finding]:
        """Every finding, those of subjects first."""
        for subject in self.subjects:
            yield from subject.findings
        yield from self.findings

    def open_findings(self) -> list[Finding]:
        """What is not waived."""
        return [one for one in self.all_findings() if not one.waived]

    def fails(self, fail_on: Severity) -> bool:
        """Whether an open finding is at least as grave as `fail_on`."""
        return any(one.severity.rank <= fail_on.rank for one in self.open_findings())
