"""Where a value begins and ends in its file."""

from __future__ import annotations

import json
from bisect import bisect_right
from functools import lru_cache

from compat_checks.classes import frozen
from compat_checks.errors import Position
from compat_checks.source import Place, Source

_DECODER = json.JSONDecoder()


@frozen
class Region:
    """A stretch of a text; lines and columns from 1, in code points.

    Attributes:
        end: the position after its last character.
    """

    start: Position
    end: Position

    @property
    def one_line(self) -> bool:
        """Whether it ends in the line that it starts in."""
        return self.start.line == self.end.line


def region_of(place: Place | None) -> Region | None:
    """The whole extent of the value at a place; of the nearest value around a pointer that leads nowhere.

    In a text that is not JSON, such as contracts.toml, it ends with the line. None where the place is not found.
    """
    if place is None:
        return None
    try:
        return _extent(place)
    except (ValueError, IndexError, RecursionError):  # what a walk over a text that is not JSON ends with
        return None


def region_at(source: Source, start: int, end: int) -> Region:
    """The region between two offsets."""
    return Region(_position(source, start), _position(source, end))


def lines_of(source: Source) -> tuple[str, ...]:
    """The lines of a text, without their ends."""
    return _lines(source)


def line_start(source: Source, line: int) -> int:
    """The offset of the first character of a line, from 1."""
    return _starts(source)[line - 1]


def _extent(place: Place) -> Region | None:
    source, pointer = place.source, place.pointer
    while (start := source.position(pointer)) is None:
        if not pointer:
            return None
        pointer = pointer.rpartition("/")[0]
    offset = line_start(source, start.line) + start.column - 1
    try:
        _, end = _DECODER.raw_decode(source.text, offset)
    except ValueError:
        return _to_line_end(source, start) if pointer else None
    return Region(start, _position(source, end))


def _to_line_end(source: Source, start: Position) -> Region:
    line = lines_of(source)[start.line - 1].rstrip()
    return Region(start, Position(start.line, max(start.column, len(line)) + 1))


def _position(source: Source, offset: int) -> Position:
    starts = _starts(source)
    line = bisect_right(starts, offset)
    return Position(line, offset - starts[line - 1] + 1)


@lru_cache(maxsize=64)
def _lines(source: Source) -> tuple[str, ...]:
    return tuple(line.removesuffix("\r") for line in source.text.split("\n"))


@lru_cache(maxsize=64)
def _starts(source: Source) -> tuple[int, ...]:
    starts = [0]
    while found := source.text.find("\n", starts[-1]) + 1:
        starts.append(found)
    return tuple(starts)
