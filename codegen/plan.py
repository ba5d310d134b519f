"""What stage two decides and stage three renders: names and types, no schema and no text of code around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class TypePlan:
    """One Avro type in Python.

    Attributes:
        annotation: the Python type, for example `dict[str, str]`.
        write: an expression that writes the value `{}`, for example `w.write_string({})`.
        read: a callable expression `(data, position) -> (value, position)`.
        plain: an expression of the plain JSON form.
        kinds: Python types that a value may be of, by which a union finds its branch.
        least: smallest size in bytes.
        record: class name, where records are inside of it (for validation).
    """

    annotation: str
    write: str
    read: str
    plain: str
    kinds: tuple[str, ...]
    least: int = 1
    record: str | None = None


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """A field: its names, its type, what it must hold.

    Attributes:
        default: a Python expression, or None where the field must be given.
        factory: whether `default` makes a new value and so stands in a default_factory.
        markers: expressions for `Annotated`.
        rules: expressions of the rules that `validate` applies.
    """

    name: str
    attribute: str
    type: TypePlan
    doc: str
    default: str | None
    factory: bool
    markers: tuple[str, ...]
    rules: tuple[str, ...]
    personal: bool


@dataclass(frozen=True, slots=True)
class SubjectPlan:
    """The subject whose values a record is."""

    subject: str
    topic: str
    version: str


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """A record."""

    fullname: str
    name: str
    slug: str
    doc: str
    fields: tuple[FieldPlan, ...]
    schema: str
    fingerprint: str
    subject: SubjectPlan | None


@dataclass(frozen=True, slots=True)
class EnumPlan:
    """An enum: its symbols in the order of their numbers."""

    fullname: str
    name: str
    slug: str
    doc: str
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnionPlan:
    """A union of several branches that are not null, which gets functions of its own."""

    slug: str
    annotation: str
    branches: tuple[TypePlan, ...]


ClassPlan: TypeAlias = RecordPlan | EnumPlan


@dataclass(frozen=True, slots=True)
class ModulePlan:
    """One namespace."""

    name: str
    namespace: str
    classes: tuple[ClassPlan, ...]
    unions: tuple[UnionPlan, ...]
