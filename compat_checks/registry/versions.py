"""The versions of all subjects, indexed by everything that they are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from compat_checks.classes import field, mutable, replace
from compat_checks.registry.values import DEFAULT_CONTEXT, Content, Version, context_of

Key = tuple[str, int]  # subject and version, or context and id


@mutable
class Versions:
    """Versions by subject, and indexes over them that `add` and `remove` keep.

    Attributes:
        next_ids: by context; an id is never given twice, not even when its schema is gone for good.
    """

    next_ids: dict[str, int] = field(default_factory=dict)
    _subjects: dict[str, dict[int, Version]] = field(default_factory=dict)
    _by_id: dict[Key, dict[Key, Version]] = field(default_factory=lambda: defaultdict(dict))
    _ids: dict[tuple[str, Content], int] = field(default_factory=dict)
    _by_guid: dict[str, dict[Key, Version]] = field(default_factory=lambda: defaultdict(dict))
    _users: dict[Key, dict[Key, Version]] = field(default_factory=lambda: defaultdict(dict))
    _contexts: dict[str, None] = field(default_factory=lambda: {DEFAULT_CONTEXT: None})

    def add(self, version: Version) -> None:
        """Keep a version; one of the same number is replaced."""
        key = version.subject, version.version
        if old := self.get(*key):
            self.remove(old)
        context = context_of(version.subject)
        self._contexts[context] = None
        self.next_ids[context] = max(self.next_ids.get(context, 1), version.id + 1)
        self._subjects.setdefault(version.subject, {})[version.version] = version
        self._by_id[context, version.id][key] = version
        self._ids.setdefault((context, version.content), version.id)
        self._by_guid[version.content.guid][key] = version
        if not version.deleted:
            for use in version.content.references:
                self._users[use.subject, use.version][key] = version

    def remove(self, version: Version) -> None:
        """Forget a version for good."""
        key = version.subject, version.version
        context = context_of(version.subject)
        del self._subjects[version.subject][version.version]
        del self._by_id[context, version.id][key]
        del self._by_guid[version.content.guid][key]
        for use in version.content.references:
            self._users[use.subject, use.version].pop(key, None)
        if not self._subjects[version.subject]:
            del self._subjects[version.subject]
        if not any(one.content == version.content for one in self._by_id[context, version.id].values()):
            self._ids.pop((context, version.content), None)

    def mark_deleted(self, version: Version) -> None:
        """Delete a version softly."""
        self.add(replace(version, deleted=True))

    def get(self, subject: str, number: int) -> Version | None:
        """A version by its number, deleted or not."""
        return self._subjects.get(subject, {}).get(number)

    def of(self, subject: str, *, deleted: bool = False) -> list[Version]:
        """The versions of a subject, oldest first; with the softly deleted ones if asked."""
        found = self._subjects.get(subject, {})
        return [found[number] for number in sorted(found) if deleted or not found[number].deleted]

    def subjects(self) -> Iterable[str]:
        """All subjects, also those that are softly deleted."""
        return self._subjects.keys()

    def contexts(self) -> list[str]:
        """All contexts, the default one first."""
        return sorted(self._contexts)

    def drop_context(self, context: str) -> None:
        """Forget a context."""
        self._contexts.pop(context, None)

    def by_id(self, context: str, number: int) -> list[Version]:
        """Every use of an id in a context, deleted ones included."""
        return list(self._by_id.get((context, number), {}).values())

    def by_guid(self, guid: str) -> list[Version]:
        """Every use of a GUID, in all contexts."""
        return list(self._by_guid.get(guid, {}).values())

    def id_of(self, context: str, content: Content) -> int | None:
        """The id of a content in a context; None where it has none yet."""
        return self._ids.get((context, content))

    def next_id(self, context: str) -> int:
        """An id that was never given in a context."""
        return self.next_ids.get(context, 1)

    def users(self, version: Version) -> list[Version]:
        """The live versions that refer to one."""
        return list(self._users.get((version.subject, version.version), {}).values())

    def all(self) -> Iterator[Version]:
        """All versions, by subject."""
        for subject in self._subjects:
            yield from self.of(subject, deleted=True)
