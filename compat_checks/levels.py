"""Compatibility levels: who must be able to read what, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, Generic, TypeVar

from compat_checks.classes import frozen

T = TypeVar("T")


class Direction(StrEnum):
    """Which side of a change reads the other."""

    BACKWARD = "backward"  # the new schema reads what the old one wrote
    FORWARD = "forward"  # the old schema reads what the new one wrote


@frozen
class Level:
    """What one level asks for.

    Attributes:
        directions: in the order in which Confluent's registry lists what it finds.
        transitive: against all published versions, not the newest only.
    """

    directions: tuple[Direction, ...] = ()
    transitive: bool = False


_BACKWARD: Final = (Direction.BACKWARD,)
_FORWARD: Final = (Direction.FORWARD,)
_FULL: Final = (Direction.FORWARD, Direction.BACKWARD)

LEVELS: Final[dict[str, Level]] = {
    "NONE": Level(),
    "BACKWARD": Level(_BACKWARD),
    "BACKWARD_TRANSITIVE": Level(_BACKWARD, transitive=True),
    "FORWARD": Level(_FORWARD),
    "FORWARD_TRANSITIVE": Level(_FORWARD, transitive=True),
    "FULL": Level(_FULL),
    "FULL_TRANSITIVE": Level(_FULL, transitive=True),
}


@frozen
class Pair(Generic[T]):
    """One reading that has to work.

    Attributes:
        old: index of the published version in it, oldest is 0.
    """

    reader: T
    writer: T
    old: int
    direction: Direction


def pairs(level: str, new: T, olds: Sequence[T]) -> Iterator[Pair[T]]:
    """Each reading that a level asks for, newest published version first.

    Args:
        level: one of LEVELS.
        new: the schema that is about to be published.
        olds: the published versions, oldest first.
    """
    asked = LEVELS[level]
    newest = len(olds) - 1
    oldest = 0 if asked.transitive else max(newest, 0)
    for index in range(newest, oldest - 1, -1):
        for direction in asked.directions:
            reader, writer = (new, olds[index]) if direction is Direction.BACKWARD else (olds[index], new)
            yield Pair(reader, writer, index, direction)
