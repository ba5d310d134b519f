"""The blast radius of a change: the types that changed, the files, subjects and committed readers that it reaches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from compat_checks.classes import frozen
from compat_checks.contracts import Contracts, Subject
from compat_checks.files import SchemaFiles
from compat_checks.readers import Reader
from compat_checks.resolution import Incompatibility, Verdict, check_pair
from compat_checks.schema import Enum, Field, Fixed, NamedSchema, Record, Schema, children, walk
from compat_checks.source import Source

# By subject: its schema before the change. A subject that is not there is new.
Before: TypeAlias = Mapping[str, Schema]


@frozen
class FileImpact:
    """A file that a change reaches.

    Attributes:
        types: full names of the changed types that are inside of it, sorted.
        through: the files on the shortest way to the nearest of them, itself first; itself alone where it defines one.
    """

    path: str
    types: tuple[str, ...]
    through: tuple[str, ...]


@frozen
class ReaderImpact:
    """A committed reader of a subject that a change reaches.

    Attributes:
        reasons: why it cannot read what is written after the change, a line each; empty where it can.
        read_before: whether it could read what was written before; None where the subject is new.
    """

    reader: Reader
    reasons: tuple[str, ...]
    read_before: bool | None

    @property
    def breaks(self) -> bool:
        """Whether the change is what stops it."""
        return bool(self.reasons) and self.read_before is not False


@frozen
class Impact:
    """All that a change reaches.

    Attributes:
        types: full names of the types that changed, came or went, sorted.
        subjects: in the order of contracts.toml.
        readers: those of these subjects, whether they break or not.
    """

    types: tuple[str, ...]
    files: tuple[FileImpact, ...]
    subjects: tuple[Subject, ...]
    readers: tuple[ReaderImpact, ...]

    @property
    def broken(self) -> tuple[ReaderImpact, ...]:
        """The readers that the change breaks."""
        return tuple(one for one in self.readers if one.breaks)


def impact(
    files: SchemaFiles, contracts: Contracts, types: Iterable[str], before: Before, readers: Iterable[Reader]
) -> Impact:
    """What a change of some types reaches.

    Args:
        files: the schemas after the change.
        contracts: the subjects.
        types: full names; `changed_types` or `types_of` finds them.
        before: what readers could be sure of until now: the baseline's newest version of each subject.
        readers: the committed ones.

    Raises:
        InvalidSchema: a file that is no schema, or a subject without its file.
    """
    names = frozenset(types)
    reached = tuple(_files(files, names))
    paths = {one.path for one in reached}
    gone = {name for name, schema in before.items() if names & _named(schema).keys()}
    subjects = tuple(one for one in contracts.subjects if one.file in paths or one.name in gone)
    touched = {one.name: one for one in subjects}
    found = tuple(
        _reader(one, files.schema(touched[one.subject].file), before) for one in readers if one.subject in touched
    )
    return Impact(tuple(sorted(names)), reached, subjects, found)


def changed_types(files: SchemaFiles, contracts: Contracts, before: Before) -> tuple[str, ...]:
    """Full names of the types that differ from a baseline, sorted: what they say themselves, not what they refer to.

    A type of several subjects counts where it differs from what any of them had; subjects that the baseline does not
    have count whole.
    """
    found: set[str] = set()
    for subject in contracts.subjects:
        after = _named(files.schema(subject.file))
        old = _named(before[subject.name]) if subject.name in before else {}
        found |= {name for name in old.keys() | after.keys() if _said(old.get(name)) != _said(after.get(name))}
    return tuple(sorted(found))


def changed_files(files: SchemaFiles, texts: Mapping[str, str]) -> tuple[str, ...]:
    """The files that are new or say something else than a baseline's texts, by path; white space does not count.

    Raises:
        InvalidSchema: a text of the baseline is not JSON.
    """
    return tuple(
        path
        for path in files.paths
        if path not in texts or Source(texts[path], path).load() != Source(files.text(path), path).load()
    )


def types_of(files: SchemaFiles, paths: Iterable[str]) -> tuple[str, ...]:
    """Full names of the types that some files define, sorted.

    Raises:
        InvalidSchema: there is no such file, or it is no schema.
    """
    homes = {path: files.schema(path) for path in paths}
    found = {
        name
        for path, schema in homes.items()
        for name, node in _named(schema).items()
        if node.place.source.path == path
    }
    return tuple(sorted(found))


def _files(files: SchemaFiles, types: frozenset[str]) -> Iterator[FileImpact]:
    homes = {path: set(types_of(files, [path])) & types for path in files.paths}
    uses = {path: _references(files.schema(path), path) for path in files.paths}
    for path in files.paths:
        if inside := types & _named(files.schema(path)).keys():
            yield FileImpact(path, tuple(sorted(inside)), _way(path, uses, homes))


def _references(schema: Schema, path: str) -> list[str]:
    """The files that a file refers to itself, in its order."""
    found: dict[str, None] = {}
    seen: set[int] = set()
    stack = [schema]
    while stack:
        node = stack.pop()
        home = node.place.source.path
        if home is not None and home != path:
            found[home] = None
        elif id(node) not in seen:
            seen.add(id(node))
            stack += reversed(children(node))
    return list(found)


def _way(start: str, uses: Mapping[str, Sequence[str]], homes: Mapping[str, set[str]]) -> tuple[str, ...]:
    """The shortest way along references to a file that defines a changed type."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for way in ways:  # grows while it is read
        if homes[way[-1]]:
            return way
        for path in uses[way[-1]]:
            if path not in seen:
                seen.add(path)
                ways.append((*way, path))
    return (start,)


def _named(schema: Schema) -> dict[str, NamedSchema]:
    return {node.fullname: node for node in walk(schema) if isinstance(node, Record | Enum | Fixed)}


def _said(schema: NamedSchema | None) -> object:
    """What a definition says itself, comparable; the types that it names stand for themselves."""
    if schema is None:
        return None
    head = (schema.kind, schema.aliases, schema.doc, _text(schema.props), schema.logical)
    match schema:
        case Record():
            return (*head, schema.is_error, tuple(map(_field_said, schema.fields)))
        case Enum():
            return (*head, schema.symbols, schema.default)
        case _:
            return (*head, schema.size)


def _field_said(field: Field) -> object:
    default = _text(field.default) if field.has_default else None
    return field.name, _type_said(field.type), default, field.aliases, field.order, field.doc, _text(field.props)


def _type_said(schema: Schema) -> object:
    if isinstance(schema, Record | Enum | Fixed):
        return schema.fullname
    inner = tuple(map(_type_said, children(schema)))
    return schema.kind, _text(schema.props), inner


def _reader(reader: Reader, new: Schema, before: Before) -> ReaderImpact:
    reasons = tuple(_reasons(check_pair(reader.schema, new)))
    old = before.get(reader.subject)
    return ReaderImpact(reader, reasons, None if old is None else check_pair(reader.schema, old).compatible)


def _reasons(verdict: Verdict) -> Iterator[str]:
    if verdict.error:
        yield verdict.error
    for one in verdict.incompatibilities:
        yield from _lines(one)


def _lines(one: Incompatibility) -> Iterator[str]:
    yield f"{one.type} at {one.location}: {one.message}"
    for cause in one.because:
        yield from (f"because {line.removeprefix('because ')}" for line in _lines(cause))


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
