"""How a JSON file is laid out, learnt from the file itself, and new values laid out the same way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from compat_checks.classes import field, frozen
from compat_checks.json_tree import Container, Item, Leaf, Node, Piece, containers, is_on_one_line, read_new, text_of
from compat_checks.source import Json

MAX_LINE: Final = 110  # characters; what gets longer by an edit is put on several lines
_UNIT: Final = "  "


@frozen
class Style:
    """The habits of a file.

    Attributes:
        newline: its line break.
        unit: one step of indentation.
        colon: what stands between a key and its value.
        comma: what stands between two items on one line.
        pads: by opening bracket, the space inside of the brackets on one line.
        is_ascii: other characters are written as escapes.
        is_flat: the whole text is one line, and stays one.
    """

    newline: str = "\n"
    unit: str = _UNIT
    colon: str = ": "
    comma: str = ", "
    pads: Mapping[str, str] = field(default_factory=dict)
    is_ascii: bool = False
    is_flat: bool = False

    def new_node(self, value: Json) -> Node:
        """A value on one line."""
        return read_new(self._text(value))

    def label(self, key: str, near: Container) -> Piece:
        """The key of a new item and its colon, as in the items beside it."""
        beside = near.items[-1].label.text.rpartition('"')[2] if near.items else self.colon
        return Piece(self._quoted(key) + (self.colon if "\n" in beside else beside))

    def separator(self, container: Container, index: int) -> Piece:
        """What parts a new item at an index from the one before it, as between the items near it."""
        gaps = [item.gap for item in container.items[1:]]
        if not gaps:
            first = container.items[0].gap
            return Piece(f",{first.text}" if first.lines else self.comma)
        near = gaps[min(max(index - 1, 0), len(gaps) - 1)]
        if near.lines > 1:  # an empty line parts groups
            near = next((gap for gap in gaps if gap.lines == 1), near)
        return Piece(near.text)

    def open_up(self, container: Container) -> None:
        """Give an empty container the space inside of its brackets that it has with an item."""
        if not container.tail.lines:
            container.tail = Piece(self.pads.get(container.open.text, ""))

    def first_gap(self, container: Container) -> Piece:
        """What stands before the first item of a container that was empty."""
        tail = container.tail.text
        return Piece(tail + self.unit if container.tail.lines else tail)

    def fit(self, node: Node, indent: str, column: int, *, must_break: bool = False) -> None:
        """Put the items of a container on lines of their own, where one line is not enough.

        Args:
            node: a value; on one line, or left as it is.
            indent: of the line that the value starts on.
            column: where it starts on that line, from 0.
            must_break: also where one line would be enough.
        """
        if self.is_flat or isinstance(node, Leaf) or not node.items or not is_on_one_line(node):
            return
        if not must_break and column + len(text_of(node)) < MAX_LINE:  # one more for a comma
            return
        inner = indent + self.unit
        for index, item in enumerate(node.items):
            item.gap = Piece(f"{',' if index else ''}{self.newline}{inner}")
            self.fit(item.value, inner, len(inner) + len(item.label.text))
        node.tail = Piece(self.newline + indent)

    def _text(self, value: Json) -> str:
        if isinstance(value, dict):
            inner = self.comma.join(f"{self._quoted(key)}{self.colon}{self._text(one)}" for key, one in value.items())
            return self._bracketed("{", inner, "}")
        if isinstance(value, list):
            return self._bracketed("[", self.comma.join(map(self._text, value)), "]")
        return self._quoted(value) if isinstance(value, str) else json.dumps(value)

    def _bracketed(self, opening: str, inner: str, closing: str) -> str:
        pad = self.pads.get(opening, "") if inner else ""
        return f"{opening}{pad}{inner}{pad}{closing}"

    def _quoted(self, text: str) -> str:
        has_surrogate = any("\ud800" <= char <= "\udfff" for char in text)  # alone, it has no UTF-8
        return json.dumps(text, ensure_ascii=self.is_ascii or has_surrogate)


def style_of(document: Container) -> Style:
    """The habits that most of a file follows."""
    text = text_of(document)
    found = list(containers(document.items[0].value))
    items = [item for one in found for item in one.items]
    gaps = [item.gap.text for one in found for item in one.items[1:]]
    indents = {item.gap.text.rpartition("\n")[2] for item in items if item.gap.lines}
    colon = _most((_colon(item) for item in items if item.label.text), ": ")
    return Style(
        newline="\r\n" if "\r\n" in text else "\n",
        unit=min((one for one in indents if one.isspace()), key=len, default=_UNIT),
        colon=colon,
        comma=_most(gaps, "," if colon == ":" else ", "),
        pads={bracket: _pad(found, bracket) for bracket in "{["},
        is_ascii=text.isascii() and "\\u" in text,
        is_flat=is_on_one_line(document.items[0].value),
    )


def neighbours_break(array: Container, index: int) -> bool:
    """Whether the item of the same kind beside one in an array stands on several lines."""
    node = array.items[index].value
    if not isinstance(node, Container) or array.is_object:
        return False
    beside = [*reversed(array.items[:index]), *array.items[index + 1 :]]
    alike = (one.value for one in beside if isinstance(one.value, Container))
    nearest = next((one for one in alike if one.is_object == node.is_object), None)
    return nearest is not None and nearest.breaks


def _colon(item: Item) -> str:
    return item.label.text.rpartition('"')[2]


def _pad(found: Iterable[Container], bracket: str) -> str:
    inside = (one.items[0].gap.text for one in found if one.open.text == bracket and one.items and not one.breaks)
    return _most(inside, "")


def _most(texts: Iterable[str], default: str) -> str:
    """The commonest of those on one line; of equally common ones the first."""
    counted = Counter(text for text in texts if "\n" not in text)
    return max(counted, key=counted.__getitem__, default=default)
