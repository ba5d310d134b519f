"""JSON Patch (RFC 6902: add, replace, remove) on a text, so that only what has to change in the text does.

The file's own formatting is kept and imitated: line breaks, indentation, spacing, one line or several. A new key
stands where a person would put it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, TypeAlias

from compat_checks.classes import frozen
from compat_checks.errors import EditError
from compat_checks.findings import Edit
from compat_checks.json_changes import refined, same_json
from compat_checks.json_pointer import steps
from compat_checks.json_style import MAX_LINE, Style, neighbours_break, style_of
from compat_checks.json_tree import EMPTY, NEW, Container, Item, Node, Piece, is_on_one_line, pieces, read, text_of
from compat_checks.key_order import place_of_key
from compat_checks.notation import cut
from compat_checks.source import Json, Source

_POINTER = re.compile(r"(/(?:[^~]|~[01])*+)?", re.DOTALL)
_INDEX = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)

# From the whole text to a value: each container on the way, and the index of the item in it.
_Path: TypeAlias = list[tuple[Container, int]]


@frozen
class TextEdit:
    """One change of a text: the characters from `start` to before `end` become `text`; offsets count from 0."""

    start: int
    end: int
    text: str


def text_edits(text: str, edits: Sequence[Edit]) -> tuple[TextEdit, ...]:
    """The changes of a JSON text that edits amount to, sorted and apart from each other.

    Raises:
        EditError: an edit that does not fit what the ones before it left.
        InvalidSchema: the text is not JSON, or has a key twice in one object.
    """
    return _edited(text, edits).text_edits()


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """A JSON text after edits; errors as `text_edits`."""
    return _edited(text, edits).text


def _edited(text: str, edits: Iterable[Edit]) -> EditedText:
    edited = EditedText(text)
    for edit in edits:
        edited.apply(edit)
    return edited


class EditedText:
    """A JSON text that takes one edit after the other."""

    def __init__(self, text: str) -> None:
        """Read a text.

        Raises:
            InvalidSchema: it is not JSON, or has a key twice in one object.
        """
        Source(text).load()
        self._before = text
        self._document = read(text)

    @property
    def text(self) -> str:
        """The text as it is now."""
        return text_of(self._document)

    def text_edits(self) -> tuple[TextEdit, ...]:
        """What changed since the beginning, sorted and apart from each other."""
        return tuple(self._changes())

    def is_array(self, pointer: str) -> bool:
        """Whether an array is at a pointer; False for one that leads nowhere."""
        try:
            node = _node(self._walk(Edit("replace", pointer), steps(pointer)))
        except EditError:
            return False
        return isinstance(node, Container) and not node.is_object

    def apply(self, edit: Edit) -> bool:
        """Make one edit; whether it changed anything.

        Raises:
            EditError: it does not fit; the text stays as it was.
        """
        if not _POINTER.fullmatch(edit.pointer):
            raise EditError(edit.pointer, "it is not a JSON pointer (RFC 6901)")
        try:
            _check_value(edit)
            return self._OPERATIONS[edit.op](self, edit, steps(edit.pointer))
        except RecursionError:
            raise EditError(edit.pointer, "the value is nested too deeply") from None

    def _add(self, edit: Edit, way: Sequence[str]) -> bool:
        if not way:
            return self._replace(edit, way)
        path = self._walk(edit, way[:-1])
        parent = _container(path, edit)
        if not parent.is_object:
            self._insert(path, _index(parent, way[-1], edit), "", edit.value)
            return True
        index = parent.index(way[-1])
        if index is not None:
            return self._put([*path, (parent, index)], edit)
        self._insert(path, place_of_key(way[-1], path), way[-1], edit.value)
        return True

    def _replace(self, edit: Edit, way: Sequence[str]) -> bool:
        return self._put(self._walk(edit, way), edit)

    def _remove(self, edit: Edit, way: Sequence[str]) -> bool:
        if not way:
            raise EditError(edit.pointer, "the whole text cannot be removed")
        parent, index = self._walk(edit, way)[-1]
        gone = parent.items.pop(index)
        if not parent.items:
            parent.tail = EMPTY
        elif index == 0:
            parent.items[0].gap = gone.gap
        elif index < len(parent.items) and gone.gap.lines > parent.items[index].gap.lines:
            parent.items[index].gap = gone.gap  # the empty line before a group stays before it
        return True

    def _put(self, path: _Path, edit: Edit) -> bool:
        """Give an item another value, and leave as much of the old one's text as is in the new one."""
        container, index = path[-1]
        item = container.items[index]
        old = json.loads(text_of(item.value))
        if same_json(old, edit.value):
            return False
        if finer := list(refined(edit, old)):
            for one in finer:
                self.apply(one)
            return True
        child = _child_with(item.value, edit.value)
        if child:
            item.value = child
            return True
        anchor = self._anchor(path[:-1])
        item.value, old_node = self._style.new_node(edit.value), item.value
        if isinstance(edit.value, list) and isinstance(item.value, Container):
            same = next((one for one in item.value.items if same_json(_value(one.value), old)), None)
            if same:
                same.value = old_node
        self._fit(anchor, path)
        return True

    def _insert(self, path: _Path, index: int, key: str, value: Json) -> None:
        parent = _node(path)
        if not isinstance(parent, Container):
            return
        node, anchor = self._style.new_node(value), self._anchor(path)
        label = self._style.label(key, parent) if parent.is_object else EMPTY
        if not parent.items:
            self._style.open_up(parent)
            gap = self._style.first_gap(parent)
        elif index == 0:
            gap, parent.items[0].gap = parent.items[0].gap, self._style.separator(parent, 0)
        else:
            gap = self._style.separator(parent, index)
        parent.items.insert(index, Item(gap, label, key, node))
        self._fit(anchor, [*path, (parent, index)])

    @cached_property
    def _style(self) -> Style:
        return style_of(self._document)

    def _anchor(self, path: _Path) -> tuple[_Path, int] | None:
        """The path to the outermost container on one line around a place, and the width of its line."""
        found = None
        for length in range(len(path), 0, -1):
            if not is_on_one_line(_node(path[:length])):
                break
            found = path[:length]
        return None if found is None else (found, len(_line_before(found)) + len(text_of(_node(found))))

    def _fit(self, anchor: tuple[_Path, int] | None, path: _Path) -> None:
        """Break a line that became too long; one that was too long before is somebody's wish."""
        if anchor and anchor[1] >= MAX_LINE:
            return
        target = anchor[0] if anchor else path
        before = _line_before(target)
        indent = before[: len(before) - len(before.lstrip())]
        must_break = anchor is None and neighbours_break(*path[-1])
        self._style.fit(_node(target), indent, len(before), must_break=must_break)

    def _walk(self, edit: Edit, way: Sequence[str]) -> _Path:
        path: _Path = [(self._document, 0)]
        for step in way:
            container = _container(path, edit)
            index = container.index(step) if container.is_object else _index(container, step, edit, is_new=False)
            if index is None:
                raise EditError(edit.pointer, f'there is no key "{step}"')
            path.append((container, index))
        return path

    def _changes(self) -> Iterator[TextEdit]:
        cursor, added = 0, ""
        for piece in (*pieces(self._document), Piece("", len(self._before))):
            if piece.start == NEW:
                added += piece.text
            elif piece.text or piece.start == len(self._before):
                if self._before[cursor : piece.start] != added:
                    yield TextEdit(cursor, piece.start, added)
                cursor, added = piece.start + len(piece.text), ""

    _OPERATIONS: ClassVar[Mapping[str, Callable[[EditedText, Edit, Sequence[str]], bool]]] = {
        "add": _add,
        "replace": _replace,
        "remove": _remove,
    }


def _check_value(edit: Edit) -> None:
    try:
        json.dumps(edit.value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise EditError(edit.pointer, f"the value is not JSON: {error}") from None


def _node(path: _Path) -> Node:
    container, index = path[-1]
    return container.items[index].value


def _container(path: _Path, edit: Edit) -> Container:
    node = _node(path)
    if not isinstance(node, Container):
        raise EditError(edit.pointer, f"{cut(node.piece.text)} is neither an object nor an array")
    return node


def _index(array: Container, step: str, edit: Edit, *, is_new: bool = True) -> int:
    """The index that a step means; for a new item the end is one, too."""
    count = len(array.items)
    if is_new and step == "-":
        return count
    if not _INDEX.fullmatch(step):
        raise EditError(edit.pointer, f'"{step}" is not an index of an array')
    if int(step) > count or (int(step) == count and not is_new):
        raise EditError(edit.pointer, f"there is no item {step} in an array of {count}")
    return int(step)


def _value(node: Node) -> Json:
    return json.loads(text_of(node))


def _child_with(node: Node, value: Json) -> Node | None:
    """The item of an array that is the value: `["null", T]` becomes T."""
    if not isinstance(node, Container) or node.is_object or isinstance(value, list):
        return None
    return next((item.value for item in node.items if same_json(_value(item.value), value)), None)


def _line_before(path: _Path) -> str:
    """What stands before a value on its line."""
    text = ""
    for container, last in reversed(path):
        for index in range(last, -1, -1):
            item = container.items[index]
            value = text_of(item.value) if index < last else ""
            text = f"{item.gap.text}{item.label.text}{value}{text}"
            if "\n" in text:
                return text.rpartition("\n")[2]
        text = container.open.text + text
    return text
