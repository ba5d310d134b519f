"""What `compat-checks fix` means to do: values that it makes, shows and writes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from compat_checks.classes import frozen
from compat_checks.findings import Finding

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@frozen
class FileFix:
    """What fixes make of one file.

    Attributes:
        path: relative to the folder of the schemas.
        titles: of the fixes, in the order in which they were made.
    """

    path: str
    old: str
    new: str
    titles: tuple[str, ...]

    @property
    def diff(self) -> str:
        """Unified diff, as `git apply` and `patch` take it."""
        found = difflib.unified_diff(lines(self.old), lines(self.new), f"a/{self.path}", f"b/{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found)


@frozen
class Left:
    """A finding that stays, with the reason; its hint and the titles of its fixes say what a person can do."""

    finding: Finding
    reason: str

    @property
    def titles(self) -> tuple[str, ...]:
        """What its fixes would do."""
        return tuple(fix.title for fix in self.finding.fixes)

    def lines(self) -> Iterator[str]:
        """The finding with its place, why it stays, and what can be done."""
        found = self.finding
        position = found.place.position if found.place else None
        parts = [found.path or found.subject, *((str(position.line), str(position.column)) if position else ())]
        yield f"left: {':'.join(parts)} {found.rule} {found.element}: {found.message}"
        yield f"  why: {self.reason}"
        yield from (f"  possible: {title}" for title in self.titles)
        if found.hint:
            yield f"  hint: {found.hint}"


@frozen
class FixPlan:
    """What fixes make of all files, and the findings that they leave; waived ones are neither."""

    files: tuple[FileFix, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def diff(self) -> str:
        """Unified diff of all files; empty where nothing changes."""
        return "".join(one.diff for one in self.files)

    def lines(self) -> Iterator[str]:
        """The plan for a person: the diff, what it does, and what stays with the reason and the way out."""
        yield from (line.rstrip("\r\n") for line in lines(self.diff))
        yield from (f"{one.path}: {title}" for one in self.files for title in one.titles)
        for one in self.left:
            yield from one.lines()


def lines(text: str) -> list[str]:
    """The lines of a text with their line breaks; what JSON allows inside of a string breaks no line."""
    return _LINE.findall(text)
