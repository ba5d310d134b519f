"""The verdict on a new version, in the words of Confluent's registry (`Difference`, `SchemaValidatorBuilder`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from compat_checks.classes import frozen
from compat_checks.levels import Direction, Pair, pairs
from compat_checks.resolution import Incompatibility, IncompatibilityType, Verdict, check_pair
from compat_checks.schema import Schema

_MAX_SHOWN: Final = 10 * 1024  # characters of an old schema

# {path}, {message}: of the incompatibility; {reader}, {writer}: "new" and "old", in the order that fits.
_DESCRIPTIONS: Final[dict[IncompatibilityType, str]] = {
    IncompatibilityType.FIXED_SIZE_MISMATCH: (
        "The size of FIXED type field at path '{path}' in the {reader} schema does not match with the {writer} schema"
    ),
    IncompatibilityType.TYPE_MISMATCH: (
        "The type (path '{path}') of a field in the {reader} schema does not match with the {writer} schema"
    ),
    IncompatibilityType.NAME_MISMATCH: "The name of the schema has changed (path '{path}')",
    IncompatibilityType.MISSING_ENUM_SYMBOLS: (
        "The {reader} schema is missing enum symbols '{message}' at path '{path}' in the {writer} schema"
    ),
    IncompatibilityType.MISSING_UNION_BRANCH: (
        "The {reader} schema is missing a type inside a union field at path '{path}' in the {writer} schema"
    ),
    IncompatibilityType.READER_FIELD_MISSING_DEFAULT_VALUE: (
        "The field '{message}' at path '{path}' in the {reader} schema has no default value "
        "and is missing in the {writer} schema"
    ),
}
_SIDES: Final = {Direction.BACKWARD: ("new", "old"), Direction.FORWARD: ("old", "new")}


@frozen
class Old:
    """A version to check against: its number, text and tree."""

    number: int
    text: str
    schema: Schema


@frozen
class Obstacle:
    """One reading that a level asks for and that does not work.

    Attributes:
        reason: the first incompatibility.
    """

    old: Old
    direction: Direction
    reason: str


def obstacles(level: str, new: Schema, olds: Sequence[Old]) -> Iterator[Obstacle]:
    """What keeps a schema from following others, newest version first; arguments as `complaints`."""
    for pair in pairs(level, new, [old.schema for old in olds]):
        verdict = check_pair(pair.reader, pair.writer)
        if not verdict.compatible:
            yield Obstacle(olds[pair.old], pair.direction, verdict.error or _reason(verdict.incompatibilities[0]))


def complaints(level: str, new: Schema, olds: Sequence[Old]) -> list[str]:
    """Why a level does not let a schema follow others; empty where it does.

    As Confluent's, it ends with the newest version that something was found against.

    Args:
        level: one of `compat_checks.levels.LEVELS`.
        new: the tree of the schema.
        olds: the live versions, oldest first.
    """
    asked = pairs(level, new, [old.schema for old in olds])
    for index, group in groupby(asked, key=lambda pair: pair.old):
        if found := _against(olds[index], list(group)):
            return [*found, f"{{validateFields: 'false', compatibility: '{level}'}}"]
    return []


def _against(old: Old, asked: Iterable[Pair[Schema]]) -> list[str]:
    """What is found against one version. The version is shown behind the last direction that was checked."""
    found: list[str] = []
    shown: list[str] = []
    for pair in asked:
        messages = _messages(pair, check_pair(pair.reader, pair.writer))
        found += messages
        shown = _shown(old) if messages else []
    return found + shown


def _messages(pair: Pair[Schema], verdict: Verdict) -> list[str]:
    reader, writer = _SIDES[pair.direction]
    if verdict.error:
        return [verdict.error]
    return [_message(one, reader, writer) for one in verdict.incompatibilities]


def _message(one: Incompatibility, reader: str, writer: str) -> str:
    fill: Callable[..., str] = _DESCRIPTIONS[one.type].format
    description = fill(path=one.location, message=one.message, reader=reader, writer=writer)
    return f"{{errorType:'{one.type}', description:'{description}', additionalInfo:'{one.message}'}}"


def _shown(old: Old) -> list[str]:
    text = old.text
    if len(text) > _MAX_SHOWN:
        text_part = f"{{oldSchema: <truncated to {_MAX_SHOWN} characters> '{text[:_MAX_SHOWN]}'}}"
    else:
        text_part = f"{{oldSchema: '{text}'}}"
    return [f"{{oldSchemaVersion: {old.number}}}", text_part]


def _reason(one: Incompatibility) -> str:
    return f"{one.type} at {one.location} ({one.message})"
