"""`contracts.toml`: which schema is the contract of which topic, who owns it and how it may change."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from compat_checks.errors import InvalidContracts

LEVELS: Final = (
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
)
_SEMVER: Final = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Environment:
    """What differs between environments: copies of each partition, and broker settings."""

    replication_factor: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be.

    Attributes:
        retention_ms: how long records are kept, in milliseconds.
        configs: further topic settings, the same in each environment.
        environments: by name, for example "dev" and "prod".
    """

    name: str
    doc: str
    partitions: int
    retention_ms: int
    cleanup_policy: str
    configs: Mapping[str, str]
    environments: Mapping[str, Environment]


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject: the schema of the values of one topic.

    Attributes:
        key: type of the keys; "string" is UTF-8 without a schema.
        key_field: the field whose text is the key; None where the sender gives the key.
        record: full name of the record.
        file: the `.avsc` file, relative to the folder of contracts.toml.
        compatibility: one of LEVELS.
        version: semantic version of the contract.
        envelope_of: a record each field of which this one has too; None where there is none.
    """

    name: str
    topic: str
    key: str
    record: str
    file: str
    compatibility: str
    owner: str
    version: str
    key_field: str | None = None
    envelope_of: str | None = None


@dataclass(frozen=True, slots=True)
class Contracts:
    """All of contracts.toml, in its own order."""

    topics: tuple[Topic, ...]
    subjects: tuple[Subject, ...]


def load_contracts(folder: Path) -> Contracts:
    """Read `contracts.toml` of a folder.

    Raises:
        InvalidContracts: not there, not TOML, or a key that is missing, unknown or of the wrong type.
    """
    path = folder / "contracts.toml"
    try:
        return parse_contracts(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidContracts(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, InvalidContracts) as error:
        raise InvalidContracts(f"{path}: {error}") from None


def parse_contracts(text: str) -> Contracts:
    """Read the text of a contracts.toml; errors as `load_contracts`."""
    root = _Table("", tomllib.loads(text))
    if root.take("version", int) != 1:
        raise InvalidContracts("version: this tool reads version 1")
    defaults = root.take("topic_defaults", dict, {})
    topics = tuple(_topic(name, table, defaults) for name, table in root.tables("topics"))
    subjects = tuple(_subject(name, table) for name, table in root.tables("subjects"))
    root.close()
    known = {topic.name for topic in topics}
    for subject in subjects:
        if subject.topic not in known:
            raise InvalidContracts(f'subjects.{subject.name}.topic: "{subject.topic}" is not declared')
    return Contracts(topics, subjects)


class _Table:
    """A TOML table that knows its place, hands out typed values, and refuses what nobody asked for."""

    def __init__(self, place: str, values: Any) -> None:
        if not isinstance(values, dict):
            raise InvalidContracts(f"{place}: a table is expected")
        self._place = place
        self._rest = dict(values)

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        value = self._rest.pop(key, default)
        if value is None or isinstance(value, bool) or not isinstance(value, kind):
            found = "missing" if value is None else f"{value!r}"
            raise InvalidContracts(f"{self._name(key)}: {kind.__name__} is expected, it is {found}")
        return value

    def maybe(self, key: str, kind: type) -> Any:
        return self.take(key, kind) if key in self._rest else None

    def tables(self, key: str) -> list[tuple[str, _Table]]:
        return [(name, _Table(f"{key}.{name}", value)) for name, value in self.take(key, dict, {}).items()]

    def close(self) -> None:
        if self._rest:
            raise InvalidContracts(f"{self._name(next(iter(self._rest)))}: there is no such key")

    def error(self, key: str, rule: str) -> InvalidContracts:
        return InvalidContracts(f"{self._name(key)}: {rule}")

    def _name(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key


def _topic(name: str, table: _Table, defaults: dict[str, Any]) -> Topic:
    merged = _Table(f"topics.{name}", {**defaults, **table._rest})  # noqa: SLF001  same class, same file
    topic = Topic(
        name=name,
        doc=merged.take("doc", str),
        partitions=merged.take("partitions", int),
        retention_ms=merged.take("retention_ms", int),
        cleanup_policy=merged.take("cleanup_policy", str, "delete"),
        configs=_configs(merged),
        environments={key: _environment(one) for key, one in merged.tables("environments")},
    )
    merged.close()
    if topic.partitions < 1:
        raise table.error("partitions", "at least 1 is expected")
    return topic


def _environment(table: _Table) -> Environment:
    environment = Environment(table.take("replication_factor", int), _configs(table))
    table.close()
    return environment


def _configs(table: _Table) -> dict[str, str]:
    return {key: str(value) for key, value in table.take("configs", dict, {}).items()}


def _subject(name: str, table: _Table) -> Subject:
    subject = Subject(
        name=name,
        topic=table.take("topic", str),
        key=table.take("key", str, "string"),
        record=table.take("record", str),
        file=table.take("file", str),
        compatibility=table.take("compatibility", str),
        owner=table.take("owner", str),
        version=table.take("version", str),
        key_field=table.maybe("key_field", str),
        envelope_of=table.maybe("envelope_of", str),
    )
    table.close()
    if subject.compatibility not in LEVELS:
        raise table.error("compatibility", f'"{subject.compatibility}" is none of {", ".join(LEVELS)}')
    if not _SEMVER.fullmatch(subject.version):
        raise table.error("version", f'"{subject.version}" is not MAJOR.MINOR.PATCH')
    return subject
