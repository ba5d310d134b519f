"""Registering and looking up, by the rules of Confluent's registry (`KafkaSchemaRegistry.register`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compat_checks.classes import frozen, replace
from compat_checks.registry.refused import Refused, refused
from compat_checks.registry.settings import IMPORTING, Config
from compat_checks.registry.store import Draft, Store
from compat_checks.registry.values import (
    LATEST,
    MAX_NUMBER,
    Content,
    Version,
    canonical_json,
    context_of,
    merged_metadata,
    merged_rules,
    named,
)


@frozen
class Terms:
    """How a schema is to be registered.

    Attributes:
        normalise: compare and keep the normalised text.
        force: whatever the level says.
    """

    normalise: bool = False
    force: bool = False


def look_up(store: Store, subject: str, body: Mapping[str, Any], *, normalise: bool, deleted: bool) -> Version:
    """The version that has this very schema.

    Raises:
        Refused: 40401 no subject, 40403 not this schema, 42201 not a schema.
    """
    versions = store.live(subject, deleted=deleted)
    draft = store.read(subject, body, normalise=normalise)
    live = store.versions.of(subject)
    drafts = (draft, _populated(store.settings.config(subject), draft, live[-1] if live else None))
    found = next(filter(None, (store.match(versions, one) for one in drafts)), None)
    if found is None:
        raise Refused(40403, "Schema not found")
    return found


def register(store: Store, subject: str, body: Mapping[str, Any], terms: Terms) -> Version:
    """The version of this schema, made where the subject does not have it yet.

    Any live version that has it counts, not the newest only; `version: -1` in the body asks for the newest.

    Raises:
        Refused: 42201 not a schema, 42205 not in this mode, 42207 another id, 42208 not a subject, 40901 not accepted
            under the subject's level.
    """
    named(subject)
    number, schema_id = _number(body, "version"), _number(body, "id")
    store.settings.registrable(subject, with_id=schema_id is not None)
    draft = store.read(subject, body, normalise=terms.normalise)
    live = store.versions.of(subject)
    config = store.settings.config(subject)
    importing = store.settings.mode(subject) in IMPORTING
    populated = draft if importing else _populated(config, draft, live[-1] if live else None)
    if number in (None, LATEST):
        among = live if number is None else live[-1:]
        drafts = (populated,) if _sets_defaults(config) else (draft, populated)
        if found := next(filter(None, (store.match(among, one) for one in drafts)), None):
            return _of_id(found, schema_id)
    if not importing and not terms.force and (complaints := store.complaints(subject, populated, live)):
        raise refused(40901, subject, ", ".join(complaints))
    return _add(store, subject, populated, number, schema_id)


def _add(store: Store, subject: str, draft: Draft, number: int | None, schema_id: int | None) -> Version:
    everything = store.versions.of(subject, deleted=True)
    following = max((one.version for one in everything), default=0) + 1
    importing = store.settings.mode(subject) in IMPORTING
    if number not in (None, LATEST, following) and not importing:
        raise refused(42201, f"the version {number} is not one more than the previous version, {following - 1}")
    chosen = following if number is None or number == LATEST else number
    made = Version(subject, chosen, _id(store, subject, draft.content, schema_id), draft.content)
    for old in everything:  # what was deleted softly comes back under a new number, and under that only
        if old.deleted and old.id == made.id and old.version < made.version:
            store.versions.remove(old)
    store.keep(made, draft.schema)
    return made


def _id(store: Store, subject: str, content: Content, wanted: int | None) -> int:
    context = context_of(subject)
    known = store.versions.id_of(context, content)
    if wanted is None:
        return known or store.versions.next_id(context)
    if known not in (None, wanted):
        raise refused(42207, subject, known, wanted)
    if any(one.content != content for one in store.versions.by_id(context, wanted)):
        raise refused(42205, f"Overwrite new schema with id {wanted} in context {context} is not permitted.")
    return wanted


def _of_id(found: Version, wanted: int | None) -> Version:
    if wanted not in (None, found.id):
        raise refused(42207, found.subject, found.id, wanted)
    return found


def _populated(config: Config, draft: Draft, previous: Version | None) -> Draft:
    """With the metadata and rules of the previous version where it has none of its own, and those that are set."""
    content = draft.content
    inherited = previous.content if previous else content
    metadata = content.metadata or inherited.metadata
    rules = content.rule_set or inherited.rule_set
    metadata = merged_metadata(_text(config, "defaultMetadata"), metadata)
    rules = merged_rules(_text(config, "defaultRuleSet"), rules)
    full = replace(
        content,
        metadata=merged_metadata(metadata, _text(config, "overrideMetadata")),
        rule_set=merged_rules(rules, _text(config, "overrideRuleSet")),
    )
    return replace(draft, content=full)


def _sets_defaults(config: Config) -> bool:
    return any(key.startswith(("default", "override")) for key in config)


def _text(config: Config, key: str) -> str:
    return canonical_json(config.get(key))


def _number(body: Mapping[str, Any], key: str) -> int | None:
    """A number of the request; 0, and a negative id, stand for none."""
    value = body.get(key)
    if value is None or value == 0 or (key == "id" and value == -1):
        return None
    least = LATEST if key == "version" else 1
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_NUMBER:
        raise refused(42201, f"{key} is a number from 1 to {MAX_NUMBER}")
    return value
