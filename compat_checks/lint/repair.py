"""Suggestions as edits, for the rules of lint."""

from __future__ import annotations

from collections.abc import Iterable

from compat_checks.findings import Edit, Fix
from compat_checks.source import Json, Place, escape


def fix(title: str, place: Place, edits: Iterable[Edit], *, decided: bool = True) -> Fix:
    """A suggestion for the file of a place."""
    return Fix(title, place.source.path or "", tuple(edits), decided)


def put(place: Place, key: str, value: Json) -> Edit:
    """Give an object a key, or the one that it has another value."""
    return Edit("add", f"{place.pointer}/{escape(key)}", value)


def drop(place: Place, key: str) -> Edit:
    """Take a key from an object."""
    return Edit("remove", f"{place.pointer}/{escape(key)}")


def replace(place: Place, value: Json) -> Edit:
    """Put a value in the place of another."""
    return Edit("replace", place.pointer, value)
