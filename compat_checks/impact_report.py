"""The impact of a change, for people and for programs."""

from __future__ import annotations

from compat_checks.impact import FileImpact, Impact, ReaderImpact
from compat_checks.safe_output import visible


def text(found: Impact) -> str:
    """The impact for a terminal, without a line break at its end."""
    return "\n".join(map(visible, _lines(found)))


def _lines(found: Impact) -> list[str]:
    if not found.types:
        return ["nothing changed"]
    shown = [f"types ({len(found.types)})", *(f"  {name}" for name in found.types)]
    shown += [f"files ({len(found.files)})", *(f"  {_file_line(one)}" for one in found.files)]
    shown += [f"subjects ({len(found.subjects)})"]
    shown += [f"  {one.name}: topic {one.topic}, owner {one.owner}, {one.compatibility}" for one in found.subjects]
    shown += [f"readers ({len(found.readers)}, {len(found.broken)} break)"]
    for one in found.readers:
        shown += [f"  {one.reader.team}, {one.reader.subject}: {_state(one)}", *(f"    {why}" for why in one.reasons)]
    return shown


def as_json(found: Impact) -> dict[str, object]:
    """The impact for a program, version 1 of its form."""
    return {
        "version": 1,
        "types": list(found.types),
        "files": [{"path": one.path, "types": list(one.types), "through": list(one.through)} for one in found.files],
        "subjects": [{"name": one.name, "topic": one.topic, "owner": one.owner} for one in found.subjects],
        "readers": [
            {
                "team": one.reader.team,
                "subject": one.reader.subject,
                "path": one.reader.path,
                "breaks": one.breaks,
                "readBefore": one.read_before,
                "reasons": list(one.reasons),
            }
            for one in found.readers
        ],
    }


def _file_line(one: FileImpact) -> str:
    return one.path if len(one.through) == 1 else f"{one.path}, through {' -> '.join(one.through[1:])}"


def _state(one: ReaderImpact) -> str:
    if not one.reasons:
        return "reads it"
    return "breaks" if one.breaks else "does not read it, and did not before"
