"""Which of the writer's values become which of the reader's (specification 1.12, "Schema Resolution").

As Apache Avro's Java reads: types match by the name without its namespace, or by the reader's aliases; of several
branches of the reader's union, the one of the same type is taken before one that the type is promoted to.
"""

from __future__ import annotations

from typing import Any

from eccs_contracts._codec.containers import Array, Map, Tagged, Union
from eccs_contracts._codec.plan import AvroType
from eccs_contracts._codec.record import Field, RecordPlan, Reference
from eccs_contracts._codec.resolving.leaves import Leaf, is_promoted, resolved
from eccs_contracts._codec.resolving.nodes import Branches, Fields, Items, Labelled, Never, Node, Step, Symbols
from eccs_contracts._codec.resolving.shapes import FieldShape, Shape
from eccs_contracts._codec.scalars import Enum


def resolve(writer: Shape, reader: Shape, plan: AvroType) -> Node:
    """How values of the writer's schema are read as those of the reader's, whose classes the plan knows."""
    return _Resolution().node(writer, reader, plan)


class _Resolution:
    """One resolution; it remembers pairs of records, which may be recursive."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], Fields] = {}

    def node(self, writer: Shape, reader: Shape, plan: AvroType) -> Node:
        if writer.kind == "union":
            return Branches(tuple(self.node(branch, reader, plan) for branch in writer.inner))
        if isinstance(plan, Union):
            return self._branch(writer, reader, plan)
        if not _fits(writer, reader):
            return Never(f"{_label(writer)} cannot be read as {_label(reader)}")
        if isinstance(plan, RecordPlan | Reference):
            return self._record(writer, reader, plan.record)
        if isinstance(plan, Enum):
            return _enum(writer, reader, plan)
        if isinstance(plan, Array | Map):
            return Items(self.node(writer.inner[0], reader.inner[0], plan.inner), isinstance(plan, Map))
        return resolved(_leaf(writer), _leaf(reader))

    def _branch(self, writer: Shape, reader: Shape, plan: Union) -> Node:
        """The branch of the reader's union that matches best; the first of those that match alike."""
        fitting = [index for index, branch in enumerate(reader.inner) if _fits(writer, branch)]
        if not fitting:
            return Never(f"{_label(writer)} is none of the branches {', '.join(map(_label, reader.inner))}")
        index = min(fitting, key=lambda one: _distance(writer, reader.inner[one]))
        branch = plan.branches[index]
        if isinstance(branch, Tagged):
            return Labelled(branch.made, self.node(writer, reader.inner[index], branch.inner))
        return self.node(writer, reader.inner[index], branch)

    def _record(self, writer: Shape, reader: Shape, plan: RecordPlan) -> Node:
        key = (id(writer), id(reader))
        if key in self._open:
            return self._open[key]
        found = self._open[key] = Fields(plan.model)
        taken = _matches(writer.fields, reader.fields)
        plans = {field.name: field for field in plan.fields}
        for field in writer.fields:
            match = taken.get(field.name)
            found.steps.append(self._step(field, match, plans[match.name]) if match else self._skipped(field))
        left = [plans[field.name] for field in reader.fields if field not in taken.values()]
        found.absent += [field.attribute for field in left]
        needed = [field.name for field in left if not field.optional]
        if needed:
            reason = "the writer does not know this field, and the reader has no default for it"
            found.steps[:] = [Step(needed[0], "", Never(reason))]
        return found

    def _step(self, writer: FieldShape, reader: FieldShape, plan: Field) -> Step:
        return Step(reader.name, plan.attribute, self.node(writer.type, reader.type, plan.type), plan.personal)

    def _skipped(self, field: FieldShape) -> Step:
        return Step(field.name, "", self._any(field.type))

    def _any(self, shape: Shape) -> Node:
        """How a value is read that nobody needs: as the plainest that its bytes can be."""
        match shape.kind:
            case "record":
                key = (id(shape), 0)
                if key not in self._open:
                    self._open[key] = Fields()
                    self._open[key].steps += [self._skipped(field) for field in shape.fields]
                return self._open[key]
            case "union":
                return Branches(tuple(self._any(branch) for branch in shape.inner))
            case "array" | "map":
                return Items(self._any(shape.inner[0]), shape.kind == "map")
            case "enum":
                return Leaf("int")
            case "string":
                return Leaf("bytes")
            case _:
                return Leaf(shape.kind, shape.size)


def _fits(writer: Shape, reader: Shape) -> bool:
    """Whether the types match, what is inside of them apart."""
    if writer.kind in ("record", "enum", "fixed"):
        is_named = writer.short == reader.short or writer.name in reader.aliases
        return writer.kind == reader.kind and writer.size == reader.size and is_named
    return writer.kind == reader.kind or is_promoted(writer.kind, reader.kind)


def _distance(writer: Shape, reader: Shape) -> int:
    """How far apart types are that fit: the same one, one by its short name or an alias, a promotion."""
    if writer.kind != reader.kind:
        return 2
    return 0 if writer.name == reader.name else 1


def _matches(writer: list[FieldShape], reader: list[FieldShape]) -> dict[str, FieldShape]:
    """The reader's field for each of the writer's: of the same name, else with it as an alias; each once."""
    names = {field.name: field for field in writer}
    found: dict[str, FieldShape] = {}
    for field in reader:
        match = next((name for name in (field.name, *field.aliases) if name in names), None)
        if match is not None:
            found.setdefault(match, field)
    return found


def _enum(writer: Shape, reader: Shape, plan: Enum) -> Node:
    members: dict[str, Any] = {str(member): member for member in plan.symbols}
    default = members.get(reader.default or "")
    return Symbols(tuple(members.get(symbol, default) for symbol in writer.symbols), _label(reader))


def _leaf(shape: Shape) -> Leaf:
    return Leaf(shape.leaf, shape.size, shape.precision, shape.scale)


def _label(shape: Shape) -> str:
    return shape.name or shape.leaf or shape.kind
