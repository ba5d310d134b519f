"""From what should be there and what is there to the steps in between. Pure: it asks no registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from compat_checks.canonical import canonical, normalised
from compat_checks.classes import field, frozen, mutable, replace
from compat_checks.diff import changes
from compat_checks.levels import Direction
from compat_checks.registry.compatibility import Obstacle, Old, obstacles
from compat_checks.registry.plan import Kind, Plan, Register, Remark, SetLevel, Step
from compat_checks.registry.settings import IMPORTING, READWRITE
from compat_checks.registry.values import Content
from compat_checks.registry.wanted import Observed, There, Wanted, Wish
from compat_checks.schema import Schema

Node = tuple[str, int]  # subject, and our number of the version

_CANNOT = {
    Direction.BACKWARD: "new readers cannot read what version {} wrote",
    Direction.FORWARD: "readers of version {} cannot read new data",
}


def make_plan(registry: str, wanted: Sequence[Wanted], observed: Mapping[str, Observed], *, force: bool) -> Plan:
    """The steps that bring a registry to what is wanted. None of them deletes.

    Args:
        registry: its address, for people.
        wanted: the subjects, with all that they refer to among them or in the registry.
        observed: the state of each.
        force: whether to register versions that the level does not let through, under NONE and for that long only.
    """
    draft = _Draft({one.subject: one for one in wanted}, observed, force)
    draft.match()
    draft.number()
    for one in wanted:
        draft.check(one)
    steps = tuple(draft.steps())
    seen = tuple(observed[one.subject].seen for one in wanted)
    return Plan(registry, seen, steps, tuple(draft.remarks))


@frozen
class _New:
    """A version to be registered.

    Attributes:
        changes: sentences.
    """

    wish: Wish
    number: int
    content: Content
    changes: tuple[str, ...]


@mutable
class _Draft:
    """A plan in the making.

    Attributes:
        numbers: the registry's number of each of our versions: of those that are there, then of the new ones.
        new: by subject.
        loosen: by subject, the level, and the index of the new version before which it is set.
        texts: normalised, by the identity of a tree.
    """

    wanted: Mapping[str, Wanted]
    observed: Mapping[str, Observed]
    force: bool
    order: list[tuple[str, Wish]] = field(default_factory=list)
    numbers: dict[Node, int] = field(default_factory=dict)
    new: dict[str, list[_New]] = field(default_factory=dict)
    loosen: dict[str, tuple[str, int]] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)

    def match(self) -> None:
        """Find what is there already."""
        self.order = list(_ordered(self.wanted))
        for subject, wish in self.order:
            if found := self._there(subject, wish):
                self.numbers[subject, wish.number] = found.number
                if _spelt_otherwise(wish, found):
                    self._remark(
                        subject,
                        Kind.SPELLING,
                        f"version {found.number} is {wish.label} with its attributes in another order; a client finds "
                        "it only with normalize=true",
                    )

    def number(self) -> None:
        """Number what is not there, in the order in which it will be registered."""
        for subject, wish in self.order:
            if (subject, wish.number) in self.numbers:
                continue
            later = [one for one in self.wanted[subject].versions if one.number > wish.number]
            if any(self._is_there(subject, one) for one in later):
                text = f"{wish.label} is missing; registered now, it would become the newest, so it is left out"
                self._remark(subject, Kind.GAP, text)
            elif (content := self._translated(wish)) is None:
                text = f"{wish.label} refers to a version that is neither there nor in this plan"
                self._remark(subject, Kind.REFERENCE, text, refuses=True)
            elif twin := self._twin(subject, wish, content):
                self.numbers[subject, wish.number] = twin.number
                self._revert(subject, wish.label, twin.number, self.new[subject][-1].number)
            else:
                self._add(subject, wish, content)

    def check(self, wanted: Wanted) -> None:
        """Whether the level lets the new versions of a subject through, and what else is odd about it."""
        observed = self.observed[wanted.subject]
        self._drift(wanted, observed)
        news = self.new.get(wanted.subject)
        mode = observed.seen.mode
        if mode != READWRITE and (news or (mode not in IMPORTING and observed.seen.level != wanted.level)):
            text = f"its mode is {mode}; nothing can be written before it is {READWRITE}"
            self._remark(wanted.subject, Kind.MODE, text, refuses=True)
        if not news:
            return
        first = self._first_obstacle(wanted, observed.seen.effective, 0)
        if first is None:
            return
        second = self._first_obstacle(wanted, wanted.level, first[0])
        if second is None:
            self.loosen[wanted.subject] = wanted.level, first[0]
        elif self.force:
            self.loosen[wanted.subject] = "NONE", first[0]
            self._remark(wanted.subject, Kind.FORCED, f"forced: {self._told(wanted, *second)}")
        else:
            text = f"{self._told(wanted, *second)}; publish a version that the level lets through, or force it"
            self._remark(wanted.subject, Kind.INCOMPATIBLE, text, refuses=True)

    def steps(self) -> Iterator[Step]:
        """What references need first; a level is loosened right before it has to be, and set for good behind all."""
        pending = {subject: list(found) for subject, found in self.new.items()}
        held: dict[str, str | None] = {}
        done: set[str] = set()
        for subject, wish in self.order:
            own = held.setdefault(subject, self.observed[subject].seen.level)
            if pending.get(subject) and pending[subject][0].wish is wish:
                new = pending[subject].pop(0)
                level, before = self.loosen.get(subject, ("", -1))
                if before == len(self.new[subject]) - len(pending[subject]) - 1 and level != own:
                    yield SetLevel(subject, level, own, f"{wish.label} needs it")
                    held[subject] = level
                yield Register(subject, wish.label, new.number, new.content, new.changes)
            if not pending.get(subject) and subject not in done:
                done.add(subject)
                yield from self._settled(subject, held[subject])
        for subject in (one for one in self.wanted if one not in held):
            yield from self._settled(subject, self.observed[subject].seen.level)

    def _settled(self, subject: str, own: str | None) -> Iterator[Step]:
        level = self.wanted[subject].level
        if own != level:
            yield SetLevel(subject, level, own)

    def _there(self, subject: str, wish: Wish) -> There | None:
        """The newest live version that a registry takes for the same."""
        text = self._text(wish.schema)
        references = self._translated(wish)
        for one in reversed(self.observed[subject].versions):
            same_references = not wish.content.references or (
                references is not None and set(references.references) == set(one.content.references)
            )
            if same_references and _same_rules(wish.content, one.content) and self._text(one.schema) == text:
                return one
        return None

    def _text(self, schema: Schema) -> str:
        if id(schema) not in self.texts:
            self.texts[id(schema)] = normalised(schema)
        return self.texts[id(schema)]

    def _is_there(self, subject: str, wish: Wish) -> bool:
        number = self.numbers.get((subject, wish.number), 0)
        return any(one.number == number for one in self.observed[subject].versions)

    def _translated(self, wish: Wish) -> Content | None:
        """Its content with references by the registry's numbers; None where one of them is not to be had."""
        found = []
        for one in wish.content.references:
            number = self.numbers.get((one.subject, one.version))
            if number is None:
                return None
            found.append(replace(one, version=number))
        return replace(wish.content, references=tuple(found))

    def _add(self, subject: str, wish: Wish, content: Content) -> None:
        news = self.new.setdefault(subject, [])
        observed = self.observed[subject]
        number = observed.seen.highest + len(news) + 1
        before = news[-1].wish.schema if news else observed.versions[-1].schema if observed.versions else None
        sentences = tuple(one.sentence for one in changes(before, wish.schema)) or ("docs or attributes only",)
        news.append(_New(wish, number, content, sentences if before else ()))
        self.numbers[subject, wish.number] = number

    def _first_obstacle(self, wanted: Wanted, level: str, start: int) -> tuple[int, Obstacle] | None:
        """The first new version, from an index on, that a level does not let through."""
        news = self.new[wanted.subject]
        olds = [Old(one.number, one.content.schema, one.schema) for one in self.observed[wanted.subject].versions]
        olds += [Old(one.number, one.content.schema, one.wish.schema) for one in news]
        published = len(olds) - len(news)
        for index in range(start, len(news)):
            found = next(obstacles(level, news[index].wish.schema, olds[: published + index]), None)
            if found:
                return index, found
        return None

    def _told(self, wanted: Wanted, index: int, found: Obstacle) -> str:
        label = self.new[wanted.subject][index].wish.label
        why = _CANNOT[found.direction].format(found.old.number)
        return f"{label} may not be registered under {wanted.level}: {why}: {found.reason}"

    def _drift(self, wanted: Wanted, observed: Observed) -> None:
        ours = {number for (subject, _), number in self.numbers.items() if subject == wanted.subject}
        for one in observed.versions:
            if one.number not in ours:
                text = f"version {one.number} (id {one.id}) is in the registry and not in our history"
                self._remark(wanted.subject, Kind.EXTRA, text)
        if observed.versions and observed.seen.effective != wanted.level:
            text = f"its level is {observed.seen.effective}, it should be {wanted.level}"
            self._remark(wanted.subject, Kind.LEVEL, text)
        if not wanted.versions or not observed.versions or self.new.get(wanted.subject):
            return
        newest = wanted.versions[-1]
        number = self.numbers.get((wanted.subject, newest.number))
        if number is not None and number != observed.versions[-1].number:
            self._revert(wanted.subject, newest.label, number, observed.versions[-1].number)

    def _twin(self, subject: str, wish: Wish, content: Content) -> _New | None:
        """The new version that a registry would take for the same."""
        text = self._text(wish.schema)
        news = (one for one in self.new.get(subject, ()) if self._text(one.wish.schema) == text)
        return next((one for one in news if replace(one.content, schema="") == replace(content, schema="")), None)

    def _revert(self, subject: str, label: str, number: int, newest: int) -> None:
        stays = f", and version {newest} stays the newest" if number != newest else ""
        text = (
            f"{label} is its version {number}{stays}: a registry ignores a schema that it has already; publish one "
            "that differs, if only in its doc"
        )
        self._remark(subject, Kind.REVERT, text)

    def _remark(self, subject: str, kind: Kind, text: str, *, refuses: bool = False) -> None:
        self.remarks.append(Remark(subject, kind, text, refuses))


def _ordered(wanted: Mapping[str, Wanted]) -> Iterator[tuple[str, Wish]]:
    """Every version behind the one before it, and behind what it refers to."""
    wishes = {(one.subject, wish.number): wish for one in wanted.values() for wish in one.versions}
    needs: dict[Node, list[Node]] = {}
    for one in wanted.values():
        before: list[Node] = []
        for wish in one.versions:
            uses = [(use.subject, use.version) for use in wish.content.references]
            needs[one.subject, wish.number] = [*before, *(use for use in uses if use in wishes)]
            before = [(one.subject, wish.number)]
    placed: dict[Node, None] = {}
    for node in wishes:
        for ready in _behind(node, needs, placed):
            yield ready[0], wishes[ready]


def _behind(node: Node, needs: Mapping[Node, Iterable[Node]], placed: dict[Node, None]) -> Iterator[Node]:
    """What a version needs, and the version itself; each once. A registry cannot hold a circle of references."""
    stack = [(node, False)]
    while stack:
        one, ready = stack.pop()
        if ready:
            yield one
        elif one not in placed:
            placed[one] = None
            stack.append((one, True))
            stack += [(need, False) for need in reversed(list(needs[one]))]


def _same_rules(wish: Content, there: Content) -> bool:
    """Metadata and rules that we do not state are the registry's own business."""
    return wish.metadata in ("", there.metadata) and wish.rule_set in ("", there.rule_set)


def _spelt_otherwise(wish: Wish, there: There) -> bool:
    return canonical(wish.schema) != canonical(there.schema)
