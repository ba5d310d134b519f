"""Dataclasses of somebody who has no schema yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID


class Level(Enum):
    """How urgent it is."""

    LOW = "LOW"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order."""

    sku: str
    count: int = 1


@dataclass
class Order:
    """What somebody wants.

    This is not a part of the schema's doc.
    """

    id: UUID
    made: datetime
    lines: list[Line]
    level: Level
    labels: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None


@dataclass
class Impossible:
    """It has a field that Avro has no type for."""

    value: complex
