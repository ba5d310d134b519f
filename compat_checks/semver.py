"""The semantic version that a change asks for (semver.org 2.0.0)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from compat_checks.levels import pairs
from compat_checks.resolution import check_pair
from compat_checks.review import Change
from compat_checks.schema import Schema

SEMVER: Final = re.compile(r"(?:(?:0|[1-9][0-9]{0,8})\.){2}(?:0|[1-9][0-9]{0,8})")  # no pre-release, no build, 9 digits


def required(previous: str, changes: Iterable[Change], breaks: bool) -> str:
    """The lowest version after `previous` that a change may have; `previous` itself where nothing changed.

    Major where it breaks the level that the subject declares, minor where the structure changes, patch where docs or
    properties do. Before 1.0.0 anything may change (item 4): a break asks for the next minor version then.

    Args:
        previous: "MAJOR.MINOR.PATCH", the newest published version's.
        changes: those of `diff.changes`.
        breaks: whether the change breaks the level; `breaks_level` finds out.
    """
    major, minor, patch = parts(previous)
    found = list(changes)
    if breaks and major:
        return f"{major + 1}.0.0"
    if breaks or any(change.structural for change in found):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}" if found else previous


def breaks_level(level: str, new: Schema, olds: Sequence[Schema]) -> bool:
    """Whether a schema breaks its subject's level against the published versions, oldest first; NONE never breaks."""
    return any(not check_pair(pair.reader, pair.writer).compatible for pair in pairs(level, new, olds))


def parts(version: str) -> tuple[int, int, int]:
    """Major, minor and patch."""
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def too_low(declared: str, wanted: str) -> str:
    """Why a declared version is not enough; empty where it is."""
    if parts(declared) >= parts(wanted):
        return ""
    return f"contracts.toml says {declared}; this change asks for {wanted} at least"
