"""Whether a reader's schema can read what a writer's schema wrote, exactly as Apache Avro for Java 1.12 says it.

`SchemaCompatibility.checkReaderWriterCompatibility` is what Confluent's registry asks; its verdict, its six types of
incompatibility, their order, locations and messages are given here. What it loses on the way is kept beside them:
the cause inside a union's branch (`because`), and where a type that is used twice stands (`path` and the places).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

from compat_checks.classes import field, frozen, mutable, replace
from compat_checks.java_text import java_text
from compat_checks.parse import parse_schema
from compat_checks.schema import PRIMITIVES, Array, Enum, Field, Fixed, Map, NamedSchema, Record, Schema, Union
from compat_checks.source import Json, Place

MAX_REPEATS: Final = (
    50_000  # of what is known, for further uses of a type; Java doubles it with each level, without end
)
MAX_CAUSES: Final = 1000  # causes and causes of causes of one incompatibility
MAX_DEPTH: Final = 100  # causes inside of causes

# Reader and writer, primitive, whose values the reader takes (specification, "Schema Resolution").
_READS: Final = frozenset(
    {(kind, kind) for kind in PRIMITIVES}
    | {("long", "int"), ("float", "int"), ("float", "long"), ("double", "int"), ("double", "long")}
    | {("double", "float"), ("bytes", "string"), ("string", "bytes")}
)


class IncompatibilityType(StrEnum):
    """Java's `SchemaIncompatibilityType`."""

    NAME_MISMATCH = "NAME_MISMATCH"
    FIXED_SIZE_MISMATCH = "FIXED_SIZE_MISMATCH"
    MISSING_ENUM_SYMBOLS = "MISSING_ENUM_SYMBOLS"
    READER_FIELD_MISSING_DEFAULT_VALUE = "READER_FIELD_MISSING_DEFAULT_VALUE"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    MISSING_UNION_BRANCH = "MISSING_UNION_BRANCH"


@frozen
class Incompatibility:
    """One thing that keeps a reader from reading.

    Attributes:
        type, message: Java's.
        location: Java's JSON pointer into the reader's schema. It counts the writer's branches in a union, starts anew
            inside of one, and for a type that was compared before it is that of its first use.
        path: the pointer of this use; inside of a union's branch it starts at the branch.
        reader, writer: the places in the texts that the two sides came from.
        because: inside of a union, what keeps the branch that fits best from reading. Not compared, not shown by repr.
    """

    type: IncompatibilityType
    location: str
    message: str
    reader: Place
    writer: Place
    path: str
    because: tuple[Incompatibility, ...] = field(default=(), compared=False, shown=False)


@frozen
class Verdict:
    """Whether a reader can read what a writer wrote.

    Attributes:
        incompatibilities: in Java's order. Where types that are used again and again repeat theirs more than
            MAX_REPEATS times, one for each further use; Java's list is longer then, and may fill the memory.
        error: what Java throws instead of an answer, for a field that matches several; else empty.
    """

    incompatibilities: tuple[Incompatibility, ...] = ()
    error: str = ""

    @property
    def compatible(self) -> bool:
        """Whether nothing keeps the reader from reading."""
        return not self.incompatibilities and not self.error


def check_pair(reader: Schema | str | bytes | Json, writer: Schema | str | bytes | Json) -> Verdict:
    """Check one reader against one writer.

    Args:
        reader: its schema: JSON text, parsed JSON, or a tree of `parse_schema`.
        writer: the writer's.

    Raises:
        InvalidSchema: one of them breaks a rule of Avro.
    """
    pair = _tree(reader), _tree(writer)
    try:
        return Verdict(tuple(_Checker().check(*pair)))
    except _SeveralFieldsError as error:
        return Verdict(error=str(error))


def _tree(schema: Schema | str | bytes | Json) -> Schema:
    return schema if isinstance(schema, Schema) else parse_schema(schema)


class _SeveralFieldsError(Exception):
    """Raised where Java throws: a field of the reader matches several of the writer."""


_Found: TypeAlias = tuple[Incompatibility, ...]
_Request: TypeAlias = tuple[Schema, Schema, str]  # reader, writer, and the path to them
_Steps: TypeAlias = Generator[_Request, _Found, _Found]


@mutable
class _Known:
    """The result for a pair: none while it is being worked out. `base` is the path that it was found at."""

    base: str
    found: _Found = ()


class _Checker:
    """One check. Its steps are generators on a stack of our own, for types may be chained deeper than Python calls.

    Each pair of nodes is worked out once, in Java's order; one that is met again inside of itself counts as compatible.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], _Known] = {}
        self._stack: list[tuple[_Steps, _Known]] = []
        self._repeats = 0
        self._causes: dict[int, tuple[int, int]] = {(id(())): (0, 0)}  # how many are in a tuple of causes, how deep

    def check(self, reader: Schema, writer: Schema) -> _Found:
        found = self._begin(reader, writer, "")
        while self._stack:
            steps, known = self._stack[-1]
            try:
                request = steps.send(found)  # type: ignore[arg-type]  # a generator starts with None
            except StopIteration as done:
                self._stack.pop()
                known.found = found = done.value
            else:
                found = self._begin(*request)
        return found or ()

    def _begin(self, reader: Schema, writer: Schema, at: str) -> _Found | None:
        """The result for a pair; None where there are steps to take first."""
        key = id(reader), id(writer)
        known = self._known.get(key)
        if known is not None:
            return self._moved(known, at) if known.found else ()
        known = self._known[key] = _Known(at)
        steps = self._steps(reader, writer, at)
        if steps is None:
            known.found = _leaves(reader, writer, at)
            return known.found
        self._stack.append((steps, known))
        return None

    def _steps(self, reader: Schema, writer: Schema, at: str) -> _Steps | None:
        match reader, writer:
            case Record(), Record():
                return self._fields(reader, writer, at)
            case Union(), Union():
                return self._each_branch(reader, writer, at)
            case _, Union():
                return self._all_branches(reader, writer, at)
            case Union(), _:
                return self._any_branch(reader, writer, at)
            case Array(), Array():
                return self._inner(reader.items, writer.items, f"{at}/items")
            case Map(), Map():
                return self._inner(reader.values, writer.values, f"{at}/values")
        return None

    def _inner(self, reader: Schema, writer: Schema, at: str) -> _Steps:
        return (yield reader, writer, at)

    def _fields(self, reader: Record, writer: Record, at: str) -> _Steps:
        written = {field.name: field for field in writer.fields}
        found = list(_names(reader, writer, at))
        for index, mine in enumerate(reader.fields):
            theirs = _written(mine, index, written, writer) if mine.aliases else written.get(mine.name)
            if theirs is not None:
                if not _plainly(mine.type, theirs.type):
                    found += yield mine.type, theirs.type, f"{at}/fields/{index}/type"
            elif not mine.has_default:
                if isinstance(mine.type, Enum) and mine.type.default is not None:
                    found += yield mine.type, writer, f"{at}/fields/{index}/type"
                else:
                    found.append(_field_missing(mine, writer, f"{at}/fields/{index}"))
        return tuple(found)

    def _each_branch(self, reader: Union, writer: Union, at: str) -> _Steps:
        """A union reads a union: each of the writer's branches needs a reader."""
        found = []
        for index, branch in enumerate(writer.branches):
            if not _plainly(reader, branch) and (missing := (yield reader, branch, "")):
                found.append(_branch_missing(reader, branch, f"{at}/{index}", missing[0].because))
        return tuple(found)

    def _all_branches(self, reader: Schema, writer: Union, at: str) -> _Steps:
        """What is no union reads a union: it has to read each branch."""
        found: list[Incompatibility] = []
        for index, branch in enumerate(writer.branches):
            found += yield reader, branch, f"{at}/{index}"
        return tuple(found)

    def _any_branch(self, reader: Union, writer: Schema, at: str) -> _Steps:
        """A union reads what is none: one of its branches has to."""
        for branch in reader.branches:
            if not (yield branch, writer, ""):
                return ()
        return (_branch_missing(reader, writer, at, self._because(reader, writer)),)

    def _moved(self, known: _Known, at: str) -> _Found:
        """What is known of a pair, for another use of it: Java keeps the location, the path is that of this use."""
        if known.base == at:
            return known.found
        self._repeats += len(known.found)
        kept = known.found if self._repeats <= MAX_REPEATS else known.found[:1]
        skip = len(known.base)
        return tuple([replace(one, path=at + one.path[skip:]) for one in kept])

    def _because(self, reader: Union, writer: Schema) -> _Found:
        """Why the branch that fits best cannot read: what was found about it, with paths that start at the branch.

        Shared, not copied; and bounded, for whoever walks over all of it: of too many causes the first is kept, and at
        MAX_DEPTH only the innermost.
        """
        branch = _best(reader, writer)
        if branch is None:
            return ()
        causes = self._moved(self._known[id(branch), id(writer)], "")
        if max([self._causes[id(one.because)][1] for one in causes], default=0) >= MAX_DEPTH:
            while causes[0].because:
                causes = causes[0].because
        if sum([1 + self._causes[id(one.because)][0] for one in causes]) > MAX_CAUSES:
            causes = causes[:1]
        inner = [self._causes[id(one.because)] for one in causes]
        self._causes[id(causes)] = len(inner) + sum([count for count, _ in inner]), 1 + max([deep for _, deep in inner])
        return causes


def _best(reader: Union, writer: Schema) -> Schema | None:
    """The branch that was probably meant: of the same full name, short name or alias, else of the same kind."""
    named = [branch for branch in reader.branches if branch.kind == writer.kind and branch.kind not in PRIMITIVES]
    if isinstance(writer, Record | Enum | Fixed):
        same = [one for one in named if isinstance(one, Record | Enum | Fixed)]
        full = (one for one in same if one.fullname == writer.fullname)
        short = (one for one in same if _same_name(one, writer))
        return next(full, next(short, same[0] if len(same) == 1 else None))
    return named[0] if len(named) == 1 else None


def _same_name(reader: NamedSchema, writer: NamedSchema) -> bool:
    """By the short name or an alias. Java finds no alias without a namespace where the reader itself has one."""
    if reader.name == writer.name:
        return True
    return writer.fullname in reader.aliases and ("." in writer.fullname or not reader.namespace)


def _written(mine: Field, index: int, written: dict[str, Field], writer: Record) -> Field | None:
    """The field of the writer that a field of the reader takes its values from, by its name or an alias."""
    found = [written[name] for name in (mine.name, *mine.aliases) if name in written]
    if len(found) > 1:
        field = f"{mine.name} type:{mine.type.kind.upper()} pos:{index}"
        several = f"Reader record field {field} matches multiple fields in writer record schema "
        raise _SeveralFieldsError(several + java_text(writer))
    return found[0] if found else None


def _names(reader: NamedSchema, writer: NamedSchema, at: str) -> Iterable[Incompatibility]:
    if not _same_name(reader, writer):
        message = f"expected: {writer.fullname}"
        yield _incompatibility(IncompatibilityType.NAME_MISMATCH, f"{at}/name", message, reader, writer)


def _symbols(reader: Enum, writer: Enum, at: str) -> Iterable[Incompatibility]:
    missing = sorted(set(writer.symbols) - set(reader.symbols))
    if missing and reader.default not in reader.symbols:
        message = f"[{', '.join(missing)}]"
        yield _incompatibility(IncompatibilityType.MISSING_ENUM_SYMBOLS, f"{at}/symbols", message, reader, writer)


def _size(reader: Fixed, writer: Fixed, at: str) -> Iterable[Incompatibility]:
    if reader.size != writer.size:
        message = f"expected: {writer.size}, found: {reader.size}"
        yield _incompatibility(IncompatibilityType.FIXED_SIZE_MISMATCH, f"{at}/size", message, reader, writer)


def _plainly(reader: Schema, writer: Schema) -> bool:
    """Whether a glance tells that it reads: no named types, no causes, nothing to remember."""
    if (reader.kind, writer.kind) in _READS:
        return True
    if isinstance(reader, Union) or isinstance(writer, Union):
        return _kinds_read(_kinds(reader), _kinds(writer))
    if isinstance(reader, Array) and isinstance(writer, Array):
        return _plainly(reader.items, writer.items)
    return isinstance(reader, Map) and isinstance(writer, Map) and _plainly(reader.values, writer.values)


def _kinds(schema: Schema) -> tuple[str, ...]:
    return tuple([branch.kind for branch in schema.branches]) if isinstance(schema, Union) else (schema.kind,)


@lru_cache(maxsize=4096)
def _kinds_read(readers: tuple[str, ...], writers: tuple[str, ...]) -> bool:
    return all(any((reader, writer) in _READS for reader in readers) for writer in writers)


def _leaves(reader: Schema, writer: Schema, at: str) -> _Found:
    """What is said of a pair that has nothing inside."""
    match reader, writer:
        case Enum(), Enum():
            return (*_names(reader, writer, at), *_symbols(reader, writer, at))
        case Fixed(), Fixed():
            return (*_names(reader, writer, at), *_size(reader, writer, at))
    if (reader.kind, writer.kind) in _READS:
        return ()
    message = f"reader type: {reader.kind.upper()} not compatible with writer type: {writer.kind.upper()}"
    return (_incompatibility(IncompatibilityType.TYPE_MISMATCH, at, message, reader, writer),)


def _field_missing(mine: Field, writer: Record, at: str) -> Incompatibility:
    kind = IncompatibilityType.READER_FIELD_MISSING_DEFAULT_VALUE
    return Incompatibility(kind, at, mine.name, mine.place, writer.place, at)


def _branch_missing(reader: Union, writer: Schema, at: str, because: _Found) -> Incompatibility:
    message = f"reader union lacking writer type: {writer.kind.upper()}"
    found = _incompatibility(IncompatibilityType.MISSING_UNION_BRANCH, at, message, reader, writer)
    return replace(found, because=because)


def _incompatibility(
    kind: IncompatibilityType, at: str, message: str, reader: Schema, writer: Schema
) -> Incompatibility:
    return Incompatibility(kind, at or "/", message, reader.place, writer.place, at)
