"""`check`: every subject against every baseline, and the folder against itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from compat_checks.baselines import Baseline, Registry, Scene, load_baseline
from compat_checks.classes import frozen, replace
from compat_checks.comparison import compare
from compat_checks.contracts import Contracts, Subject, load_contracts
from compat_checks.diff import changes
from compat_checks.errors import BaselineUnusable
from compat_checks.files import SchemaFiles
from compat_checks.findings import Finding, Severity
from compat_checks.history import Published, published, published_files
from compat_checks.parse import parse_schema
from compat_checks.review import Review, SubjectReview
from compat_checks.rule import Rule
from compat_checks.rules import (
    ENVELOPE_RULES,
    FILE_RULES,
    PUBLICATION_RULES,
    SUBJECT_RULES,
    WAIVER_RULES,
)
from compat_checks.rules.history import Envelope
from compat_checks.rules.publication import Publication, RemovedSubject
from compat_checks.rules.waivers import WaiverUse
from compat_checks.schema import Record
from compat_checks.semver import breaks_level, required, too_low
from compat_checks.source import Place, escape
from compat_checks.toml_source import TomlSource
from compat_checks.waivers import load_waivers, waive


@frozen
class Workspace:
    """A folder of schemas, read."""

    folder: Path
    contracts: Contracts
    files: SchemaFiles

    @classmethod
    def of(cls, folder: Path) -> Workspace:
        """Read a folder.

        Raises:
            InvalidContracts: contracts.toml is not usable.
            InvalidSchema: a file is not a schema.
        """
        return cls(folder, load_contracts(folder), SchemaFiles.of(folder))


@frozen
class Scope:
    """What a check is to look at.

    Attributes:
        against: baselines, as `load_baseline` takes them.
        subjects: names; empty for all.
        today: decides which waivers have expired.
        connect: opens the registry at a URL.
        progress: told what is being done, a line each.
    """

    against: Sequence[str]
    today: date
    connect: Callable[[str], Registry]
    subjects: frozenset[str] = frozenset()
    progress: Callable[[str], None] = lambda _: None


def check(workspace: Workspace, scope: Scope) -> Review:
    """Check the schemas of a folder.

    Raises:
        BaselineUnusable: a baseline or a subject that is not there.
        CompatChecksError: as `load_baseline`.
    """
    subjects = _wanted(workspace.contracts, scope.subjects)
    reviews: list[SubjectReview] = []
    findings = list(_of_folder(workspace, subjects))
    for spec in scope.against:
        scope.progress(f"reading {spec}")
        baseline = load_baseline(spec, Scene(workspace.folder, workspace.contracts, scope.connect))
        reviews = _joined(reviews, _against(workspace, subjects, baseline, scope.progress))
        findings += _removed(workspace.contracts, baseline)
    return _waived(Review("check", str(workspace.folder), tuple(reviews), tuple(findings)), workspace.folder, scope)


def _wanted(contracts: Contracts, names: frozenset[str]) -> list[Subject]:
    if unknown := names - {subject.name for subject in contracts.subjects}:
        raise BaselineUnusable(f"--subject {min(unknown)}: contracts.toml declares no such subject")
    return [subject for subject in contracts.subjects if not names or subject.name in names]


def _against(
    workspace: Workspace, subjects: Sequence[Subject], baseline: Baseline, progress: Callable[[str], None]
) -> Iterator[SubjectReview]:
    for number, subject in enumerate(subjects, 1):
        progress(f"{baseline.name}: {number} of {len(subjects)} subjects")
        new = workspace.files.schema(subject.file)
        review = compare(subject, new, baseline.versions(subject.name), baseline.name)
        olds = published(workspace.folder, subject.name) if review.changes else ()
        yield replace(review, required=_required(workspace, subject, olds))


def _of_folder(workspace: Workspace, subjects: Sequence[Subject]) -> Iterator[Finding]:
    """What is wrong whatever the baseline."""
    for file in published_files(workspace.folder):
        yield from findings_of(FILE_RULES, file)
    for subject in subjects:
        yield from findings_of(PUBLICATION_RULES, _publication(workspace, subject), subject=subject.name)
        if subject.envelope_of:
            record, source = workspace.files.schema(subject.file), workspace.files.named(subject.envelope_of)
            if isinstance(record, Record) and isinstance(source, Record):
                envelope = Envelope(record, source)
                yield from findings_of(ENVELOPE_RULES, envelope, subject=subject.name, element=record.name)


def _joined(reviews: Iterable[SubjectReview], more: Iterable[SubjectReview]) -> list[SubjectReview]:
    """Reviews of one more baseline; what several baselines say alike is said once."""
    joined = {_said(one): one for one in reviews}
    for one in more:
        same = joined.get(_said(one))
        joined[_said(one)] = replace(same, baseline=f"{same.baseline}, {one.baseline}") if same else one
    return list(joined.values())


def _said(review: SubjectReview) -> tuple[object, ...]:
    """What a review says, but for the baseline that it says it of."""
    said = (*(one.sentence for one in review.changes), *(one.fingerprint for one in review.findings))
    return review.subject, review.versions, said


def _publication(workspace: Workspace, subject: Subject) -> Publication:
    """A subject beside the newest of its published versions."""
    contracts = TomlSource(workspace.contracts.text, "contracts.toml")
    current = workspace.files.self_contained(subject.file)
    schema = workspace.files.schema(subject.file)
    olds = published(workspace.folder, subject.name)
    changed = not olds or json.loads(olds[-1].text) != json.loads(current)
    wanted = _required(workspace, subject, olds) if changed else ""
    return Publication(
        subject=subject.name,
        place=schema.place / "name" if isinstance(schema, Record) else schema.place,
        declared=Place(contracts, f"/subjects/{escape(subject.name)}/version"),
        newest=olds[-1].label if olds else "",
        changed=changed,
        too_low=too_low(subject.version, wanted) if wanted else "",
    )


def _required(workspace: Workspace, subject: Subject, olds: Sequence[Published]) -> str:
    """The semantic version that the current schema asks for; empty where none was published with one."""
    if not olds or not olds[-1].release:
        return ""
    schema = workspace.files.schema(subject.file)
    before = [parse_schema(old.text) for old in olds]
    breaks = breaks_level(subject.compatibility, schema, before)
    return required(olds[-1].release, changes(before[-1], schema), breaks=breaks)


def _removed(contracts: Contracts, baseline: Baseline) -> Iterator[Finding]:
    declared = {subject.name for subject in contracts.subjects}
    for name in sorted(baseline.texts.keys() - declared):
        yield from findings_of(SUBJECT_RULES, RemovedSubject(name, baseline.name), subject=name)


def findings_of(
    rules: Iterable[Rule[Any]], target: object, *, subject: str = "", element: str = ""
) -> Iterator[Finding]:
    """What some rules say of one target."""
    for rule in rules:
        for hit in rule.handler(target):
            yield Finding(
                rule=rule.id,
                severity=rule.severity,
                message=hit.message,
                place=hit.place,
                subject=subject,
                element=".".join(filter(None, (element, hit.element))),
                hint=hit.hint,
                fixes=hit.fixes,
            )


def _waived(review: Review, folder: Path, scope: Scope) -> Review:
    waivers = load_waivers(folder)
    if not waivers:
        return review
    everything = list(review.all_findings())
    stale = [
        finding
        for waiver in waivers
        if not scope.subjects or waiver.subject in scope.subjects
        for finding in findings_of(
            WAIVER_RULES,
            WaiverUse(waiver, tuple(one for one in everything if waiver.about(one)), scope.today),
            subject=waiver.subject,
            element=waiver.element,
        )
    ]
    subjects = tuple(replace(one, findings=tuple(waive(one.findings, waivers, scope.today))) for one in review.subjects)
    return replace(review, subjects=subjects, findings=(*waive(review.findings, waivers, scope.today), *stale))


def problems(folder: Path) -> list[str]:
    """Why the contracts of a folder cannot be applied to a registry as they are, a line each.

    Raises:
        CompatChecksError: a file cannot be read at all.
    """
    workspace = Workspace.of(folder)
    found = _of_folder(workspace, workspace.contracts.subjects)
    return [f"{one.message}; {one.hint}" for one in found if one.severity is not Severity.INFO]
