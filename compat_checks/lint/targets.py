"""What rules of lint look at: one element each, with what they need to know about what is around it.

Targets compare by identity, as the nodes of the tree do; each method that need not be made shortens the start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from compat_checks.classes import frozen
from compat_checks.contracts import LintOptions, Subject, Topic
from compat_checks.rule import Rule, Target_contra
from compat_checks.schema import Array, Field, Map, NamedSchema, Record, Schema, Union
from compat_checks.source import Json, Place, Source


@frozen
class LintRule(Rule[Target_contra]):
    """A rule for schemas as they are.

    Its category is one of `contracts.CATEGORIES`.

    Attributes:
        sees: the class of its targets.
    """

    sees: type[Target_contra]


@frozen(eq=False)
class NamedTarget:
    """A record, enum or fixed, where it is defined.

    Attributes:
        around: namespace of the type that it is defined inside of; empty where there is none.
        depth: records that it is defined inside of, itself not counted.
        twin: a type of another namespace with the same short name; None where there is none before this one.
    """

    schema: NamedSchema
    around: str
    depth: int
    twin: NamedSchema | None
    options: LintOptions

    @property
    def element(self) -> str:
        """Its name."""
        return self.schema.name


@frozen(eq=False)
class FieldTarget:
    """A field of a record."""

    field: Field
    record: Record
    options: LintOptions

    @property
    def element(self) -> str:
        """Record and field."""
        return f"{self.record.name}.{self.field.name}"


@frozen(eq=False)
class NodeTarget:
    """A type, named or not.

    Attributes:
        element: its own name, or what it belongs to.
        field: the field that it is in; None where it is in none.
    """

    schema: Schema
    element: str
    field: Field | None


@frozen(eq=False)
class AttributesTarget:
    """The attributes, of a type or field, that Avro does not know.

    Attributes:
        kind: "field", or the kind of the type.
    """

    kind: str
    props: Mapping[str, Json]
    place: Place
    element: str


@frozen(eq=False)
class DocTarget:
    """The doc, not blank, of what has a name."""

    name: str
    doc: str
    place: Place
    element: str


@frozen(eq=False)
class FileTarget:
    """A file.

    Attributes:
        schema: what it defines; None where it is no more than the name of a type from elsewhere.
        used: whether a subject or another file needs it; True as well where there is no contracts.toml.
    """

    source: Source
    path: str
    schema: Schema | None
    used: bool

    @property
    def element(self) -> str:
        """The named type that the file is for; empty where it is for none, or for several."""
        return self.schema.name if isinstance(self.schema, NamedSchema) else ""


@frozen(eq=False)
class SubjectTarget:
    """A subject of contracts.toml.

    Attributes:
        schema: what its file defines; None where there is no such file.
        source: contracts.toml.
    """

    subject: Subject
    schema: Schema | None
    source: Source

    @property
    def element(self) -> str:
        """The table."""
        return f"subjects.{self.subject.name}"

    def place(self, key: str) -> Place:
        """The value of a key, or the table where it has no such key."""
        return part(Place(self.source) / "subjects" / self.subject.name, key)


@frozen(eq=False)
class TopicTarget:
    """A topic of contracts.toml.

    Attributes:
        used: whether a subject names it.
        source: contracts.toml.
    """

    topic: Topic
    used: bool
    source: Source

    @property
    def element(self) -> str:
        """The table."""
        return f"topics.{self.topic.name}"


@frozen(eq=False)
class IgnoreTarget:
    """An ignore, after all other rules have run.

    Attributes:
        rule: what it ignores.
        place: where it is written.
        element: what it is written at.
        problem: why it can ignore nothing; empty where it can.
        used: whether it ignored something.
        removable: the JSON value to remove with it; None in contracts.toml.
    """

    rule: str
    place: Place
    element: str
    problem: str
    used: bool
    removable: Place | None


Targeted: TypeAlias = (
    NamedTarget | FieldTarget | NodeTarget | AttributesTarget | DocTarget | FileTarget | SubjectTarget | TopicTarget
)


def part(place: Place, key: str, otherwise: str = "name") -> Place:
    """The value of a key of an object, or of another one where it has no such key, or the object itself."""
    found = (place / one for one in (key, otherwise))
    return next((one for one in found if one.position), place)


def leaves(schema: Schema) -> Iterator[Schema]:
    """The types that a value is made of in the end: through unions, arrays and maps, not into records."""
    match schema:
        case Union():
            for branch in schema.branches:
                yield from leaves(branch)
        case Array():
            yield from leaves(schema.items)
        case Map():
            yield from leaves(schema.values)
        case _:
            yield schema


def single(schema: Schema) -> Schema | None:
    """The type itself, or the one branch beside null; None for a union of several."""
    if not isinstance(schema, Union):
        return schema
    others = [branch for branch in schema.branches if branch.kind != "null"]
    return others[0] if len(others) == 1 else None
