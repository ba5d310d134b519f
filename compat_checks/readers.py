"""`schemas/readers`: the schemas that other teams read with, committed by them to be told what would break."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from compat_checks.classes import frozen
from compat_checks.errors import InvalidContracts, InvalidSchema
from compat_checks.parse import parse_schema
from compat_checks.reading import read_schema
from compat_checks.schema import Schema
from compat_checks.source import Source

READERS: Final = "readers"


@frozen
class Reader:
    """One schema that somebody reads a subject with.

    Attributes:
        team: the name of the team or of the consumer: the name of its folder.
        path: relative to the folder of the schemas.
        schema: self-contained.
    """

    team: str
    subject: str
    path: str
    schema: Schema


def load_readers(folder: Path, subjects: Collection[str]) -> tuple[Reader, ...]:
    """Read `readers/<team>/<subject>.avsc` of a folder of schemas, sorted by path; empty where there are none.

    Args:
        folder: the folder of the schemas.
        subjects: the names that contracts.toml declares.

    Raises:
        InvalidSchema: a file in another place, one that cannot be read, or one that is no schema.
        InvalidContracts: a file that is named after no declared subject.
    """
    return tuple(_reader(path, folder, subjects) for path in sorted((folder / READERS).rglob("*.avsc")))


def _reader(path: Path, folder: Path, subjects: Collection[str]) -> Reader:
    shown = path.relative_to(folder).as_posix()
    _, *between, name = path.relative_to(folder).with_suffix("").parts
    if len(between) != 1:
        raise InvalidSchema("the schema of a reader is readers/<team>/<subject>.avsc", path=shown)
    if name not in subjects:
        raise InvalidContracts(f'{shown}: contracts.toml declares no subject "{name}"')
    return Reader(between[0], name, shown, parse_schema(Source(read_schema(path, shown), shown)))
