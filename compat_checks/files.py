"""Schema files that refer to each other by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from compat_checks.errors import InvalidSchema
from compat_checks.inline import compact, inline
from compat_checks.moving import definitions
from compat_checks.parse import Names, parse_schema
from compat_checks.reading import read_schema
from compat_checks.schema import NamedSchema, Schema
from compat_checks.source import Json, Source

_ASIDE: Final = ("history", "readers")  # published versions, and the schemas that other teams read with


class SchemaFiles:
    """The `.avsc` files of a folder, read in whatever order their references need.

    A name is found in any file of the folder; `history/`, `readers/` and hidden folders are not part of it.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take texts by their path, relative to the folder and with `/` between its parts.

        Raises:
            InvalidSchema: a file that is not JSON, a name that two files define, or a file name that is not UTF-8.
        """
        for path in texts:
            if (shown := path.encode("utf-8", "backslashreplace").decode()) != path:
                raise InvalidSchema("the name of the file is not UTF-8; rename it", path=shown)
        kept = {path: text for path, text in sorted(texts.items()) if _is_current(PurePosixPath(path))}
        self._sources = {path: Source(text, path) for path, text in kept.items()}
        self._values = {path: source.load() for path, source in self._sources.items()}
        self._home: dict[str, str] = {}
        for path, value in self._values.items():
            for fullname, _, _ in definitions(value):
                if (other := self._home.setdefault(fullname, path)) != path:
                    raise InvalidSchema(f'"{fullname}" is defined in {other} as well', path=path)
        self._names = Names(resolve=self._resolve)
        self._parsed: dict[str, Schema] = {}
        self._open: list[str] = []

    @classmethod
    def of(cls, folder: Path) -> SchemaFiles:
        """Read the files of a folder.

        Raises:
            InvalidSchema: as above, or the folder or a file cannot be read.
        """
        try:
            paths = sorted(folder.rglob("*.avsc"))
            kept = [path for path in paths if _is_current(path.relative_to(folder))]
            return cls({path.relative_to(folder).as_posix(): read_schema(path) for path in kept})
        except OSError as error:
            raise InvalidSchema(f"cannot be read: {error}", path=str(folder)) from None

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, sorted."""
        return tuple(self._sources)

    def text(self, path: str) -> str:
        """The text of a file.

        Raises:
            InvalidSchema: there is no such file.
        """
        return self._source(path).text

    def schema(self, path: str) -> Schema:
        """The tree of a file.

        Raises:
            InvalidSchema: the file, or one that it refers to, breaks a rule; or they refer to each other.
        """
        if path in self._parsed:
            return self._parsed[path]
        source = self._source(path)
        if path in self._open:
            circle = " -> ".join([*self._open[self._open.index(path) :], path])
            raise InvalidSchema(f"the files refer to each other in a circle: {circle}", path=path)
        self._open.append(path)
        try:
            self._parsed[path] = parse_schema(source, names=self._names)
        finally:
            self._open.pop()
        return self._parsed[path]

    def self_contained(self, path: str) -> str:
        """The compact text of a file, with the definitions that it takes from other files inside of it.

        Raises:
            InvalidSchema: as `schema`.
        """
        self.schema(path)
        return compact(inline(self._values[path], lambda name: self._foreign(name, path)))

    def named(self, fullname: str) -> NamedSchema:
        """The type of a full name.

        Raises:
            InvalidSchema: no file defines it.
        """
        found = self._names.find(fullname, "")
        if found is None:
            raise InvalidSchema(f'no file defines "{fullname}"')
        return found

    def _source(self, path: str) -> Source:
        if path not in self._sources:
            raise InvalidSchema("there is no such file", path=path)
        return self._sources[path]

    def _foreign(self, fullname: str, path: str) -> Mapping[str, Json] | None:
        home = self._home.get(fullname)
        if home is None or home == path:
            return None
        return next(found for name, found, _ in definitions(self._values[home]) if name == fullname)

    def _resolve(self, fullname: str) -> NamedSchema | None:
        home = self._home.get(fullname)
        if home is None or (home in self._open and home == self._open[-1]):
            return None  # not anywhere, or further down in the file that is being read
        self.schema(home)
        return self._names.known.get(fullname)


def _is_current(path: PurePath) -> bool:
    return path.parts[0] not in _ASIDE and not any(part.startswith(".") for part in path.parts)
