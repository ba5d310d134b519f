"""The lines of a schema that a finding is about, with its value underlined, as compilers show them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from compat_checks.classes import frozen
from compat_checks.notation import MAX_TEXT
from compat_checks.report.region import Region, lines_of
from compat_checks.report.visible import shown_columns
from compat_checks.source import Source

_WHOLE: Final = 6  # lines of a value that are all shown; of a longer one the first three and the last
_LONG: Final = 1000  # characters; of a longer line only a stretch is looked at, so that a minified schema is quick

Cell = tuple[int, str]  # a column from 1, and what stands there


@frozen
class Line:
    """One line of a snippet.

    Attributes:
        number: from 1; 0 for lines left out.
        marks: what stands below the text: spaces, and a caret below each character of the value.
    """

    number: int
    text: str
    marks: str


def snippet(source: Source, region: Region, width: int) -> Iterator[Line]:
    """The lines of a region, each in at most `width` columns."""
    first, last = region.start.line, region.end.line
    for number in range(first, last + 1):
        if last - first >= _WHOLE and first + 3 <= number < last:
            if number == first + 3:
                yield Line(0, "", "")
            continue
        yield _line(lines_of(source)[number - 1], number, region, width)


def _line(text: str, number: int, region: Region, width: int) -> Line:
    indent = len(text) - len(text.lstrip())
    start = region.start.column if number == region.start.line else indent + 1
    end = region.end.column if number == region.end.line else len(text) + 1
    cells = _window(_cells(text, start), start, end, min(width, MAX_TEXT) if len(text) > _LONG else width)
    marks = "".join(("^" if start <= column < end else " ") * _columns(shown) for column, shown in cells)
    return Line(number, "".join(shown for _, shown in cells), marks.rstrip())


def _cells(text: str, start: int) -> list[Cell]:
    if len(text) <= _LONG:
        return shown_columns(text)
    before = max(0, start - 1 - MAX_TEXT)
    return [(column + before, shown) for column, shown in shown_columns(text[before : before + 4 * MAX_TEXT])]


def _window(cells: list[Cell], start: int, end: int, width: int) -> list[Cell]:
    """The stretch of the cells that fits, with as much of the value as there is room for."""
    if sum(_columns(shown) for _, shown in cells) <= width:
        return cells
    where = next((at for at, (column, _) in enumerate(cells) if column >= start), 0)
    extent = sum(start <= column < end for column, _ in cells)
    before = max(4, (width - extent) * 2 // 3)  # the rest shows what comes after
    first = 0 if where + extent < width else max(0, min(where - before, len(cells) - width + 1))
    window = [(0, "…")] if first else []
    room = width - len(window) - 1
    for cell in cells[first:]:
        room -= _columns(cell[1])
        if room < 0:
            return [*window, (0, "…")]
        window.append(cell)
    return window


def _columns(shown: str) -> int:
    """How many columns of a terminal a text takes (Unicode Standard Annex 11)."""
    return sum(_WIDTHS.get(unicodedata.east_asian_width(one), 1) - bool(unicodedata.combining(one)) for one in shown)


_WIDTHS: Final = {"W": 2, "F": 2}
