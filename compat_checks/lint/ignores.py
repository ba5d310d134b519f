"""Ignores: in contracts.toml, and in the schemas as `x-lint-ignore`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final, Protocol

from compat_checks.classes import frozen
from compat_checks.contracts import Ignore
from compat_checks.findings import Edit, Finding
from compat_checks.lint.repair import fix
from compat_checks.lint.targets import AttributesTarget, IgnoreTarget
from compat_checks.rule import Hit
from compat_checks.source import Json, Place, Source

ATTRIBUTE: Final = "x-lint-ignore"


class Silencer(Protocol):
    """Something that ends findings."""

    @property
    def rule(self) -> str:
        """The rule whose findings it ends."""

    def covers(self, finding: Finding) -> bool:
        """Whether it ends this one."""

    def target(self, *, used: bool) -> IgnoreTarget:
        """What there is to say of it afterwards."""


@frozen
class Inline:
    """An entry of `x-lint-ignore`; it counts for the element and all that is inside of it.

    Attributes:
        owner: what has the attribute.
        place: the value to remove with it.
    """

    rule: str
    owner: AttributesTarget
    place: Place
    problem: str

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is about the owner, or in it."""
        place = finding.place
        if self.problem or finding.rule != self.rule or place is None or place.source is not self.owner.place.source:
            return False
        return f"{place.pointer}/".startswith(f"{self.owner.place.pointer}/")

    def target(self, *, used: bool) -> IgnoreTarget:
        """What there is to say of it afterwards."""
        return IgnoreTarget(self.rule, self.place, self.owner.element, self.problem, used, self.place)


@frozen
class Configured:
    """An entry of `[[lint.ignore]]`."""

    ignore: Ignore
    place: Place

    @property
    def rule(self) -> str:
        """The rule whose findings it ends."""
        return self.ignore.rule

    def covers(self, finding: Finding) -> bool:
        """Whether rule, path and element are those of the entry."""
        one = self.ignore
        at = fnmatchcase(finding.path or "", one.path) and fnmatchcase(finding.element, one.element)
        return at and finding.rule == one.rule

    def target(self, *, used: bool) -> IgnoreTarget:
        """What there is to say of it afterwards."""
        return IgnoreTarget(self.rule, self.place, "lint.ignore", "", used, None)


def configured(ignores: Iterable[Ignore], source: Source) -> Iterator[Configured]:
    """The entries of contracts.toml."""
    for index, ignore in enumerate(ignores):
        yield Configured(ignore, Place(source) / "lint" / "ignore" / index)


def inline(owner: AttributesTarget, known: Collection[str]) -> Iterator[Inline]:
    """The entries of one element; `known` are the ids of all rules."""
    if ATTRIBUTE not in owner.props:
        return
    entries, place = owner.props[ATTRIBUTE], owner.place / ATTRIBUTE
    if not isinstance(entries, Mapping) or not entries:
        yield Inline("", owner, place, f"{ATTRIBUTE} is an object from rules to reasons")
        return
    for rule, reason in entries.items():
        entry = place / rule if len(entries) > 1 else place
        yield Inline(rule, owner, entry, _problem(rule, reason, known))


def silence(
    found: Iterable[Finding], silencers: Iterable[Silencer], active: Collection[str]
) -> tuple[list[Finding], list[IgnoreTarget]]:
    """The findings that are left, and what became of each silencer.

    An entry for a rule that did not run is taken for used: nobody knows.
    """
    kept = list(found)
    targets = []
    every = list(silencers)
    used = [any(one.covers(finding) for finding in kept) or one.rule not in active for one in every]
    targets = [one.target(used=did) for one, did in zip(every, used, strict=True)]
    return [one for one in kept if not any(silencer.covers(one) for silencer in every)], targets


def unused_ignore(target: IgnoreTarget) -> Iterator[Hit]:
    """An ignore does nothing.

    What it does:
        Finds entries of `[[lint.ignore]]` and of `x-lint-ignore` that end no finding; and those of `x-lint-ignore`
        that cannot, because the rule does not exist or no reason is given.

    Why it matters:
        It looks like a decision that still holds, and hides the next finding of that rule without anybody deciding.

    Example:
        `"x-lint-ignore": {"FIELD_DOC": "legacy"}` on a field that has a doc.

    Use instead:
        Remove it; or correct the id, the reason, the path or the element.
    """
    if target.used and not target.problem:
        return
    edits = [Edit("remove", target.removable.pointer)] if target.removable else []
    yield Hit(
        message=target.problem or f"{target.rule} has nothing to ignore here",
        place=target.place,
        hint="remove it" if not target.problem else f'write "{ATTRIBUTE}": {{"RULE": "why"}}',
        fixes=(fix("Remove the ignore", target.place, edits),) if edits and not target.problem else (),
    )


def _problem(rule: str, reason: Json, known: Collection[str]) -> str:
    if rule not in known:
        return f"there is no rule {rule} to ignore"
    if not isinstance(reason, str) or not reason.strip():
        return f"the reason why {rule} is ignored is missing"
    return ""
