"""Rules that need more than two versions, or more than one subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from compat_checks import fixes
from compat_checks.classes import frozen
from compat_checks.json_pointer import value_at
from compat_checks.notation import type_text
from compat_checks.rule import Hit
from compat_checks.schema import Field, Record, Schema


@frozen
class History:
    """A schema and all that was published before it.

    Attributes:
        olds: oldest first.
    """

    olds: Sequence[Schema]
    new: Schema


@frozen
class Envelope:
    """A record and the one whose fields it carries."""

    record: Record
    source: Record


def retired_name_reused(history: History) -> Iterator[Hit]:
    """The name of a removed field came back with another meaning.

    What it does:
        Finds fields that an older version had, a later one had not, and the new schema has again with another type
        or another doc.

    Why it matters:
        Data of the old version is still on the topic or in archives, and readers of both versions are about. Where the
        types allow it, each reads the other's value as its own.

    Example:
        v1 has `priority: int`, v2 removes it, v3 adds `priority: string`.

    Use instead:
        Take a name that was never used.
    """
    if not isinstance(history.new, Record):
        return
    retired = _retired(history.olds)
    for field in history.new.fields:
        before = retired.get(field.name)
        if before and (type_text(before.type) != type_text(field.type) or before.doc != field.doc):
            yield Hit(
                message=f"`{field.name}` was {type_text(before.type)}, was removed, and is now {type_text(field.type)} "
                "with another meaning",
                place=field.place / "name",
                element=field.name,
                hint="take a name that was never used",
            )


def envelope_drift(envelope: Envelope) -> Iterator[Hit]:
    """An envelope does not carry its source as it is.

    What it does:
        Compares each field of the record that `envelope_of` in contracts.toml names with the field of the same name.

    Why it matters:
        A retry is the request and the state of its retry. What the envelope lacks is lost on the first retry; what it
        types otherwise cannot be put into it.

    Example:
        `EmailRequest` gets `expiresAt` and `EmailRetry` does not.

    Use instead:
        Make each change of the source in the envelope as well, in one pull request.
    """
    mine = {field.name: field for field in envelope.record.fields}
    for index, field in enumerate(envelope.source.fields):
        same = mine.get(field.name)
        if same is None:
            yield Hit(
                message=f"`{field.name}` of {envelope.source.name} is missing in its envelope",
                place=envelope.record.place / "name",
                element=field.name,
                hint=f"add the field as {envelope.source.name} has it",
                fixes=(fixes.restore_field(envelope.record, field, index),),
            )
        elif differing := _differing(_json(field), _json(same)):
            yield Hit(
                message=f"`{field.name}` differs from the one in {envelope.source.name}: {', '.join(differing)}",
                place=same.place / "name",
                element=field.name,
                hint=f"make it as {envelope.source.name} has it",
            )


def _retired(olds: Sequence[Schema]) -> Mapping[str, Field]:
    """Fields that some version had and the newest has not, as they were last."""
    records = [old for old in olds if isinstance(old, Record)]
    known = {field.name: field for record in records for field in record.fields}
    current = {field.name for field in records[-1].fields} if records else set()
    return {name: field for name, field in known.items() if name not in current}


def _json(field: Field) -> Mapping[str, object]:
    found: Mapping[str, object] = value_at(field.place)
    return found


def _differing(source: Mapping[str, object], mine: Mapping[str, object]) -> list[str]:
    keys = dict.fromkeys((*source, *mine))
    return [key for key in keys if source.get(key) != mine.get(key) or (key in source) != (key in mine)]
