"""What rules look at: an old and a new element that stand for the same thing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from compat_checks.classes import frozen
from compat_checks.levels import Direction
from compat_checks.rule import Rule
from compat_checks.schema import Field, Record, Schema

Old = TypeVar("Old", bound=Schema)

BOTH = (Direction.FORWARD, Direction.BACKWARD)


@frozen
class TypePair:
    """Two versions of one type.

    Attributes:
        element: "EmailRequest.templateData".
        directions: who has to read whom.
    """

    old: Schema
    new: Schema
    element: str
    directions: tuple[Direction, ...] = BOTH

    def readings(self) -> Iterator[Reading[Schema]]:
        """Each reading that has to work."""
        for direction in self.directions:
            forward = direction is Direction.FORWARD
            yield Reading(self.old if forward else self.new, self.new if forward else self.old, forward)


@frozen
class FieldPair:
    """Two versions of one field, of records that stand for the same thing."""

    old: Field
    new: Field
    old_record: Record
    new_record: Record
    element: str
    directions: tuple[Direction, ...] = BOTH


@frozen
class Reading(Generic[Old]):
    """A reader and the writer whose data it reads.

    Attributes:
        forward: the old version reads the new one.
    """

    reader: Old
    writer: Old
    forward: bool

    @property
    def who(self) -> str:
        """The reader, for a sentence."""
        return "readers of the published version" if self.forward else "new readers"


@frozen
class TypeRule(Rule[TypePair]):
    """A rule about types.

    Attributes:
        kinds: those of the new type that it looks at.
    """

    kinds: tuple[str, ...]
