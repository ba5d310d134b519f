"""Which dead letters are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from eccs_contracts.dead_letters.letters import Letter, Place

_NOTHING: Final = "null"


@dataclass(frozen=True, slots=True)
class Where:
    """A field, by its path of wire names, that must have a value.

    Attributes:
        path: for example ("originalData", "userId").
        value: as text; "null" for none.
    """

    path: tuple[str, ...]
    value: str

    def matches(self, tree: Mapping[str, Any]) -> bool:
        """Whether the field of a JSON object is there with this value."""
        found: Any = tree
        for name in self.path:
            if not isinstance(found, Mapping) or name not in found:
                return False
            found = found[name]
        return as_text(found) == self.value

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}={self.value}"


def where(text: str) -> Where:
    """Read `field=value`; the field may be a path with dots.

    Raises:
        ValueError: it is something else.
    """
    path, equals, value = text.partition("=")
    names = tuple(path.split("."))
    if not equals or not all(names):
        raise ValueError(f"{text!r}: field=value is expected, for example userId=u1 or dlqMetadata.originalPartition=2")
    return Where(names, value)


def as_text(value: Any) -> str:
    """A JSON value as people type it in a filter."""
    if value is None:
        return _NOTHING
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters are meant: those that pass every test that is given; all of them where none is.

    Attributes:
        ids: e-mail ids; together with `places`, one of them must hold. An original that could not be decoded has the id
            that its key or header names.
        places: where letters lie.
        categories: classes of failure.
        topics: where the originals came from.
        partitions: of the DLQ.
        reason: text within the failure reason, whatever its case.
        since: given up at this instant or after it.
        until: given up before this instant.
        where: fields of the letter.
    """

    ids: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()
    categories: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    partitions: frozenset[int] = frozenset()
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    where: tuple[Where, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing is asked of a letter."""
        return not any(getattr(self, one.name) for one in fields(self))

    def matches(self, letter: Letter) -> bool:
        """Whether a letter is one of them."""
        return (
            self._named(letter)
            and self._in_time(letter)
            and (not self.categories or letter.category in self.categories)
            and (not self.topics or letter.topic in self.topics)
            and (not self.partitions or letter.place.partition in self.partitions)
            and self.reason.casefold() in letter.reason.casefold()
            and self._holds(letter)
        )

    def _named(self, letter: Letter) -> bool:
        if not self.ids and not self.places:
            return True
        return (letter.email_id or letter.likely_id) in self.ids or letter.place in self.places

    def _in_time(self, letter: Letter) -> bool:
        after = self.since is None or letter.failed_at >= self.since
        return after and (self.until is None or letter.failed_at < self.until)

    def _holds(self, letter: Letter) -> bool:
        if not self.where:
            return True
        if letter.envelope is None:
            return False
        tree = letter.envelope.to_json()
        return all(one.matches(tree) for one in self.where)
