"""Texts from schemas, made safe to show: a schema must not steer a terminal, a page or the order of its letters."""

from __future__ import annotations

import re
from typing import Final

from compat_checks.notation import MAX_TEXT
from compat_checks.safe_output import visible

__all__ = ["cut_strings", "shown_columns", "visible"]

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"?')


def cut_strings(line: str) -> str:
    """A line of JSON with each string cut after 60 characters: defaults can be long, and need not be shown whole."""
    return "".join(text for _, text in shown_columns(line))


def shown_columns(line: str) -> list[tuple[int, str]]:
    """A line of JSON as it is shown: for each column from 1 that is shown, its text; long strings are cut."""
    gone: set[int] = set()
    for found in _STRING.finditer(line):
        if not _short(found):
            gone.update(range(found.start() + MAX_TEXT - 1, found.end() - 1))
    cells = []
    for at, one in enumerate(line):
        if at not in gone:
            cells.append((at + 1, "  " if one == "\t" else visible(one)))
        elif at - 1 not in gone:
            cells.append((at + 1, "…"))
    return cells


def _short(found: re.Match[str]) -> bool:
    return found.end() - found.start() <= MAX_TEXT + 1
