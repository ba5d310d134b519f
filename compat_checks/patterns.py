r"""Regular expressions that match in linear time, whatever the text.

Python's engine, as those of Java and ECMAScript, tries one way to match after the other. `(a+)+` has two ways for each
further letter, so that 40 letters take longer than a day. `check_pattern` follows all ways at once and counts them:
a pattern is accepted if no text has more than MAX_WAYS of them at any place. So a match takes at most MAX_WAYS times
the steps of a reading, and a text that does not match takes no longer.

The parts of a pattern become positions (Glushkov's construction); the counts are those of a weighted subset
construction (C. Allauzen, M. Mohri, A. Rastogi: General Algorithms for Testing the Ambiguity of Finite Automata, 2008,
describes the property). Assertions such as `^` and `\b` only take ways away, and are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from compat_checks.character_sets import Atoms, atoms_of
from compat_checks.classes import field, frozen, mutable

try:  # private, and the only reading of a pattern that is sure to be the one that `re` carries out
    from re import _constants as _codes  # type: ignore[attr-defined,unused-ignore]
    from re import _parser as _reader  # type: ignore[attr-defined,unused-ignore]
except ImportError:  # pragma: no cover  a Python that is not out yet
    _codes = _reader = None

MAX_WAYS: Final = 100
MAX_PATTERN: Final = 1000  # characters
MAX_POSITIONS: Final = 1000  # letters and classes, each as often as it is repeated
_MANY: Final = MAX_WAYS + 1  # from here on the exact number does not matter
_MAX_WORK: Final = 300_000  # steps of the proof: about half a second
_TOO_LARGE: Final = "it is too large to be proven linear; make it simpler"

_TEXT: Final = re.compile("text", re.UNICODE).flags
_NOT_REGULAR: Final = {
    "GROUPREF": "a back-reference",
    "GROUPREF_EXISTS": "a conditional group",
    "ASSERT": "a look-around",
    "ASSERT_NOT": "a look-around",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive quantifier",
}


class PatternRefused(ValueError):
    """Raised for a pattern that is not known to match in linear time; the text says why."""


@lru_cache(maxsize=1024)
def pattern_problem(pattern: str) -> str | None:
    """Why a pattern is refused; None if it matches in linear time.

    Args:
        pattern: one that `re.compile` takes.
    """
    try:
        check_pattern(pattern)
    except PatternRefused as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply"
    return None


def check_pattern(pattern: str) -> None:
    """Make sure that `re.fullmatch(pattern, text)` takes steps in proportion to the length of the text.

    Raises:
        PatternRefused: it is not known to.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternRefused(f"it is longer than {MAX_PATTERN} characters")
    if _reader is None:
        raise PatternRefused("this version of Python is not known here")
    tree = _reader.parse(pattern)
    if tree.state.flags != _TEXT:
        raise PatternRefused("it sets flags, which are not the same in other languages")
    builder = _Builder()
    _Counter(builder, builder.sequence(tree)).run()


@frozen
class _Part:
    """A part of a pattern: through which positions it is entered and left.

    Attributes:
        first, last: position -> in how many ways it is the first, or the last, of the part.
        empty: ways to match the empty text.
    """

    first: Mapping[int, int]
    last: Mapping[int, int]
    empty: int


_EMPTY: Final = _Part({}, {}, 1)


@mutable
class _Builder:
    """Positions of a pattern.

    Attributes:
        sets: position -> the set of characters that it reads.
        follow: position -> the positions after it -> in how many ways.
        edges: how often two positions were connected.
    """

    sets: list[Any] = field(default_factory=list)
    follow: list[dict[int, int]] = field(default_factory=list)
    edges: int = 0

    def sequence(self, items: Iterable[tuple[Any, Any]]) -> _Part:
        """One after the other."""
        whole = _EMPTY
        for code, argument in items:
            whole = self._after(whole, self._part(str(code), argument))
        return whole

    def _part(self, code: str, argument: Any) -> _Part:
        if code in _NOT_REGULAR:
            raise PatternRefused(f"it has {_NOT_REGULAR[code]}")
        handler = _HANDLERS.get(code)
        if handler is None:  # pragma: no cover  a code that is not out yet
            raise PatternRefused(f"{code} is not known here")
        return handler(self, code, argument)

    def character(self, code: str, argument: Any) -> _Part:
        """One character of a set."""
        if len(self.sets) >= MAX_POSITIONS:
            raise PatternRefused(f"its repetitions stand for more than {MAX_POSITIONS} characters; let maxLength count")
        position = len(self.sets)
        self.sets.append((code, tuple(argument) if isinstance(argument, list) else argument))
        self.follow.append({})
        return _Part({position: 1}, {position: 1}, 0)

    def group(self, _code: str, argument: Any) -> _Part:
        """A group, named or not."""
        _, added, removed, items = argument
        if added or removed:
            raise PatternRefused("it sets flags, which are not the same in other languages")
        return self.sequence(items)

    def branch(self, _code: str, argument: Any) -> _Part:
        """One of several."""
        parts = [self.sequence(items) for items in argument[1]]
        return _Part(
            _sum(part.first for part in parts), _sum(part.last for part in parts), sum(part.empty for part in parts)
        )

    def repeat(self, _code: str, argument: Any) -> _Part:
        """A part that is repeated; greedy or not takes the same ways in another order."""
        least, most, items = argument
        required, optional = _EMPTY, _EMPTY
        for _ in range(least):
            required = self._after(required, self.sequence(items))
        if most is _codes.MAXREPEAT:
            optional = self._loop(self.sequence(items))
        else:
            for _ in range(most - least):  # (x(x)?)? and not x?x?, which has two ways for one x
                optional = _maybe(self._after(self.sequence(items), optional))
        return self._after(required, optional)

    def _loop(self, part: _Part) -> _Part:
        if part.empty:
            raise PatternRefused("a part that is repeated without end can match the empty text")
        self._connect(part.last, part.first)
        return _maybe(part)

    def _after(self, left: _Part, right: _Part) -> _Part:
        self._connect(left.last, right.first)
        first = _sum((left.first, _times(right.first, left.empty)))
        last = _sum((right.last, _times(left.last, right.empty)))
        return _Part(first, last, min(left.empty * right.empty, _MANY))

    def _connect(self, lasts: Mapping[int, int], firsts: Mapping[int, int]) -> None:
        self.edges += len(lasts) * len(firsts)
        if self.edges > _MAX_WORK:
            raise PatternRefused(_TOO_LARGE)
        for position, ways in lasts.items():
            after = self.follow[position]
            for other, further in firsts.items():
                after[other] = min(after.get(other, 0) + ways * further, _MANY)


_Handler = Callable[[_Builder, str, Any], _Part]
_HANDLERS: Final[dict[str, _Handler]] = {
    "LITERAL": _Builder.character,
    "NOT_LITERAL": _Builder.character,
    "ANY": _Builder.character,
    "IN": _Builder.character,
    "SUBPATTERN": _Builder.group,
    "BRANCH": _Builder.branch,
    "MAX_REPEAT": _Builder.repeat,
    "MIN_REPEAT": _Builder.repeat,
    "AT": lambda *_: _EMPTY,
}


class _Counter:
    """Counts the ways of all texts at once."""

    def __init__(self, builder: _Builder, whole: _Part) -> None:
        self._follow: Sequence[Mapping[int, int]] = builder.follow
        self._atoms: Atoms = atoms_of(builder.sets)
        self._start = whole.first
        self._work = 0

    def run(self) -> None:
        """Raises PatternRefused if some text has more than MAX_WAYS ways."""
        seen: set[frozenset[tuple[int, int]]] = set()
        waiting = list(self._read(self._start))
        while waiting:
            ways = waiting.pop()
            if ways in seen:
                continue
            seen.add(ways)
            if sum(count for _, count in ways) > MAX_WAYS:
                raise PatternRefused("some texts match in more and more ways the longer they are")
            waiting += self._read(self._step(ways))

    def _step(self, ways: Iterable[tuple[int, int]]) -> dict[int, int]:
        following: dict[int, int] = {}
        for position, count in ways:
            after = self._follow[position]
            self._spend(len(after))
            for other, further in after.items():
                following[other] = following.get(other, 0) + count * further
        return following

    def _read(self, following: Mapping[int, int]) -> Iterable[frozenset[tuple[int, int]]]:
        """What is left of the ways after each character."""
        by_atom: dict[int, list[tuple[int, int]]] = {}
        for position, count in following.items():
            atoms = self._atoms[position]
            self._spend(len(atoms))
            for atom in atoms:
                by_atom.setdefault(atom, []).append((position, count))
        return {frozenset(ways) for ways in by_atom.values()}

    def _spend(self, steps: int) -> None:
        self._work += steps
        if self._work > _MAX_WORK:
            raise PatternRefused(_TOO_LARGE)


def _maybe(part: _Part) -> _Part:
    return _Part(part.first, part.last, part.empty + 1)


def _sum(counts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for one in counts:
        for position, count in one.items():
            total[position] = total.get(position, 0) + count
    return total


def _times(counts: Mapping[int, int], factor: int) -> Mapping[int, int]:
    if factor == 1:
        return counts
    return {position: min(count * factor, _MANY) for position, count in counts.items()} if factor else {}
