"""Edits that were made for one text, after other edits changed that text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from compat_checks.classes import frozen, replace
from compat_checks.findings import Edit
from compat_checks.json_changes import same_json
from compat_checks.json_pointer import steps
from compat_checks.source import escape


@frozen
class Done:
    """An edit that was made.

    Attributes:
        edit: as it was made: its pointer counts in what the edits before it left.
        title: of the fix that it belongs to.
        in_array: what it adds, replaces or removes is an item of an array.
    """

    edit: Edit
    title: str
    in_array: bool

    @cached_property
    def way(self) -> list[str]:
        """The steps of its pointer."""
        return steps(self.edit.pointer)

    @property
    def shift(self) -> int:
        """How many places the items behind it moved."""
        return {"add": 1, "remove": -1}.get(self.edit.op, 0) if self.in_array else 0


class Conflict(Exception):  # never leaves this package: a finding is left for the next run
    """Raised where an edit touches what another one changed.

    Attributes:
        title: of the fix that was first.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(title)


def rebased(edits: Sequence[Edit], done: Iterable[Done]) -> list[Edit]:
    """Edits of one fix, with pointers that count in what others left; without those that are made already.

    Edits of one fix count in what the ones before them left. Where they and another fix both move the items of one
    array, that is one count too many: it is a conflict, too, and solved by asking for the fix again.

    Raises:
        Conflict: a place that another one changed otherwise, is inside of, or has inside what another one changed.
    """
    made = list(done)
    moved = (_past_all(edit, made, is_alone=len(edits) == 1) for edit in edits)
    return [edit for edit in moved if edit is not None]


def _past_all(edit: Edit, made: Iterable[Done], *, is_alone: bool) -> Edit | None:
    way = steps(edit.pointer)
    for one in made:
        if not is_alone and _moves_items_around(edit, way, one.way):
            raise Conflict(one.title)
        if one.shift:
            way = _shifted(edit, way, one)
        elif way == one.way and edit.op == one.edit.op and same_json(edit.value, one.edit.value):
            return None
        elif _touches(edit, way, one.way):
            raise Conflict(one.title)
    return replace(edit, pointer="".join(f"/{escape(step)}" for step in way))


def _shifted(edit: Edit, way: list[str], one: Done) -> list[str]:
    """The way past an item that was added to an array or removed from it."""
    *array, place = one.way
    depth = len(array)
    if not _starts(way, array) or len(way) == depth:
        if _starts(array, way) and not _inserts(edit, way):
            raise Conflict(one.title)
        return way
    step, is_new = way[depth], edit.op == "add" and len(way) == depth + 1
    if not (step.isdecimal() and place.isdecimal()) or int(step) < int(place):
        return way
    if one.edit.op == "remove" and step == place:
        if not is_new:
            raise Conflict(one.title)
        return way
    return [*array, str(int(step) + one.shift), *way[depth + 1 :]]


def _touches(edit: Edit, way: list[str], changed: list[str]) -> bool:
    """Whether an edit changes what was changed, something inside of it or something around it."""
    if _inserts(edit, way) and _starts(changed, way):
        return False
    return _starts(way, changed) or _starts(changed, way)


def _moves_items_around(edit: Edit, way: list[str], changed: list[str]) -> bool:
    """Whether an edit adds or removes an item of an array that has the changed place inside of it."""
    return edit.op != "replace" and _is_index(way) and _starts(changed, way[:-1])


def _inserts(edit: Edit, way: list[str]) -> bool:
    """Whether an edit adds an item to an array and leaves the ones that are there."""
    return edit.op == "add" and _is_index(way)


def _is_index(way: list[str]) -> bool:
    """Whether a way ends at an item of an array; no key of a schema is a number."""
    return bool(way) and (way[-1] == "-" or way[-1].isdecimal())


def _starts(way: list[str], start: list[str]) -> bool:
    return way[: len(start)] == start
