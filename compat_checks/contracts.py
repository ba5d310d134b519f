"""`contracts.toml`: which schema is the contract of which topic, who owns it and how it may change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from compat_checks.classes import field, frozen
from compat_checks.errors import InvalidContracts
from compat_checks.findings import Severity
from compat_checks.levels import LEVELS
from compat_checks.reading import parse_toml, read_toml
from compat_checks.semver import SEMVER

# Categories of lint, each holding the ones before it.
CATEGORIES: Final = ("minimal", "standard", "strict")

# Names of fields that hold personal data wherever they occur; contracts.toml adds a team's own.
PII_NAMES: Final = (
    *("*email", "*emailAddress", "*phone", "*phoneNumber", "*password", "*ipAddress", "street*", "postalAddress"),
    *("homeAddress", "firstName", "lastName", "fullName", "surname", "maidenName", "birthDate", "dateOfBirth"),
    *("birthday", "iban", "ssn", "socialSecurityNumber", "passportNumber", "creditCardNumber", "cardNumber"),
)


@frozen
class Environment:
    """What differs between environments: copies of each partition, and broker settings."""

    replication_factor: int
    configs: Mapping[str, str]


@frozen
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


@frozen
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


@frozen
class Ignore:
    """Findings of lint that somebody decided to live with.

    Attributes:
        rule: id of the rule.
        reason: why; never empty.
        path: glob for files, relative to the folder of contracts.toml.
        element: glob for elements, such as "EmailRequest.*".
    """

    rule: str
    reason: str
    path: str = "*"
    element: str = "*"


@frozen
class LintOptions:
    """The table `[lint]`.

    Attributes:
        category: one of CATEGORIES.
        also: rules of a stricter category that apply too.
        pii_names: globs for the names of fields that hold personal data; letter case does not count.
        max_fields: fields that one record may have, at least 1.
        max_depth: records inside of records that one file may have, at least 1.
        severities: by rule, where it is not the rule's own.
    """

    category: str = "standard"
    also: tuple[str, ...] = ()
    pii_names: tuple[str, ...] = PII_NAMES
    max_fields: int = 100
    max_depth: int = 5
    severities: Mapping[str, Severity] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()


@frozen
class Contracts:
    """All of contracts.toml, in its own order.

    Attributes:
        text: what it was read from, for places in it.
    """

    topics: tuple[Topic, ...]
    subjects: tuple[Subject, ...]
    lint: LintOptions = LintOptions()
    text: str = field(default="", shown=False, compared=False)


def load_contracts(folder: Path) -> Contracts:
    """Read `contracts.toml` of a folder.

    Raises:
        InvalidContracts: not there, not TOML, or a key that is missing, unknown or of the wrong type.
    """
    path = folder / "contracts.toml"
    try:
        text = read_toml(path)
    except FileNotFoundError as error:
        raise InvalidContracts(f"{path}: {error.strerror}") from None
    try:
        return parse_contracts(text)
    except InvalidContracts as error:
        raise InvalidContracts(f"{path}: {error}") from None


def parse_contracts(text: str) -> Contracts:
    """Read the text of a contracts.toml; errors as `load_contracts`."""
    root = _Table("", parse_toml(text))
    if root.take("version", int) != 1:
        raise InvalidContracts("version: this tool reads version 1")
    defaults = root.take("topic_defaults", dict, {})
    topics = tuple(_topic(name, table, defaults) for name, table in root.tables("topics"))
    subjects = tuple(_subject(name, table) for name, table in root.tables("subjects"))
    lint = _lint(_Table("lint", root.take("lint", dict, {})))
    root.close()
    known = {topic.name for topic in topics}
    for subject in subjects:
        if subject.topic not in known:
            raise InvalidContracts(f'subjects.{subject.name}.topic: "{subject.topic}" is not declared')
    return Contracts(topics, subjects, lint, text)


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

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.take(key, list, [])
        if not all(isinstance(one, str) and one for one in found):
            raise self.error(key, f"a list of texts is expected, it is {found!r}")
        return tuple(found)

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
    if not SEMVER.fullmatch(subject.version):
        raise table.error("version", f'"{subject.version}" is not MAJOR.MINOR.PATCH')
    return subject


def _lint(table: _Table) -> LintOptions:
    plain = LintOptions()
    options = LintOptions(
        category=table.take("category", str, plain.category),
        also=table.texts("also"),
        pii_names=(*plain.pii_names, *table.texts("pii_names")),
        max_fields=table.take("max_fields", int, plain.max_fields),
        max_depth=table.take("max_depth", int, plain.max_depth),
        severities={rule: _severity(table, rule, one) for rule, one in table.take("severity", dict, {}).items()},
        ignores=tuple(_ignore(index, one) for index, one in enumerate(table.take("ignore", list, []))),
    )
    table.close()
    if options.category not in CATEGORIES:
        raise table.error("category", f'"{options.category}" is none of {", ".join(CATEGORIES)}')
    for key in ("max_fields", "max_depth"):
        if getattr(options, key) < 1:
            raise table.error(key, "at least 1 is expected")
    return options


def _severity(table: _Table, rule: str, value: Any) -> Severity:
    if value not in tuple(Severity):
        raise table.error(f"severity.{rule}", f"{value!r} is none of {', '.join(Severity)}")
    return Severity(value)


def _ignore(index: int, values: Any) -> Ignore:
    table = _Table(f"lint.ignore.{index}", values)
    plain = Ignore("", "")
    ignore = Ignore(
        rule=table.take("rule", str),
        reason=table.take("reason", str),
        path=table.take("path", str, plain.path),
        element=table.take("element", str, plain.element),
    )
    table.close()
    if not ignore.reason.strip():
        raise table.error("reason", "say why it is ignored")
    return ignore
