"""Types that are used before they are defined, as Apache Avro Java 1.12 reads them.

While it reads, Java knows a type only once it is complete, so that a recursive type uses itself before its definition,
too. A name that is not known yet stands for an empty record; when all is read, a walk puts the definitions in its
place, and checks defaults and unions again with what they are now. Which defaults that walk refuses depends on its
order: the default of a field of record type needs that record complete. So its order is followed here step by step
(`SchemaResolver.ResolvingVisitor`, `Schemas.visit`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, cast

from compat_checks.classes import mutable
from compat_checks.defaults import default_problem
from compat_checks.schema import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    NamedSchema,
    Record,
    Schema,
    Union,
    children,
)
from compat_checks.source import Json

# What Java reserves in every type, so that it is no property; "default" is added in an enum.
_RESERVED: Final = frozenset(
    ("doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases")
)


@mutable(eq=False, kw_only=True)
class Reference(Record):
    """A name that is used before it is defined: a record without fields, unlike any other.

    Attributes:
        written: the name as it is used.
    """

    written: str

    @property
    def label(self) -> str:
        """How the type is called in messages."""
        return f"{self.fullname}, as used at {self.place.pointer}"


@mutable
class _After:
    """What is left to do with a node when all inside of it is done."""

    node: Schema


_Step: TypeAlias = Schema | _After


class Settling:
    """The walk that puts definitions in the place of references; `records` are those that were just read."""

    def __init__(self, known: Mapping[str, NamedSchema], records: Iterable[Record]) -> None:
        self._known = known
        self._own = {id(record): record for record in records}
        self._incomplete = set(self._own)
        self._entered: set[int] = set()
        self._written: dict[int, tuple[Schema, ...]] = {}  # what is inside of a node, references not yet replaced

    def settle(self, tree: Schema) -> Schema:
        """The tree, complete.

        Raises:
            InvalidSchema: a name that nothing defines, a union with a type twice, or a default that does not fit.
        """
        for named in list(self._known.values()):
            if id(named) in self._own:
                self._visit(named)
        self._visit(tree)
        return self._definition(tree)

    def _visit(self, start: Schema) -> None:
        """Depth first; a definition that is not entered yet is visited whole where it is used first."""
        frames: list[tuple[list[_Step], set[int]]] = [([start], set())]
        while frames:
            stack, visited = frames[-1]
            if not stack:
                frames.pop()
                continue
            step = stack.pop()
            if isinstance(step, _After):
                self._complete(step.node)
            elif isinstance(step, Reference):
                definition = self._definition(step)
                if id(definition) in self._own and id(definition) not in self._entered:
                    frames.append(([definition], set()))
            elif id(step) not in visited:
                visited.add(id(step))
                self._enter(step, stack)

    def _enter(self, node: Schema, stack: list[_Step]) -> None:
        if isinstance(node, Record):
            if id(node) not in self._incomplete:
                return
            self._entered.add(id(node))
        inner = self._written.setdefault(id(node), children(node))
        stack.append(_After(node))
        stack.extend(reversed(inner) if isinstance(node, Record) else inner)

    def _complete(self, node: Schema) -> None:
        match node:
            case Record() if id(node) in self._incomplete:
                for field in node.fields:
                    self._complete_field(field)
                self._incomplete.discard(id(node))
            case Union():
                node.branches = tuple([self._definition(branch) for branch in node.branches])
                node.check_branches()
            case Array():
                node.items = self._definition(node.items)
            case Map():
                node.values = self._definition(node.values)

    def _complete_field(self, field: Field) -> None:
        field.type = self._definition(field.type)
        if field.has_default and (problem := default_problem(field.type, field.default, self._incomplete)):
            raise (field.place / "default").error(f'the default of the field "{field.name}" {problem}')

    def _definition(self, node: Schema) -> Schema:
        if not isinstance(node, Reference):
            return node
        found = self._known.get(node.fullname)
        if found is None:
            raise node.place.error(f'"{node.written}" is not a type and not the name of one that is defined')
        return found


def same(one: Schema, other: Schema) -> bool:
    """Whether two definitions are equal, so that Java takes both: docs, aliases and an enum's default do not count."""
    if one is other:
        return True
    if type(one) is not type(other) or isinstance(one, Reference) or _properties(one) != _properties(other):
        return False
    match one:
        case Record():
            return one.fullname == cast("Record", other).fullname and _same_fields(one, cast("Record", other))
        case Enum():
            return (one.fullname, one.symbols) == (cast("Enum", other).fullname, cast("Enum", other).symbols)
        case Fixed():
            return (one.fullname, one.size) == (cast("Fixed", other).fullname, cast("Fixed", other).size)
        case _:
            mine, theirs = children(one), children(other)
            return one.kind == other.kind and len(mine) == len(theirs) and all(map(same, mine, theirs))


def _same_fields(one: Record, other: Record) -> bool:
    return len(one.fields) == len(other.fields) and all(map(_same_field, one.fields, other.fields))


def _same_field(one: Field, other: Field) -> bool:
    if (one.name, one.order, one.has_default) != (other.name, other.order, other.has_default):
        return False
    values = [(field.props, field.default if field.has_default else None) for field in (one, other)]
    return _exactly(values[0]) == _exactly(values[1]) and same(one.type, other.type)


def _properties(node: Schema) -> str:
    return _exactly({key: value for key, value in node.props.items() if key not in _RESERVED})


def _exactly(value: Json) -> str:
    """A text that is equal for equal JSON only: 1 is not 1.0, and not true."""
    return json.dumps(value, sort_keys=True)
