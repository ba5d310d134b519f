"""Fixes as replacements in a text, for tools that can apply them, and as a diff, for people."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from compat_checks.classes import frozen
from compat_checks.errors import CompatChecksError
from compat_checks.findings import Edit, Fix
from compat_checks.report.region import Region, line_start, lines_of, region_at
from compat_checks.report.visible import cut_strings
from compat_checks.review import Review
from compat_checks.source import Place, Source

_CONTEXT: Final = 2  # lines around a change
_MAX_WINDOW: Final = 400  # lines; edits further apart are not shown as a diff


@frozen
class Replacement:
    """What stands in a region goes, the text comes in its place."""

    region: Region
    text: str


def sources(review: Review) -> dict[str, Source]:
    """The texts that a review's places point into, by path."""
    places: list[Place | None] = [one.place for one in review.all_findings()]
    places += [change.place for subject in review.subjects for change in subject.changes]
    return {one.source.path: one.source for one in reversed(places) if one and one.source.path}


def replacements(fix: Fix, texts: Mapping[str, Source]) -> tuple[Replacement, ...]:
    """A fix as replacements, sorted and apart from each other; none where its text is unknown or no longer fits."""
    source = texts.get(fix.path)
    if source is None:
        return ()
    return tuple(Replacement(region_at(source, start, end), text) for start, end, text in _edits(source, fix))


def diff(fix: Fix, texts: Mapping[str, Source]) -> list[str]:
    """The lines of a unified diff without its head, long strings cut; none where it is not to be had."""
    source = texts.get(fix.path)
    edits = _edits(source, fix) if source else []
    if source is None or not edits:
        return []
    first = max(1, region_at(source, *edits[0][:2]).start.line - _CONTEXT)
    last = min(len(lines_of(source)), region_at(source, *edits[-1][:2]).end.line + _CONTEXT)
    if last - first > _MAX_WINDOW:
        return []
    offset, old = line_start(source, first), "\n".join(lines_of(source)[first - 1 : last])
    new = _applied(source, edits, offset, last).replace("\r\n", "\n")
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), n=_CONTEXT, lineterm="")
    shown = [cut_strings(line).rstrip() for line in list(lines)[2:] if not line.startswith("@@ ")]
    return shown[: -1 if shown[-1:] == [""] else None]  # the last line break starts no line


def edit_object(edit: Edit) -> dict[str, Any]:
    """An edit as an operation of JSON Patch (RFC 6902, section 4)."""
    operation = {"op": edit.op, "path": edit.pointer}
    return operation if edit.op == "remove" else {**operation, "value": edit.value}


def patch_text(fix: Fix) -> Iterator[str]:
    """The edits of a fix, one JSON object a line, long strings cut."""
    for edit in fix.edits:
        yield cut_strings(json.dumps(edit_object(edit), ensure_ascii=False))


def _applied(source: Source, edits: list[tuple[int, int, str]], offset: int, last: int) -> str:
    """The new text of the lines from an offset to the line `last`."""
    parts = []
    for start, end, text in edits:
        parts += [source.text[offset:start], text]
        offset = end
    lines = lines_of(source)
    stop = line_start(source, last) + len(lines[last - 1])
    return "".join([*parts, source.text[offset:stop]])


def _edits(source: Source, fix: Fix) -> list[tuple[int, int, str]]:
    from compat_checks.edits import text_edits

    try:
        return [(one.start, one.end, one.text) for one in text_edits(source.text, fix.edits)]
    except CompatChecksError:  # the file is no longer what the rule saw
        return []
