"""Places in a TOML text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from compat_checks.errors import Position
from compat_checks.source import Source, escape

_KEY: Final = r"""(?:[A-Za-z0-9_-]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^']*')"""
_PATH: Final = rf"{_KEY}(?:\s*\.\s*{_KEY})*+"
_TABLE: Final = re.compile(rf"\s*(\[\[?)\s*({_PATH})\s*\]\]?\s*(?:#.*)?")
_VALUE: Final = re.compile(rf"\s*({_PATH})\s*=\s*")
_STEP: Final = re.compile(_KEY)


class TomlSource(Source):
    """A TOML text whose places have pointers, as if it were the JSON that says the same.

    Tables and keys with a line of their own are known; a place inside of an inline table or of an array is where
    the key of that is.
    """

    def position(self, pointer: str) -> Position | None:
        """Where a value, or the header of a table, starts; None for a pointer that leads nowhere."""
        return self._positions.get(pointer)

    @cached_property
    def _positions(self) -> dict[str, Position]:
        found: dict[str, Position] = {}
        for pointer, position in _positions(self.text):
            found.setdefault(pointer, position)  # what looks like a key inside of a long text comes later
        return found


def _positions(text: str) -> Iterator[tuple[str, Position]]:
    table = ""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if header := _TABLE.fullmatch(line):
            table = _pointer(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}/{counts[table]}"
            yield table, Position(number, header.start(1) + 1)
        elif key := _VALUE.match(line):
            yield table + _pointer(key[1]), Position(number, key.end() + 1)


def _pointer(path: str) -> str:
    """`subjects."email_requests-value".file` -> `/subjects/email_requests-value/file`."""
    return "".join(f"/{escape(step.strip(chr(34) + chr(39)))}" for step in _STEP.findall(path))
