"""JSON values compared, and what turns one into another."""

from __future__ import annotations

import json
from collections.abc import Iterator

from compat_checks.findings import Edit
from compat_checks.source import Json, escape


def same_json(one: Json, other: Json) -> bool:
    """Whether two values are one in JSON: 1, 1.0 and true are not, the order of keys does not count."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def refined(edit: Edit, old: Json) -> Iterator[Edit]:
    """The edits inside of a container that come to the same as replacing it; none where it is better replaced."""
    new = edit.value
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() & new.keys():
        for key, value in new.items():
            yield Edit("add", f"{edit.pointer}/{escape(key)}", value)
        yield from (Edit("remove", f"{edit.pointer}/{escape(key)}") for key in old if key not in new)
    elif isinstance(old, list) and isinstance(new, list) and old and new and not _wraps(old, new):
        start = _common(old, new)
        shorter = min(len(old), len(new))
        end = min(_common(old[::-1], new[::-1]), shorter - start)
        for index in range(start, shorter - end):
            yield Edit("replace", f"{edit.pointer}/{index}", new[index])
        for index in range(shorter - end, len(new) - end):
            yield Edit("add", f"{edit.pointer}/{index}", new[index])
        for _ in range(shorter - end, len(old) - end):
            yield Edit("remove", f"{edit.pointer}/{shorter - end}")


def _wraps(old: list[Json], new: list[Json]) -> bool:
    return any(same_json(old, one) for one in new)


def _common(one: list[Json], other: list[Json]) -> int:
    """How many items are the same from the beginning."""
    count = 0
    while count < min(len(one), len(other)) and same_json(one[count], other[count]):
        count += 1
    return count
