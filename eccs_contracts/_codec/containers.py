"""Plans of arrays, maps and unions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eccs_contracts._codec import varint
from eccs_contracts._codec.at import At, Report
from eccs_contracts._codec.cursor import Cursor
from eccs_contracts._codec.plan import AvroType, Form, Json
from eccs_contracts._codec.scalars import STRING
from eccs_contracts.values import Branch


class Array(AvroType):
    """An array."""

    __slots__ = ("inner",)
    label = "a list"
    least = 1

    def __init__(self, items: AvroType) -> None:
        self.inner = items

    def owns(self, value: object) -> bool:
        return type(value) is list

    def read(self, cursor: Cursor, at: At) -> list[Any]:
        found: list[Any] = []
        while count := cursor.count(at, self.inner.least):
            for _ in range(count):
                found.append(self.inner.read(cursor, at.item(len(found))))
        return found

    def write(self, value: Any, at: At) -> bytes:
        if not isinstance(value, list | tuple):
            at.refuse(self.label, value)
        if not value:
            return b"\0"
        parts = [self.inner.write(item, at.item(index)) for index, item in enumerate(value)]
        return b"".join((varint.long_bytes(len(parts)), *parts, b"\0"))

    def check(self, value: Any, at: At, report: Report) -> bool:
        if not isinstance(value, list | tuple):
            report.add(at, f"{self.label} is expected", value)
            return False
        fits = [self.inner.check(item, at.item(index), report) for index, item in enumerate(value)]
        return all(fits)  # of a list, not of a generator: every item is checked

    def to_json(self, value: Any, at: At, form: Form) -> Json:
        if not isinstance(value, list | tuple):
            at.refuse(self.label, value)
        return [self.inner.to_json(item, at.item(index), form) for index, item in enumerate(value)]

    def from_json(self, value: Json, at: At, report: Report, form: Form) -> Any:
        if not isinstance(value, list):
            report.add(at, f"{self.label} is expected", value)
            return None
        return [self.inner.from_json(item, at.item(index), report, form) for index, item in enumerate(value)]


class Map(AvroType):
    """A map; its keys are text."""

    __slots__ = ("inner",)
    label = "a dict"
    least = 1

    def __init__(self, values: AvroType) -> None:
        self.inner = values

    def owns(self, value: object) -> bool:
        return type(value) is dict

    def read(self, cursor: Cursor, at: At) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while count := cursor.count(at, STRING.least + self.inner.least):
            for _ in range(count):
                key = STRING.read(cursor, at.item("key"))
                found[key] = self.inner.read(cursor, at.item(key))
        return found

    def write(self, value: Any, at: At) -> bytes:
        if not isinstance(value, Mapping):
            at.refuse(self.label, value)
        if not value:
            return b"\0"
        parts = [varint.long_bytes(len(value))]
        for key, item in value.items():
            parts += (STRING.write(key, at.item("key")), self.inner.write(item, at.item(key)))
        return b"".join((*parts, b"\0"))

    def check(self, value: Any, at: At, report: Report) -> bool:
        if not isinstance(value, Mapping):
            report.add(at, f"{self.label} is expected", value)
            return False
        keys = [STRING.check(key, at.item("key"), report) for key in value]
        return all([*keys, *(self.inner.check(item, at.item(key), report) for key, item in value.items())])

    def to_json(self, value: Any, at: At, form: Form) -> Json:
        if not isinstance(value, Mapping):
            at.refuse(self.label, value)
        return {
            STRING.to_json(key, at.item("key"), form): self.inner.to_json(item, at.item(key), form)
            for key, item in value.items()
        }

    def from_json(self, value: Json, at: At, report: Report, form: Form) -> Any:
        if not isinstance(value, Mapping):
            report.add(at, "an object is expected", value)
            return None
        return {
            STRING.from_json(key, at.item("key"), report, form): self.inner.from_json(item, at.item(key), report, form)
            for key, item in value.items()
        }


class Tagged(AvroType):
    """A branch of a union that shares its Python class with another branch: its values are in a class of its own."""

    __slots__ = ("_class", "inner", "least")

    def __init__(self, made: Callable[[], type[Branch[Any]]], inner: AvroType) -> None:
        self._class = made
        self.inner = inner
        self.least = inner.least

    @property
    def label(self) -> str:  # type: ignore[override]  # the class is not known before it is asked for
        return f"a {self.made.__name__} of {self.inner.label}"

    @property
    def made(self) -> type[Branch[Any]]:
        """The class."""
        return self._class()

    def owns(self, value: object) -> bool:
        return type(value) is self.made

    def read(self, cursor: Cursor, at: At) -> Branch[Any]:
        return self.made(self.inner.read(cursor, at))

    def write(self, value: Any, at: At) -> bytes:
        return self.inner.write(self._bare(value), at)

    def check(self, value: Any, at: At, report: Report) -> bool:
        return self.inner.check(self._bare(value), at, report)

    def to_json(self, value: Any, at: At, form: Form) -> Json:
        return self.inner.to_json(self._bare(value), at, form)

    def from_json(self, value: Json, at: At, report: Report, form: Form) -> Branch[Any]:
        return self.made(self.inner.from_json(value, at, report, form))

    def _bare(self, value: Any) -> Any:
        """The value inside; one that stands bare is taken, too."""
        return value.value if self.owns(value) else value


class Union(AvroType):
    """A union; the class of a value tells its branch."""

    __slots__ = ("branches", "names")
    least = 1

    def __init__(self, branches: dict[str, AvroType]) -> None:
        """Take the branches by their names: of the type, or the full one of a record, an enum or a fixed."""
        self.names = tuple(branches)
        self.branches = tuple(branches.values())

    @property
    def label(self) -> str:  # type: ignore[override]  # the labels of records are known only when all are
        return " or ".join(branch.label for branch in self.branches) or "no value at all"

    def owns(self, value: object) -> bool:
        return any(branch.owns(value) for branch in self.branches)

    def read(self, cursor: Cursor, at: At) -> Any:
        start = cursor.position
        index = cursor.int64(at)
        if not 0 <= index < len(self.branches):
            at.broken(f"branch {index} of a union that has {len(self.branches)}", start)
        return self.branches[index].read(cursor, at)

    def write(self, value: Any, at: At) -> bytes:
        index = self._index(value)
        if index is None:
            at.refuse(self.label, value)
        return varint.long_bytes(index) + self.branches[index].write(value, at)

    def check(self, value: Any, at: At, report: Report) -> bool:
        index = self._index(value)
        if index is None:
            report.add(at, f"{self.label} is expected", value)
            return False
        return self.branches[index].check(value, at, report)

    def to_json(self, value: Any, at: At, form: Form) -> Json:
        index = self._index(value)
        if index is None:
            at.refuse(self.label, value)
        found = self.branches[index].to_json(value, at, form)
        return found if form == "plain" or value is None else {self.names[index]: found}

    def from_json(self, value: Json, at: At, report: Report, form: Form) -> Any:
        return self._from_plain(value, at, report) if form == "plain" else self._from_avro(value, at, report)

    def _from_plain(self, value: Json, at: At, report: Report) -> Any:
        """The first branch that takes it; where none does, the problems of the only one beside null."""
        failed: list[Report] = []
        for branch in self.branches:
            attempt = Report()
            found = branch.from_json(value, at, attempt, "plain")
            if not attempt.problems:
                return found
            failed.append(attempt)
        if len(failed) == 2 and self.owns(None):
            report.problems += failed[0 if self.branches[1].owns(None) else 1].problems
        else:
            report.add(at, f"{self.label} is expected", value)
        return None

    def _from_avro(self, value: Json, at: At, report: Report) -> Any:
        """The branch that the only key names; null stands bare."""
        name = "null" if value is None else next(iter(value)) if isinstance(value, Mapping) and len(value) == 1 else ""
        if name not in self.names or (name == "null" and value is not None):
            branches = ", ".join("null" if one == "null" else f'{{"{one}": ...}}' for one in self.names)
            report.add(at, f"one of {branches} is expected", value)
            return None
        inner = None if value is None else value[name]
        return self.branches[self.names.index(name)].from_json(inner, at, report, "avro")

    def _index(self, value: object) -> int | None:
        """The branch of the very class, else the first that takes the value as one of its own."""
        for index, branch in enumerate(self.branches):
            if branch.owns(value):
                return index
        for index, branch in enumerate(self.branches):
            if branch.check(value, At(), Report()):
                return index
        return None
