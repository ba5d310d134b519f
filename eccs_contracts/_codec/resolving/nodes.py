"""What resolution comes to: a tree that says how to read the writer's bytes into the reader's classes.

Each node reads by itself, slowly and with every check; `render` makes straight-line code of the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from eccs_contracts._codec.at import At
from eccs_contracts._codec.containers import Array, Map
from eccs_contracts._codec.cursor import Cursor
from eccs_contracts._codec.plan import AvroType
from eccs_contracts.values import Branch


class Node(Protocol):
    """How a value is read."""

    @property
    def least(self) -> int:
        """Bytes that a value takes at least."""

    def read(self, cursor: Cursor, at: At) -> Any:
        """Read with every check."""


@dataclass(frozen=True, slots=True, eq=False)
class Never:
    """What cannot be read; says so where it is met."""

    reason: str
    least: int = 0

    def read(self, cursor: Cursor, at: At) -> Any:
        """Refuse."""
        at.broken(self.reason, cursor.position)


@dataclass(frozen=True, slots=True, eq=False)
class Symbols:
    """An enum: the value for each of the writer's symbols; None is one that the reader does not know."""

    values: tuple[Any, ...]
    label: str
    least: int = 1

    def read(self, cursor: Cursor, at: At) -> Any:
        """Read the index, look up the value."""
        start = cursor.position
        index = cursor.int32(at)
        if not 0 <= index < len(self.values):
            at.broken(f"symbol {index} of an enum that has {len(self.values)}", start)
        if self.values[index] is None:
            at.broken(f"a symbol that {self.label} does not know", start)
        return self.values[index]


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """An array or a map."""

    inner: Node
    is_map: bool
    least: int = 1

    def read(self, cursor: Cursor, at: At) -> Any:
        """Read as the plans do."""
        plan: AvroType = (Map if self.is_map else Array)(self.inner)  # type: ignore[arg-type]  # it only reads
        return plan.read(cursor, at)


@dataclass(frozen=True, slots=True, eq=False)
class Branches:
    """The writer's union."""

    nodes: tuple[Node, ...]
    least: int = 1

    def read(self, cursor: Cursor, at: At) -> Any:
        """Read the index, then the branch."""
        start = cursor.position
        index = cursor.int64(at)
        if not 0 <= index < len(self.nodes):
            at.broken(f"branch {index} of a union that has {len(self.nodes)}", start)
        return self.nodes[index].read(cursor, at)


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A branch of the reader's union whose values are in a class of its own."""

    made: type[Branch[Any]]
    inner: Node

    @property
    def least(self) -> int:
        """Bytes that a value takes at least."""
        return self.inner.least

    def read(self, cursor: Cursor, at: At) -> Branch[Any]:
        """Read, and put it into the class."""
        return self.made(self.inner.read(cursor, at))


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A field of the writer's; the attribute is empty where the reader has none."""

    name: str
    attribute: str
    node: Node
    personal: bool = True


@dataclass(slots=True, eq=False)
class Fields:
    """A record: the writer's fields in their order; what the reader has beside them gets its default.

    Attributes:
        model: the reader's class; None where the record is only skipped.
        absent: attributes that the writer has no field for.
    """

    model: Any = None
    steps: list[Step] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    _least: int | None = None

    @property
    def least(self) -> int:
        """Bytes that a value takes at least; a record inside of itself counts as none."""
        if self._least is None:
            self._least = 0
            self._least = sum(step.node.least for step in self.steps)
        return self._least

    def read(self, cursor: Cursor, at: At) -> Any:
        """Read all fields; give those that the reader has to its class."""
        return self.read_as(self.model, cursor, at)

    def read_as(self, model: Any, cursor: Cursor, at: At) -> Any:
        """As `read`, into a subclass."""
        found = {}
        for step in self.steps:
            value = step.node.read(cursor, at.field(step.name, personal=step.personal))
            if step.attribute:
                found[step.attribute] = value
        return model(**found) if model else None
