"""What a registry remembers, and its rules; no sockets, no clock, no files.

Enforcing compatibility is not built yet. So that nothing incompatible is accepted by silence, a changed schema is
refused under every level but NONE, unless the caller vouches for it (`force`), as Confluent's registry names it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from compat_checks.contracts import LEVELS
from compat_checks.errors import InvalidSchema
from compat_checks.inline import compact
from compat_checks.parse import Names, parse_schema
from compat_checks.source import Source

DEFAULT_LEVEL: Final = "BACKWARD"
_MAX_SUBJECT: Final = 1000
_MAX_VERSION: Final = 2**31 - 1


class Refused(Exception):
    """Raised where the API answers with an error.

    Attributes:
        code: the API's `error_code`; its first three digits are the HTTP status.
    """

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(str(self.code)[:3])


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that a schema takes from another subject."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a subject."""

    subject: str
    version: int
    id: int
    schema: str
    references: tuple[Reference, ...] = ()
    deleted: bool = False


@dataclass(slots=True)
class Store:
    """Subjects, versions, ids and levels.

    Attributes:
        versions: by subject, in order, deleted ones included.
        levels: by subject; "" is the global one.
    """

    versions: dict[str, list[Version]] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=lambda: {"": DEFAULT_LEVEL})

    def subjects(self, prefix: str = "", *, deleted: bool = False) -> list[str]:
        """Names of subjects that have a version."""
        return sorted(
            name
            for name, versions in self.versions.items()
            if name.startswith(prefix) and any(deleted or not one.deleted for one in versions)
        )

    def live(self, subject: str, *, deleted: bool = False) -> list[Version]:
        """The versions of a subject.

        Raises:
            Refused: 40401, there is none.
        """
        found = [one for one in self.versions.get(subject, ()) if deleted or not one.deleted]
        if not found:
            raise Refused(40401, f"Subject '{subject}' not found.")
        return found

    def version(self, subject: str, wanted: str, *, deleted: bool = False) -> Version:
        """One version, by its number, "latest" or "-1".

        Raises:
            Refused: 42202 for what is no version, 40401 and 40402 for what is not there.
        """
        latest = wanted in ("latest", "-1")
        if not latest and not (wanted.isdecimal() and 1 <= int(wanted) <= _MAX_VERSION):
            allowed = 'Allowed values are between [1, 2^31-1] and the string "latest"'
            raise Refused(42202, f"The specified version '{wanted}' is not a valid version id. {allowed}")
        versions = self.live(subject, deleted=deleted)
        if latest:
            return versions[-1]
        found = next((one for one in versions if one.version == int(wanted)), None)
        if found is None:
            raise Refused(40402, f"Version {wanted} not found.")
        return found

    def by_id(self, schema_id: int) -> list[Version]:
        """All uses of an id, in any subject.

        Raises:
            Refused: 40403, there is none.
        """
        found = [one for versions in self.versions.values() for one in versions if one.id == schema_id]
        if not found:
            raise Refused(40403, "Schema not found")
        return found

    def by_guid(self, guid: str) -> Version:
        """The schema of a GUID.

        Raises:
            Refused: 40403.
        """
        for versions in self.versions.values():
            for one in versions:
                if guid_of(one) == guid.lower():
                    return one
        raise Refused(40403, "Schema not found")

    def look_up(self, subject: str, body: Mapping[str, Any], *, deleted: bool = False) -> Version:
        """The version that has this very schema.

        Raises:
            Refused: 40401 no subject, 40403 not this schema, 42201 not a schema.
        """
        schema, references = self._read(body)
        versions = self.live(subject, deleted=deleted)
        found = next((one for one in versions if (one.schema, one.references) == (schema, references)), None)
        if found is None:
            raise Refused(40403, "Schema not found")
        return found

    def register(self, subject: str, body: Mapping[str, Any], *, force: bool = False) -> Version:
        """The version of this schema, made where the subject does not have it yet.

        Raises:
            Refused: 42201 not a schema, 42208 not a subject, 40901 not accepted under the subject's level.
        """
        if not 0 < len(subject) <= _MAX_SUBJECT or any(ord(letter) < 32 for letter in subject):
            raise Refused(42208, f"The specified subject '{subject[:60]}' is not a valid.")
        schema, references = self._read(body)
        all_versions = self.versions.get(subject, [])
        live = [one for one in all_versions if not one.deleted]
        if found := next((one for one in live if (one.schema, one.references) == (schema, references)), None):
            return found
        level = self.level(subject)
        if live and level != "NONE" and not force:
            raise Refused(40901, _CHANGED.format(subject=subject, level=level))
        number = max((one.version for one in all_versions), default=0) + 1
        made = Version(subject, number, self._id(schema, references), schema, references)
        self.versions.setdefault(subject, []).append(made)
        return made

    def delete_version(self, subject: str, wanted: str, *, permanent: bool) -> int:
        """Delete a version: softly first, then for good.

        Raises:
            Refused: 40406 deleted softly before, 40407 not deleted softly yet, 42206 referenced, as `version`.
        """
        found = self.version(subject, wanted, deleted=True)
        self._not_referenced(found)
        if permanent:
            if not found.deleted:
                raise Refused(40407, f"Subject '{subject}' Version {found.version} was not deleted first.")
            self.versions[subject].remove(found)
        elif found.deleted:
            raise Refused(40406, f"Subject '{subject}' Version {found.version} was soft deleted.")
        else:
            self.versions[subject] = [
                replace(one, deleted=True) if one == found else one for one in self.versions[subject]
            ]
        self._drop_empty(subject)
        return found.version

    def delete_subject(self, subject: str, *, permanent: bool) -> list[int]:
        """Delete all versions: softly first, then for good.

        Raises:
            Refused: 40401 not there, 40404 deleted softly before, 40405 not deleted softly yet, 42206 referenced.
        """
        versions = self.live(subject, deleted=True)
        live = [one for one in versions if not one.deleted]
        if permanent and live:
            raise Refused(40405, f"Subject '{subject}' was not deleted first before being permanently deleted")
        if not permanent and not live:
            raise Refused(40404, f"Subject '{subject}' was soft deleted.")
        doomed = versions if permanent else live
        for one in doomed:
            self._not_referenced(one)
        self.versions[subject] = [] if permanent else [replace(one, deleted=True) for one in versions]
        self._drop_empty(subject)
        return [one.version for one in doomed]

    def level(self, subject: str) -> str:
        """The level that holds for a subject: its own, else the global one."""
        return self.levels.get(subject, self.levels[""])

    def set_level(self, subject: str, level: object) -> str:
        """Set a subject's level; "" for the global one.

        Raises:
            Refused: 42203 for what is no level.
        """
        if not isinstance(level, str) or level.upper() not in LEVELS:
            allowed = ", ".join(one.lower() for one in LEVELS)
            raise Refused(42203, f"Invalid compatibility level. Valid values are {allowed}")
        self.levels[subject] = level.upper()
        return level.upper()

    def unset_level(self, subject: str) -> str:
        """Give up a subject's own level.

        Raises:
            Refused: 40401, it has none.
        """
        if subject not in self.levels:
            raise Refused(40401, f"Subject '{subject}' not found.")
        before = self.levels[subject]
        if subject:
            del self.levels[subject]
        else:
            self.levels[""] = DEFAULT_LEVEL
        return before

    def to_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        versions = [asdict(one) for versions in self.versions.values() for one in versions]
        return {"version": 1, "levels": self.levels, "schemas": versions}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Store:
        """Back from a file; KeyError, TypeError or ValueError for what `to_json` never made."""
        if value["version"] != 1:
            raise ValueError("written by another version")
        store = cls(levels=dict(value["levels"]))
        for one in value["schemas"]:
            references = tuple(Reference(**reference) for reference in one["references"])
            version = Version(**{**one, "references": references})
            store.versions.setdefault(version.subject, []).append(version)
        return store

    def _read(self, body: Mapping[str, Any]) -> tuple[str, tuple[Reference, ...]]:
        text = body.get("schema")
        if not isinstance(text, str):
            raise Refused(42201, "The request has no schema")
        if body.get("schemaType") not in (None, "", "AVRO"):
            raise Refused(42201, f"Invalid schema type {body['schemaType']}: this registry takes AVRO")
        references = tuple(self._reference(one) for one in body.get("references") or ())
        names = Names()
        try:
            for one in references:
                parse_schema(self.version(one.subject, str(one.version)).schema, names=names)
            source = Source(text)
            parse_schema(source, names=names)
            return compact(source.load()), references
        except InvalidSchema as error:
            raise Refused(42201, f"Invalid schema: {error}") from None

    def _reference(self, value: object) -> Reference:
        try:
            made = Reference(**value)  # type: ignore[arg-type]  # whatever a client sent; a wrong one raises
        except TypeError:
            raise Refused(42201, "A reference has a name, a subject and a version") from None
        return replace(made, version=self.version(made.subject, str(made.version)).version)

    def _id(self, schema: str, references: tuple[Reference, ...]) -> int:
        """The id of the same content anywhere, else the next one."""
        everything = [one for versions in self.versions.values() for one in versions]
        same = (one.id for one in everything if (one.schema, one.references) == (schema, references))
        return next(same, max((one.id for one in everything), default=0) + 1)

    def _not_referenced(self, version: Version) -> None:
        for other in (one for versions in self.versions.values() for one in versions if not one.deleted):
            if any((use.subject, use.version) == (version.subject, version.version) for use in other.references):
                raise Refused(42206, f"One or more references exist to the schema {version.subject}")

    def _drop_empty(self, subject: str) -> None:
        if not any(not one.deleted for one in self.versions[subject]):
            self.levels.pop(subject, None)
        if not self.versions[subject]:
            del self.versions[subject]


_CHANGED: Final = (
    'Schema being registered differs from the schemas of subject "{subject}", whose level is {level}. '
    "This registry does not check compatibility yet and so accepts a change only under NONE or with force=true."
)


def guid_of(version: Version) -> str:
    """The GUID of a schema: the same wherever the same content is registered."""
    return str(
        uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([version.schema, [asdict(one) for one in version.references]]))
    )
