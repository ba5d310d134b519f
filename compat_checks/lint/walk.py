"""From files and contracts to the targets of rules."""

from __future__ import annotations

from collections.abc import Iterator

from compat_checks.classes import frozen
from compat_checks.contracts import Contracts, LintOptions
from compat_checks.files import SchemaFiles
from compat_checks.lint.targets import (
    AttributesTarget,
    DocTarget,
    FieldTarget,
    FileTarget,
    NamedTarget,
    NodeTarget,
    SubjectTarget,
    Targeted,
    TopicTarget,
)
from compat_checks.schema import Field, NamedSchema, Record, Schema, children
from compat_checks.source import Place, Source


@frozen(eq=False)
class Visit:
    """One type, where it is defined.

    Attributes:
        element: its name, or what it belongs to.
        field: the field that it is in; None where it is in none.
        around: namespace of the named type around it.
        depth: records around it.
    """

    schema: Schema
    element: str = ""
    field: Field | None = None
    around: str = ""
    depth: int = 0


@frozen(eq=False)
class Walked:
    """One file.

    Attributes:
        visits: its types, each once.
        uses: the files that it takes types from.
    """

    source: Source
    path: str
    schema: Schema
    visits: tuple[Visit, ...]
    uses: frozenset[str | None]


def walk_files(files: SchemaFiles) -> tuple[Walked, ...]:
    """Every file of a folder.

    Raises:
        InvalidSchema: a file breaks a rule of Avro.
    """
    return tuple(_walk(Source(files.text(path), path), path, files.schema(path)) for path in files.paths)


def schema_targets(walked: tuple[Walked, ...], options: LintOptions) -> Iterator[Targeted]:
    """What is in the files."""
    first: dict[str, NamedSchema] = {}
    for file in walked:
        for visit in file.visits:
            schema = visit.schema
            yield NodeTarget(schema, visit.element, visit.field)
            yield AttributesTarget(schema.kind, schema.props, schema.place, visit.element)
            if isinstance(schema, NamedSchema):
                twin = first.setdefault(schema.name, schema)
                yield from _named_targets(visit, schema, None if twin is schema else twin, options)


def contract_targets(walked: tuple[Walked, ...], contracts: Contracts | None, source: Source) -> Iterator[Targeted]:
    """The files themselves and, where there is a contracts.toml, `source`, what that says of them."""
    subjects = contracts.subjects if contracts else ()
    used = {path for file in walked for path in file.uses} | {subject.file for subject in subjects}
    for file in walked:
        yield FileTarget(
            file.source, file.path, file.schema if file.visits else None, contracts is None or file.path in used
        )
    if contracts is None:
        return
    schemas = {file.path: file.schema for file in walked}
    for subject in subjects:
        yield SubjectTarget(subject, schemas.get(subject.file), source)
    named = {subject.topic for subject in subjects}
    for topic in contracts.topics:
        yield TopicTarget(topic, topic.name in named, source)


def _named_targets(
    visit: Visit, schema: NamedSchema, twin: NamedSchema | None, options: LintOptions
) -> Iterator[Targeted]:
    yield NamedTarget(schema, visit.around, visit.depth, twin, options)
    yield from _doc_targets(schema, schema.name)
    if isinstance(schema, Record):
        for field in schema.fields:
            target = FieldTarget(field, schema, options)
            yield target
            yield AttributesTarget("field", field.props, field.place, target.element)
            yield from _doc_targets(field, target.element)


def _doc_targets(owner: NamedSchema | Field, element: str) -> Iterator[Targeted]:
    if owner.doc and owner.doc.strip():
        yield DocTarget(owner.name, owner.doc, owner.place, element)


def _walk(source: Source, path: str, root: Schema) -> Walked:
    visits: list[Visit] = []
    uses = {root.place.source.path} - {path}
    stack = [] if uses else [Visit(root)]
    while stack:
        visit = _named(stack.pop())
        visits.append(visit)
        for inner, around in reversed(list(_inside(visit))):
            if inner.schema.place.source.path != path:
                uses.add(inner.schema.place.source.path)
            elif inner.schema.place.pointer.startswith(f"{around.pointer}/"):  # else a name of a type from elsewhere
                stack.append(inner)
    return Walked(source, path, root, tuple(visits), frozenset(uses))


def _named(visit: Visit) -> Visit:
    """The visit, under the name of its type where that has one."""
    schema = visit.schema
    if not isinstance(schema, NamedSchema):
        return visit
    return Visit(schema, schema.name, visit.field, visit.around, visit.depth)


def _inside(visit: Visit) -> Iterator[tuple[Visit, Place]]:
    """The types directly inside of one, each with the place that holds its definition, if it is one."""
    schema = visit.schema
    if isinstance(schema, Record):
        for field in schema.fields:
            element = f"{schema.name}.{field.name}"
            yield Visit(field.type, element, field, schema.namespace, visit.depth + 1), field.place
    else:
        for child in children(schema):
            yield Visit(child, visit.element, visit.field, visit.around, visit.depth), schema.place
