"""From a place in one of two schemas to the elements, before and after, that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from compat_checks.matching import FieldMatch, Match, TypeMatch
from compat_checks.schema import Field, Schema
from compat_checks.source import Place

M = TypeVar("M", FieldMatch, TypeMatch)


class Elements:
    """The pairs of fields and types of two schemas, found by the place of either side."""

    def __init__(self, matches: Iterable[Match]) -> None:
        self._fields: list[FieldMatch] = []
        self._types: list[TypeMatch] = []
        for match in matches:
            if isinstance(match, FieldMatch):
                self._fields.append(match)
            else:
                self._types.append(match)

    def field(self, place: Place, *, old: bool) -> FieldMatch | None:
        """The innermost field around a place of the old or of the new schema."""
        return _innermost(self._fields, place, lambda match: match.old if old else match.new)

    def type(self, place: Place, *, old: bool) -> TypeMatch | None:
        """The innermost type around a place of the old or of the new schema."""
        return _innermost(self._types, place, lambda match: match.old if old else match.new)


def _innermost(matches: Iterable[M], place: Place, side: Callable[[M], Field | Schema | None]) -> M | None:
    best, longest = None, -1
    for match in matches:
        node = side(match)
        if node is None or node.place.source is not place.source:
            continue
        pointer = node.place.pointer
        if len(pointer) > longest and f"{place.pointer}/".startswith(f"{pointer}/"):
            best, longest = match, len(pointer)
    return best
