"""A client of any registry that speaks Confluent's API. It cannot delete: nothing is ever lost by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

from compat_checks.canonical import canonical
from compat_checks.classes import frozen
from compat_checks.errors import InvalidSchema, RegistryRefused, RegistryUnreachable
from compat_checks.parse import Names, parse_schema
from compat_checks.registry.access import Access
from compat_checks.registry.transport import Pace, Transport, foreign
from compat_checks.registry.values import LATEST, MAX_NUMBER, Content, Reference, canonical_json
from compat_checks.schema import Schema
from compat_checks.source import Json, Source

T = TypeVar("T")

MAX_REFERENCES: Final = 400  # schemas that one schema needs, all levels together
MAX_MESSAGES: Final = 50  # of one verdict
_NOTHING_SET: Final = (40401, 40408, 40409)


@frozen
class Registered:
    """A version as a registry has it.

    Attributes:
        content: its text as the registry gives it, which need not be canonical.
        kind: "AVRO", "JSON" or "PROTOBUF".
    """

    subject: str
    version: int
    id: int
    content: Content
    kind: str = "AVRO"


class RegistryClient:
    """Calls with clear errors; a context manager that closes its connection."""

    def __init__(self, access: Access | str, timeout: float = 10.0, *, pace: Pace | None = None) -> None:
        """Take what opens the registry, or its URL and how many seconds an answer may take.

        Raises:
            UsageError: the address or a certificate is not usable.
        """
        opened = Access(access, timeout) if isinstance(access, str) else access
        self._transport = Transport(opened, pace or Pace())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"RegistryClient({self.shown!r})"

    @property
    def shown(self) -> str:
        """The registry's address, without secrets."""
        return self._transport.shown

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def subjects(self) -> list[str]:
        """The names of all subjects, sorted."""
        return sorted(self._list(self._transport.call("GET", "/subjects"), str))

    def numbers(self, subject: str, *, deleted: bool = False) -> list[int]:
        """The numbers of a subject's versions, ascending; none for a subject that is not there.

        Args:
            subject: its name.
            deleted: whether the softly deleted ones are among them.
        """
        query = "?deleted=true" if deleted else ""
        try:
            found = self._transport.call("GET", f"/subjects/{_q(subject)}/versions{query}")
        except RegistryRefused as error:
            if error.status == 404:
                return []
            raise
        return sorted(self._list(found, int))

    def version(self, subject: str, number: int = LATEST) -> Registered:
        """One version; the newest where no number is given."""
        wanted = "latest" if number == LATEST else number
        return self._registered(self._transport.call("GET", f"/subjects/{_q(subject)}/versions/{wanted}"))

    def versions(self, subject: str) -> tuple[Registered, ...]:
        """Every live version of a subject, oldest first."""
        return tuple(self.version(subject, number) for number in self.numbers(subject))

    def by_id(self, number: int) -> Content:
        """The schema of an id."""
        answer = self._object(self._transport.call("GET", f"/schemas/ids/{number}"))
        return self._read("schema", lambda: _content(answer))

    def self_contained(self, subject: str) -> list[tuple[int, str]]:
        """Number and text of every version, oldest first, each with the types that it refers to inside of it.

        Raises:
            InvalidSchema: one that is not Avro, or breaks a rule of it.
        """
        return [(one.version, canonical(self.tree(one))) for one in self.versions(subject)]

    def tree(self, registered: Registered) -> Schema:
        """The tree of a version; what it refers to is fetched.

        Raises:
            InvalidSchema: it is not Avro, or breaks a rule of it.
        """
        label = f"{registered.subject} v{registered.version}"
        if registered.kind != "AVRO":
            raise InvalidSchema(f"is of the type {registered.kind}; only AVRO is checked", path=label)
        names = Names()
        for one in self._needed(registered.content.references, {}):
            parse_schema(Source(one.content.schema, f"{one.subject} v{one.version}"), names=names)
        return parse_schema(Source(registered.content.schema, label), names=names)

    def look_up(self, subject: str, content: Content | str, *, normalise: bool = False) -> Registered | None:
        """The version that has this schema, or None."""
        query = "?normalize=true" if normalise else ""
        try:
            answer = self._transport.call("POST", f"/subjects/{_q(subject)}{query}", _body(content))
        except RegistryRefused as error:
            if error.status == 404:
                return None
            raise
        return self._registered(answer)

    def register(self, subject: str, content: Content | str, *, force: bool = False) -> int:
        """Register a schema, or find it: its id.

        Args:
            subject: its name.
            content: the schema, or its text.
            force: whatever the level says; newer registries of Confluent know it, others do not look at it.

        Raises:
            RegistryRefused: with status 409 what the level does not let through.
        """
        query = "?force=true" if force else ""
        answer = self._transport.call("POST", f"/subjects/{_q(subject)}/versions{query}", _body(content))
        value = self._object(answer)
        return self._read("id of a schema", lambda: _number(value["id"]))

    def complaints(self, subject: str, content: Content | str) -> list[str]:
        """What the registry has against a schema as the next version, all versions taken as the level asks.

        Raises:
            RegistryRefused: it cannot tell; with code 42201 it cannot read the schema, or what that refers to.
        """
        path = f"/compatibility/subjects/{_q(subject)}/versions?verbose=true"
        try:
            answer = self._object(self._transport.call("POST", path, _body(content)))
        except RegistryRefused as error:
            if error.status == 404:  # a subject that is not there yet has nothing against anything
                return []
            raise
        if answer.get("is_compatible"):
            return []
        messages = answer.get("messages") or [answer.get("reason") or "it gives no reason"]
        return [foreign(str(one)) for one in (messages if isinstance(messages, list) else [messages])][:MAX_MESSAGES]

    def level(self, subject: str = "") -> str | None:
        """The level that is set for a subject itself, None where none is; without a subject the global one."""
        answer = self._setting("config", subject)
        if answer is None:
            return None
        return self._read(
            "level", lambda: foreign(str(answer.get("compatibilityLevel") or answer["compatibility"]), 60)
        )

    def set_level(self, subject: str, level: str) -> None:
        """Set the compatibility level of a subject."""
        self._transport.call("PUT", f"/config/{_q(subject)}", {"compatibility": level})

    def mode(self, subject: str) -> str:
        """The mode that holds for a subject; READWRITE where the registry has no modes."""
        answer = self._setting("mode", subject) or self._setting("mode", "")
        if answer is None:
            return "READWRITE"
        return self._read("mode", lambda: foreign(str(answer["mode"]), 60))

    def _setting(self, kind: str, subject: str) -> Mapping[str, Any] | None:
        path = f"/{kind}/{_q(subject)}" if subject else f"/{kind}"
        try:
            return self._object(self._transport.call("GET", path))
        except RegistryRefused as error:
            if error.code in _NOTHING_SET or (error.status == 404 and kind == "mode"):
                return None
            raise

    def _needed(self, references: Sequence[Reference], seen: dict[tuple[str, int], Registered]) -> Sequence[Registered]:
        """What references lead to, each once and behind what it needs itself."""
        found: list[Registered] = []
        for one in references:
            if (one.subject, one.version) not in seen:
                if len(seen) >= MAX_REFERENCES:
                    raise RegistryUnreachable(f"{self.shown}: a schema needs more than {MAX_REFERENCES} others")
                version = seen[one.subject, one.version] = self.version(one.subject, one.version)
                found += [*self._needed(version.content.references, seen), version]
        return found

    def _registered(self, answer: Json) -> Registered:
        value = self._object(answer)

        def read() -> Registered:
            kind = foreign(str(value.get("schemaType") or "AVRO"), 60)
            subject = str(value["subject"])
            return Registered(subject, _number(value["version"]), _number(value["id"]), _content(value), kind)

        return self._read("version of a subject", read)

    def _read(self, what: str, read: Callable[[], T]) -> T:
        """The result of `read`; its errors for a value of another shape become RegistryUnreachable."""
        try:
            return read()
        except (KeyError, TypeError, ValueError, AttributeError):
            raise RegistryUnreachable(f"{self.shown}: an answer is no {what}") from None

    def _object(self, answer: Json) -> Mapping[str, Any]:
        if isinstance(answer, dict):
            return answer
        raise RegistryUnreachable(f"{self.shown}: an answer is no object; is the path of the address right?")

    def _list(self, answer: Json, kind: type) -> list[Any]:
        if isinstance(answer, list) and all(type(one) is kind for one in answer):
            return answer
        raise RegistryUnreachable(f"{self.shown}: an answer is no list; is the path of the address right?")


def _number(value: Json) -> int:
    """An id, or a version; raises ValueError for anything else."""
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:
        raise ValueError("not a number of 31 bits")
    return value


def _content(value: Mapping[str, Any]) -> Content:
    references = tuple(
        Reference(str(one["subject"]), _number(one["version"]), str(one["name"]))
        for one in value.get("references") or ()
    )
    metadata, rules = canonical_json(value.get("metadata")), canonical_json(value.get("ruleSet"))
    return Content(str(value["schema"]), references, metadata, rules)


def _body(content: Content | str) -> Json:
    if isinstance(content, str):
        return {"schema": content}
    body: dict[str, Json] = {"schema": content.schema}
    if content.references:
        body["references"] = [one.to_json() for one in content.references]
    if content.metadata:
        body["metadata"] = json.loads(content.metadata)
    if content.rule_set:
        body["ruleSet"] = json.loads(content.rule_set)
    return body


def _q(subject: str) -> str:
    return quote(subject, safe="")
