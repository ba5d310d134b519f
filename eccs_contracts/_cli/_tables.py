"""What commands print: tables that fit a terminal of 80 columns, bars, JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import click

from eccs_contracts.safe_output import json_text, visible

WIDTH: Final = 80
_GAP: Final = 2
_LEAST: Final = 6  # columns that a shortened column keeps


def table(titles: Sequence[str], rows: Sequence[Sequence[Any]], *, width: int = WIDTH) -> list[str]:
    """Lines of a table; numbers stand at the right, the widest texts are shortened until the rest fits.

    Characters that a message may hold and a terminal would obey are shown as escapes.
    """
    cells = [[text(cell) for cell in row] for row in rows]
    widths = _fitted([max(map(len, column)) for column in zip(titles, *cells, strict=True)], width)
    numeric = [bool(rows) and all(_is_number(row[index]) for row in rows) for index in range(len(titles))]
    lines = [_line([title.upper() for title in titles], widths, numeric)]
    return lines + [_line(row, widths, numeric) for row in cells]


def text(cell: Any) -> str:
    """A cell: `-` for nothing, numbers with separators, hidden characters and line breaks as escapes."""
    if cell is None:
        return "-"
    return f"{cell:,}" if _is_number(cell) else visible(str(cell))


def shortened(line: str, width: int = WIDTH) -> str:
    """A text in at most `width` columns."""
    return line if len(line) <= width else f"{line[: width - 1]}…"


def wrapped(line: str, indent: int = 2, width: int = WIDTH) -> list[str]:
    """A text in lines of at most `width` columns, all but the first indented."""
    return textwrap.wrap(line, width, subsequent_indent=" " * indent) or [""]


def bars(counts: Mapping[str, int], *, width: int = WIDTH, names: int = 44) -> list[str]:
    """A histogram: name, number and a bar, the longest as wide as there is room."""
    if not counts:
        return []
    most, digits = max(counts.values()), max(len(f"{one:,}") for one in counts.values())
    label = min(names, max(map(len, counts)))
    room = width - label - digits - 2 * _GAP
    return [
        f"{shortened(text(name), label):<{label}}  {count:>{digits},}  {_bar(count, most, room)}".rstrip()
        for name, count in counts.items()
    ]


def print_lines(lines: Sequence[str]) -> None:
    """Print for people; a line break in a line is shown as an escape."""
    for line in lines:
        click.echo(visible(line))


def print_json(value: Any) -> None:
    """Print one JSON document for programs."""
    click.echo(json_text(value, indent=2))


def print_json_list(head: Mapping[str, Any], name: str, items: Iterable[Any]) -> None:
    """Print one JSON object whose last member is a list, an item at a time: it may be long."""
    whole = json_text({**head, name: []}, indent=2)
    click.echo(whole.removesuffix("]\n}"), nl=False)
    for number, item in enumerate(items):
        lines = textwrap.indent(json_text(item, indent=2), "    ")
        click.echo(f"{',' if number else ''}\n{lines}", nl=False)
    click.echo("\n  ]\n}")


def _bar(count: int, most: int, room: int) -> str:
    return "#" * (max(1, count * room // most) if count else 0)


def _fitted(widths: list[int], width: int) -> list[int]:
    while sum(widths) + _GAP * (len(widths) - 1) > width and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    parts = [
        f"{shortened(cell, size):>{size}}" if right else f"{shortened(cell, size):<{size}}"
        for cell, size, right in zip(cells, widths, numeric, strict=True)
    ]
    return (" " * _GAP).join(parts).rstrip()


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int) and not isinstance(cell, bool)
