"""What stage two decides and stage three renders: modules, classes and fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from codegen.canonical import Fingerprints
from codegen.types import Home, PyType


@dataclass(frozen=True, slots=True)
class Default:
    """The default of a field: a Python expression, and whether each value needs a new one."""

    expression: str
    is_made: bool


@dataclass(frozen=True, slots=True)
class FieldModel:
    """A field.

    Attributes:
        name: on the wire.
        attribute: in Python.
        doc: one sentence or more; may be empty.
        rules: expressions of its constraints.
        personal: whether it is tagged as personal data.
    """

    name: str
    attribute: str
    type: PyType
    doc: str
    default: Default | None
    rules: tuple[str, ...]
    personal: bool


@dataclass(frozen=True, slots=True)
class SubjectModel:
    """The subject whose values a record is."""

    subject: str
    topic: str
    version: str


@dataclass(frozen=True, slots=True)
class RecordModel:
    """A record.

    Attributes:
        variable: the type variable of its reader.
        schema: self-contained text.
        fingerprints: of the Parsing Canonical Form.
        is_bare: whether the schema is no record, but the type of the only field.
    """

    fullname: str
    home: Home
    type: PyType
    variable: str
    doc: str
    fields: tuple[FieldModel, ...]
    schema: str
    fingerprints: Fingerprints
    is_bare: bool
    subject: SubjectModel | None


@dataclass(frozen=True, slots=True)
class EnumModel:
    """An enum; members are (Python name, symbol)."""

    fullname: str
    home: Home
    doc: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FixedModel:
    """A fixed that is a branch of a union beside another one of the same Python class.

    Attributes:
        value: the annotation of what it holds.
    """

    fullname: str
    home: Home
    doc: str
    value: str


ClassModel: TypeAlias = RecordModel | EnumModel | FixedModel


@dataclass(frozen=True, slots=True)
class ModuleModel:
    """One namespace."""

    name: str
    namespace: str
    classes: tuple[ClassModel, ...]
