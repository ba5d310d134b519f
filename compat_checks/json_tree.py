"""A JSON text as a tree that keeps every character, so that a part can change and the rest stays as it is.

All white space, commas and colons belong to some piece of the tree. A piece knows where it stood in the text; one
that was made later does not. What is read off the pieces in the end is therefore the least that has to change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from compat_checks.classes import frozen, mutable

NEW: Final = -1  # the start of a piece that was not in the text

_TOKEN = re.compile(r'[{}\[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}\[\],:"]+', re.DOTALL)


@frozen
class Piece:
    """Some characters, and their offset in the text that was read; NEW where they were not in it."""

    text: str
    start: int = NEW

    @property
    def lines(self) -> int:
        """How many line breaks it has."""
        return self.text.count("\n")


EMPTY: Final = Piece("")


@mutable(eq=False)
class Leaf:
    """A string, a number, true, false or null."""

    piece: Piece


@mutable(eq=False)
class Item:
    """A value in a container.

    Attributes:
        gap: all between it and what is before it: the white space after the bracket, or the comma and its white space.
        label: in an object, the key with the colon and its white space; else empty.
        key: the key; empty in an array.
    """

    gap: Piece
    label: Piece
    key: str
    value: Node


@mutable(eq=False)
class Container:
    """An object or an array; or the whole text, whose brackets are empty and whose one item is the root.

    Attributes:
        tail: the white space before the closing bracket.
    """

    open: Piece
    items: list[Item]
    tail: Piece = EMPTY
    close: Piece = EMPTY

    @property
    def is_object(self) -> bool:
        """Whether its items have keys."""
        return self.open.text == "{"

    @property
    def breaks(self) -> bool:
        """Whether its own items stand on several lines."""
        return bool(self.tail.lines) or any(item.gap.lines for item in self.items)

    def index(self, key: str) -> int | None:
        """Where a key is."""
        return next((index for index, item in enumerate(self.items) if item.key == key), None)


Node: TypeAlias = Leaf | Container


def read(text: str) -> Container:
    """The tree of a text that is known to be JSON without a key given twice."""
    return _Reader(text, is_new=False).read()


def read_new(text: str) -> Node:
    """The tree of a text that is put into another."""
    return _Reader(text, is_new=True).read().items[0].value


class _Reader:
    """One walk over the tokens; its own stack, for a text may be nested deeper than Python calls go."""

    def __init__(self, text: str, *, is_new: bool) -> None:
        self._text = text
        self._is_new = is_new
        self._open = [Container(EMPTY, [])]
        self._mark = 0  # what is before belongs to a piece
        self._key: re.Match[str] | None = None

    def read(self) -> Container:
        for token in _TOKEN.finditer(self._text):
            lexeme = token.group()
            if lexeme in ",:":
                continue  # part of a gap or of a label
            if lexeme in "}]":
                self._close(token)
            elif self._open[-1].is_object and self._key is None:
                self._key = token
            else:
                self._value(token)
        self._open[0].tail = self._piece(self._mark, len(self._text))
        return self._open[0]

    def _value(self, token: re.Match[str]) -> None:
        piece = self._piece(*token.span())
        node: Node = Container(piece, []) if piece.text in "{[" else Leaf(piece)
        start = self._key.start() if self._key else token.start()
        key = json.loads(self._key.group()) if self._key else ""
        gap, label = self._piece(self._mark, start), self._piece(start, token.start())
        self._open[-1].items.append(Item(gap, label, key, node))
        self._mark, self._key = token.end(), None
        if isinstance(node, Container):
            self._open.append(node)

    def _close(self, token: re.Match[str]) -> None:
        container = self._open.pop()
        container.tail = self._piece(self._mark, token.start())
        container.close = self._piece(*token.span())
        self._mark = token.end()

    def _piece(self, start: int, end: int) -> Piece:
        return Piece(self._text[start:end], NEW if self._is_new else start)


def pieces(node: Node) -> Iterator[Piece]:
    """All pieces, in their order."""
    stack: list[Piece | Node] = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, Piece):
            yield one
        elif isinstance(one, Leaf):
            yield one.piece
        else:
            stack += (one.close, one.tail)
            for item in reversed(one.items):
                stack += (item.value, item.label, item.gap)
            stack.append(one.open)


def containers(node: Node) -> Iterator[Container]:
    """The containers, each before those inside of it."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, Container):
            yield one
            stack.extend(item.value for item in reversed(one.items))


def text_of(node: Node) -> str:
    """The text as it is now."""
    return "".join(piece.text for piece in pieces(node))


def is_on_one_line(node: Node) -> bool:
    """Whether nothing in it breaks the line."""
    if isinstance(node, Container) and node.breaks:
        return False
    return not any(piece.lines for piece in pieces(node))
