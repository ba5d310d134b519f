"""What a registry remembers, and how it is asked; no sockets, no clock, no files.

Unlike Confluent's, this registry validates every schema alike: also one that is imported with an id of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from compat_checks.canonical import canonical, normalised
from compat_checks.classes import field, frozen, mutable, replace
from compat_checks.errors import InvalidSchema
from compat_checks.parse import Names, parse_schema
from compat_checks.registry.compatibility import Old, complaints
from compat_checks.registry.refused import Refused, refused
from compat_checks.registry.settings import IMPORTING, Settings
from compat_checks.registry.values import (
    DEFAULT_CONTEXT,
    LATEST,
    Content,
    Reference,
    Version,
    context_of,
    metadata_text,
    qualified,
    rule_set_text,
)
from compat_checks.registry.versions import Versions
from compat_checks.schema import NamedSchema, Schema
from compat_checks.source import Source

MAX_SCHEMA: Final = 1024 * 1024  # bytes; what Kafka takes by default, and so what Confluent's registry takes


@frozen
class Draft:
    """A schema that a client sent: what it would be kept as, and its tree."""

    content: Content
    schema: Schema


@mutable
class Store:
    """Subjects, versions, ids, levels and modes.

    Attributes:
        changes: how often something was written.
    """

    versions: Versions = field(default_factory=Versions)
    settings: Settings = field(default_factory=Settings)
    changes: int = 0
    _trees: dict[Content, Schema] = field(default_factory=dict)

    def live(self, subject: str, *, deleted: bool = False) -> list[Version]:
        """The versions of a subject, oldest first.

        Raises:
            Refused: 40401, there is none.
        """
        if found := self.versions.of(subject, deleted=deleted):
            return found
        raise refused(40401, subject)

    def version(self, subject: str, number: int, *, deleted: bool = False) -> Version:
        """One version, by its number or LATEST.

        Raises:
            Refused: 40401 and 40402 for what is not there.
        """
        versions = self.live(subject, deleted=deleted)
        if number == LATEST:
            return versions[-1]
        found = self.versions.get(subject, number)
        if found is None or (found.deleted and not deleted):
            raise refused(40402, number)
        return found

    def by_id(self, number: int, subject: str = "") -> list[Version]:
        """All uses of an id in the context of a subject, deleted ones included.

        A name without a context is looked for in every context where the default one does not know it with that id.

        Raises:
            Refused: 40403, there is none.
        """
        context = context_of(subject)
        found = self.versions.by_id(context, number)
        if subject and context == DEFAULT_CONTEXT and not any(one.subject == subject for one in found):
            elsewhere = (self.versions.by_id(other, number) for other in self.versions.contexts())
            owner = (uses for uses in elsewhere if any(one.subject.endswith(f":{subject}") for one in uses))
            found = next(owner, found)
        if not found:
            raise refused(40403, number)
        return found

    def by_guid(self, guid: str) -> Content:
        """The schema of a GUID.

        Raises:
            Refused: 40403.
        """
        found = self.versions.by_guid(guid.lower())
        if not found:
            raise refused(40403, guid)
        return found[0].content

    def read(self, subject: str, body: Mapping[str, Any], *, normalise: bool = False) -> Draft:
        """What a client sent for a subject, as it would be kept.

        Args:
            subject: qualified; its configuration may ask for normalisation, too, unless it imports.
            body: of the request.
            normalise: whether the request asks for it.

        Raises:
            Refused: 42201 not a schema, 42209 too large, 42210 no rules, 40401 and 40402 for references.
        """
        text = body.get("schema")
        if not isinstance(text, str) or not text.strip():
            raise refused(42201, "the request has no schema")
        if body.get("schemaType") not in (None, "", "AVRO"):
            raise refused(
                42201, f"the schema type {str(body['schemaType'])[:60]} is not AVRO, the only one that is taken here"
            )
        if len(text.encode("utf-8", "replace")) > MAX_SCHEMA:
            raise refused(42209, MAX_SCHEMA)
        references = self._references(subject, body.get("references") or ())
        metadata, rules = metadata_text(body.get("metadata")), rule_set_text(body.get("ruleSet"))
        if self.settings.mode(subject) not in IMPORTING:
            normalise = normalise or bool(self.settings.config(subject).get("normalize"))
        if normalise:
            references = tuple(sorted(set(references), key=lambda one: (one.subject, one.version, one.name)))
        names = self._names(references)
        referenced = frozenset(names)
        schema = _parse(text, names)
        printed = (normalised if normalise else canonical)(schema, referenced)
        return Draft(Content(printed, references, metadata, rules), schema)

    def keep(self, version: Version, schema: Schema) -> None:
        """Keep a new version, and its tree."""
        self.versions.add(version)
        self._trees[version.content] = schema
        self.changes += 1

    def tree(self, content: Content) -> Schema:
        """The tree of a schema that is kept."""
        if content not in self._trees:
            self._trees[content] = _parse(content.schema, self._names(content.references))
        return self._trees[content]

    def match(self, versions: Iterable[Version], draft: Draft) -> Version | None:
        """The newest of some versions that has a draft's content; one with references also matches its inlined text."""
        newest_first = sorted(versions, key=lambda one: one.version, reverse=True)
        same = (one for one in newest_first if one.content == draft.content)
        return next(same, None) or next((one for one in newest_first if self._inlines(draft, one.content)), None)

    def complaints(self, subject: str, draft: Draft, olds: Sequence[Version]) -> list[str]:
        """Why the level of a subject does not let a draft follow some versions, oldest first."""
        level = str(self.settings.config(subject)["compatibility"])
        return complaints(
            level, draft.schema, [Old(one.version, one.content.schema, self.tree(one.content)) for one in olds]
        )

    def _inlines(self, draft: Draft, kept: Content) -> bool:
        if draft.content.references or not kept.references:
            return False
        inlined = replace(kept, schema=canonical(self.tree(kept)), references=())
        return inlined == replace(draft.content, schema=canonical(draft.schema))

    def _references(self, subject: str, values: object) -> tuple[Reference, ...]:
        if not isinstance(values, list | tuple):
            raise refused(42201, "references are a list")
        return tuple(self._reference(value, context_of(subject)) for value in values)

    def _reference(self, value: object, context: str) -> Reference:
        match value:
            case {"name": str(name), "subject": str(subject), "version": int(version)} if version is not True:
                try:
                    found = self.version(qualified(subject, context), version)
                except Refused as error:
                    raise refused(42201, f"the reference {name} leads nowhere: {error}") from None
                return Reference(found.subject, found.version, name)
        raise refused(42201, "a reference has a name, a subject and a version")

    def _names(self, references: Iterable[Reference]) -> dict[str, NamedSchema]:
        """The types that references define, those that they refer to themselves included."""
        names = Names()
        for version in self._in_order(references, {}):
            _parse(version.content.schema, names.known)
        return names.known

    def _in_order(self, references: Iterable[Reference], seen: dict[tuple[str, int], None]) -> Iterator[Version]:
        """What references lead to, each once and behind what it needs."""
        for one in references:
            if (one.subject, one.version) not in seen:
                seen[one.subject, one.version] = None
                version = self.version(one.subject, one.version, deleted=True)
                yield from self._in_order(version.content.references, seen)
                yield version


def _parse(text: str, known: dict[str, NamedSchema]) -> Schema:
    """The tree of a text; its types are added to the known ones.

    Raises:
        Refused: 42201.
    """
    try:
        return parse_schema(Source(text), names=Names(known))
    except InvalidSchema as error:
        raise refused(42201, error) from None
