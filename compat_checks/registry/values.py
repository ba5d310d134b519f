"""What a registry keeps: schemas, and where they are registered."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from compat_checks.classes import frozen
from compat_checks.registry.refused import refused
from compat_checks.source import Json

DEFAULT_CONTEXT: Final = "."
LATEST: Final = -1
_MAX_SUBJECT: Final = 1000
MAX_NUMBER: Final = 2**31 - 1  # of a version, and of an id
_NUMBER: Final = re.compile("[0-9]{1,10}")
_RULE_KINDS: Final = ("migrationRules", "domainRules", "encodingRules")
_QUALIFIED: Final = re.compile(r":(\.[^:]*):(.*)", re.DOTALL)


@frozen
class Reference:
    """A name that a schema takes from another subject.

    Attributes:
        version: from 1; LATEST only in what a client sends.
    """

    subject: str
    version: int
    name: str

    def to_json(self) -> dict[str, Json]:
        """As the API shows it."""
        return {"name": self.name, "subject": self.subject, "version": self.version}


@frozen
class Content:
    """What tells one schema from another: text, references, metadata and rules.

    Attributes:
        schema: canonical text.
        metadata, rule_set: canonical JSON text; empty where there is none.
    """

    schema: str
    references: tuple[Reference, ...] = ()
    metadata: str = ""
    rule_set: str = ""

    @property
    def guid(self) -> str:
        """The same wherever the same content is registered."""
        identity: list[Json] = [self.schema, [one.to_json() for one in self.references]]
        if self.metadata or self.rule_set:
            identity += [self.metadata, self.rule_set]
        return str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(identity)))

    def to_json(self) -> dict[str, Json]:
        """As the API shows it: what is empty is left out."""
        shown: dict[str, Json] = {"schemaType": "AVRO", "schema": self.schema}
        if self.references:
            shown["references"] = [one.to_json() for one in self.references]
        if self.metadata:
            shown["metadata"] = json.loads(self.metadata)
        if self.rule_set:
            shown["ruleSet"] = json.loads(self.rule_set)
        return shown


@frozen
class Version:
    """One version of a subject.

    Attributes:
        subject: as `qualified` gives it.
        id: of its content, within its context.
    """

    subject: str
    version: int
    id: int
    content: Content
    deleted: bool = False

    def to_json(self) -> dict[str, Json]:
        """As the API shows it."""
        head = {"subject": self.subject, "version": self.version, "id": self.id, "guid": self.content.guid}
        return {**head, **self.content.to_json()}


def qualified(subject: str, context: str = DEFAULT_CONTEXT) -> str:
    """One spelling for a subject: without a context where that is the default one.

    Args:
        subject: as a client wrote it; `:.context:name` names a context.
        context: the one that holds where the subject names none.

    Raises:
        Refused: 42208, it is not a subject.
    """
    match = _QUALIFIED.fullmatch(subject)
    name, space = (match[2], match[1]) if match else (subject, context)
    if len(subject) > _MAX_SUBJECT or any(ord(letter) < 32 or ord(letter) == 127 for letter in subject):
        raise refused(42208, subject[:60])
    return name if space == DEFAULT_CONTEXT else f":{space}:{name}"


def named(subject: str) -> str:
    """A subject that versions can be registered under.

    Raises:
        Refused: 42208, it has no name, or one that the registry keeps for itself.
    """
    if unqualified(subject) in ("", "__GLOBAL", "__EMPTY"):
        raise refused(42208, subject)
    return subject


def context_of(subject: str) -> str:
    """The context of a subject; "." is the default one."""
    match = _QUALIFIED.fullmatch(subject)
    return match[1] if match else DEFAULT_CONTEXT


def unqualified(subject: str) -> str:
    """The name of a subject without its context."""
    match = _QUALIFIED.fullmatch(subject)
    return match[2] if match else subject


def version_number(wanted: str) -> int:
    """A version as it stands in a path; LATEST for "latest" and "-1".

    Raises:
        Refused: 42202, it is none.
    """
    if wanted in ("latest", str(LATEST)):
        return LATEST
    if _NUMBER.fullmatch(wanted) and 1 <= int(wanted) <= MAX_NUMBER:
        return int(wanted)
    raise refused(42202, wanted[:60])


def canonical_json(value: Json) -> str:
    """JSON with sorted keys; empty for null and for what holds nothing."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if value else ""


def metadata_text(value: Json) -> str:
    """The text of the metadata that a client sent.

    Raises:
        Refused: 42201, it has another shape.
    """
    if value is None:
        return ""
    if not isinstance(value, dict):
        raise refused(42201, "metadata is an object")
    for key, (shape, fits) in _METADATA.items():
        if value.get(key) is not None and not fits(value[key]):
            raise refused(42201, f"{key} of metadata is {shape}")
    return canonical_json(value)


def _texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


# Key of metadata -> its shape in words, and whether a value has it.
_METADATA: Final[Mapping[str, tuple[str, Callable[[Json], bool]]]] = {
    "tags": (
        "an object of lists of texts",
        lambda value: isinstance(value, dict) and all(_texts(one) for one in value.values()),
    ),
    "properties": (
        "an object of texts",
        lambda value: isinstance(value, dict) and all(isinstance(one, str) for one in value.values()),
    ),
    "sensitive": ("a list of texts", _texts),
}


def rule_set_text(value: Json) -> str:
    """The text of the rules that a client sent.

    Raises:
        Refused: 42210, it is no set of rules.
    """
    if value is None:
        return ""
    if not isinstance(value, dict):
        raise refused(42210, "it is an object")
    for kind in _RULE_KINDS:
        rules = [] if value.get(kind) is None else value[kind]
        if not isinstance(rules, list) or not all(map(_is_rule, rules)):
            raise refused(42210, f"{kind} is a list of objects, each with a name")
    return canonical_json(value)


def _is_rule(value: Json) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str) and bool(value["name"])


def merged_metadata(lower: str, upper: str) -> str:
    """Metadata over metadata: tags and properties by key, sensitive ones together."""
    if not lower or not upper:
        return lower or upper
    below, above = json.loads(lower), json.loads(upper)
    merged = {**below, **above}
    for key in ("tags", "properties"):
        if below.get(key) and above.get(key):
            merged[key] = {**below[key], **above[key]}
    if below.get("sensitive") and above.get("sensitive"):
        merged["sensitive"] = sorted({*below["sensitive"], *above["sensitive"]})
    return canonical_json(merged)


def merged_rules(lower: str, upper: str) -> str:
    """Rules over rules, by name; the lower ones that stay come first."""
    if not lower or not upper:
        return lower or upper
    below, above = json.loads(lower), json.loads(upper)
    merged = {**below, **above}
    for kind in _RULE_KINDS:
        new: list[Mapping[str, Any]] = above.get(kind) or []
        names = {rule["name"] for rule in new}
        kept = [rule for rule in below.get(kind) or [] if rule["name"] not in names]
        if kept or new:
            merged[kind] = [*kept, *new]
    return canonical_json(merged)
