"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from compat_checks.source import Json, Place


def steps(pointer: str) -> list[str]:
    """The steps of a pointer, unescaped (RFC 6901, section 4)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def value_at(place: Place) -> Json:
    """The JSON value at a place; LookupError or ValueError for a pointer that leads nowhere."""
    value = place.source.load()
    for step in steps(place.pointer):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value
