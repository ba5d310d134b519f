"""One subject against what was published of it: the registry's verdict, and what lies beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from compat_checks.classes import field, mutable
from compat_checks.contracts import Subject
from compat_checks.diff import changes
from compat_checks.elements import Elements
from compat_checks.findings import Finding, Fix, Severity
from compat_checks.levels import LEVELS, Direction, pairs
from compat_checks.matching import FieldMatch, matches
from compat_checks.resolution import Incompatibility, check_pair
from compat_checks.review import Deployment, SubjectReview, Version
from compat_checks.rule import Hit, Rule
from compat_checks.rules import FIELD_RULES, HISTORY_RULES, TYPE_RULES, VERDICT_RULES
from compat_checks.rules.history import History
from compat_checks.rules.pairs import FieldPair, TypePair
from compat_checks.rules.verdict import Found
from compat_checks.schema import KINDS, PRIMITIVES, Field, Record, Schema

_VERDICT = {rule.id: rule for rule in VERDICT_RULES}
_DEPLOYMENTS = {
    (True, True): Deployment.ANY,
    (True, False): Deployment.CONSUMERS_FIRST,
    (False, True): Deployment.PRODUCERS_FIRST,
    (False, False): Deployment.NONE,
}
_BREAKS = {
    Direction.FORWARD: "readers of {} cannot read new data",
    Direction.BACKWARD: "new readers cannot read what {} wrote",
}


def compare(subject: Subject, new: Schema, olds: Sequence[Version], baseline: str) -> SubjectReview:
    """Review one subject.

    Under NONE, where a registry accepts all, the readers' verdict is still given: against the newest version, both
    ways, as warnings.

    Args:
        subject: what contracts.toml says of it.
        new: the schema as it is now.
        olds: the versions of the baseline, oldest first.
        baseline: its name.
    """
    about = _About(subject.name, new, olds, subject.compatibility)
    accepted = about.verdicts() if olds else True
    about.rules()
    differences = changes(olds[-1].schema, new) if olds else ()
    found = tuple(about.findings())
    safe = not any(one.severity is Severity.ERROR or (about.level == "NONE" and one.breaks) for one in found)
    return SubjectReview(
        subject=subject.name,
        file=subject.file,
        baseline=baseline,
        level=subject.compatibility,
        version=subject.version,
        versions=tuple(old.label for old in olds),
        registry_accepts=accepted,
        safe_for_readers=safe,
        deployment=_deployment(new, olds[-1].schema, found) if differences else Deployment.UNCHANGED,
        changes=differences,
        findings=found,
    )


@mutable
class _Draft:
    """A finding that may still turn out to hold against further versions."""

    rule: Rule[Any]
    hit: Hit
    element: str
    cause: tuple[str, ...] = ()
    against: dict[str, None] = field(default_factory=dict)
    broken: dict[Direction, dict[str, None]] = field(default_factory=dict)


class _About:
    """The findings about one subject; what holds against several versions is one of them."""

    def __init__(self, subject: str, new: Schema, olds: Sequence[Version], level: str) -> None:
        self.level = level
        self._subject = subject
        self._new = new
        self._olds = olds
        self._asked = LEVELS["FULL" if level == "NONE" else level]
        self._by_kind = {kind: [rule for rule in TYPE_RULES if kind in rule.kinds] for kind in KINDS}
        self._drafts: dict[tuple[str, str, str], _Draft] = {}

    def verdicts(self) -> bool:
        """Find what a registry refuses; whether it accepts."""
        accepted = True
        schemas = [old.schema for old in self._olds]
        for pair in pairs("FULL" if self.level == "NONE" else self.level, self._new, schemas):
            verdict = check_pair(pair.reader, pair.writer)
            accepted = accepted and verdict.compatible
            if verdict.incompatibilities:
                self._explain(verdict.incompatibilities, self._olds[pair.old], pair.direction)
        return accepted or self.level == "NONE"

    def rules(self) -> None:
        """Find what a registry does not see."""
        if self._olds and isinstance(self._new, Record):
            history = History([old.schema for old in self._olds], self._new)
            for rule in HISTORY_RULES:
                for hit in rule.handler(history):
                    self._add(rule, hit, self._named(self._new.name, hit))
        for old in reversed(self._olds if self._asked.transitive else self._olds[-1:]):
            self._beyond(old)

    def findings(self) -> Iterator[Finding]:
        """What was found, the gravest first."""
        for draft in sorted(self._drafts.values(), key=lambda one: one.rule.severity.rank):
            lowered = self.level == "NONE" and draft.rule.severity is Severity.ERROR
            yield Finding(
                rule=draft.rule.id,
                severity=Severity.WARNING if lowered else draft.rule.severity,
                message=draft.hit.message,
                place=draft.hit.place,
                subject=self._subject,
                element=draft.element,
                cause=draft.cause,
                against=tuple(draft.against),
                breaks=tuple(_BREAKS[way].format(_listed(labels)) for way, labels in draft.broken.items()),
                hint=draft.hit.hint,
                fixes=self._fixes(draft),
            )

    def _fixes(self, draft: _Draft) -> tuple[Fix, ...]:
        """What to do; a default that was there before is better than any that we could think of."""
        if draft.rule.id == "READER_FIELD_MISSING_DEFAULT_VALUE":
            removed = (one for one in self._drafts.values() if one.rule.id == "DEFAULT_REMOVED")
            return next((one.hit.fixes for one in removed if one.element == draft.element), draft.hit.fixes)
        return draft.hit.fixes

    def _explain(self, found: Iterable[Incompatibility], old: Version, direction: Direction) -> None:
        elements = Elements(matches(old.schema, self._new))
        forward = direction is Direction.FORWARD
        for top in found:
            said = f"the registry says {top.type} at {top.location}: {top.message}"
            for leaf in _leaves(top):
                about = self._found(leaf, elements, old.schema, forward=forward)
                for hit in _VERDICT[leaf.type].handler(about):
                    self._add(_VERDICT[leaf.type], hit, hit.element, (said,), old.label, direction)

    def _found(self, leaf: Incompatibility, elements: Elements, old: Schema, *, forward: bool) -> Found:
        match = elements.field(leaf.reader, old=forward)
        types = elements.type(leaf.reader, old=forward)
        return Found(
            leaf,
            forward,
            match.element if match else self._new.label.rpartition(".")[2],
            match,
            (types and types.old) or old,
            (types and types.new) or self._new,
            self._asked.directions,
        )

    def _beyond(self, old: Version) -> None:
        ways = self._asked.directions
        for match in matches(old.schema, self._new):
            if isinstance(match, FieldMatch):
                if match.old and match.new and not _same_field(match.old, match.new):
                    pair = FieldPair(match.old, match.new, match.old_record, match.new_record, match.element, ways)
                    self._apply(FIELD_RULES, pair, old.label)
            elif match.old and match.new and not _same_primitive(match.old, match.new):
                self._apply(
                    self._by_kind[match.new.kind], TypePair(match.old, match.new, match.element, ways), old.label
                )

    def _apply(self, rules: Sequence[Rule[Any]], pair: FieldPair | TypePair, label: str) -> None:
        for rule in rules:
            for hit in rule.handler(pair):
                self._add(rule, hit, self._named(pair.element, hit), (), label)

    def _named(self, element: str, hit: Hit) -> str:
        return f"{element}.{hit.element}" if hit.element else element

    def _add(
        self,
        rule: Rule[Any],
        hit: Hit,
        element: str,
        cause: tuple[str, ...] = (),
        label: str = "",
        direction: Direction | None = None,
    ) -> None:
        key = (rule.id, element, hit.message)
        draft = self._drafts.setdefault(key, _Draft(rule, hit, element, cause))
        if label:
            draft.against[label] = None
        if direction:
            draft.broken.setdefault(direction, {})[label] = None


def _same_field(old: Field, new: Field) -> bool:
    """Whether a glance tells that no rule about fields can say anything."""
    same = old.default is new.default or (type(old.default) is type(new.default) and old.default == new.default)
    return same and old.props == new.props and old.type.kind == new.type.kind


def _same_primitive(old: Schema, new: Schema) -> bool:
    """Whether a glance tells that no rule about types can say anything."""
    return old.kind == new.kind and old.kind in PRIMITIVES and old.logical == new.logical


def _leaves(top: Incompatibility) -> Iterator[Incompatibility]:
    """The causes that have no further cause: what a person has to change."""
    if not top.because:
        yield top
    for one in top.because:
        yield from _leaves(one)


def _deployment(new: Schema, newest: Schema, found: Iterable[Finding]) -> Deployment:
    """Who may go first: with both versions about, each side reads what the other writes."""
    if any(one.severity is Severity.ERROR and one.rule not in _VERDICT for one in found):
        return Deployment.NONE
    return _DEPLOYMENTS[check_pair(new, newest).compatible, check_pair(newest, new).compatible]


def _listed(labels: Iterable[str]) -> str:
    *rest, last = sorted(labels)
    return f"{', '.join(rest)} and {last}" if rest else last
