"""Rules that look at one field before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from compat_checks import fixes
from compat_checks.defaults import default_problem
from compat_checks.levels import Direction
from compat_checks.rule import Hit
from compat_checks.rules.pairs import FieldPair
from compat_checks.schema import MISSING, Field, Missing, Union
from compat_checks.source import Json

# Constraint -> whether a larger value takes more.
_LIMITS: Final = {"minLength": False, "maxLength": True, "minimum": False, "maximum": True}
_PII: Final = "confluent:tags"


def default_value_changed(pair: FieldPair) -> Iterator[Hit]:
    """The default of a field changed its value.

    What it does:
        Compares the two defaults of a field that has one on both sides.

    Why it matters:
        A reader fills in its own default where the writer's data has no such field. Readers of different versions
        then see different values of the same old message.

    Example:
        `"default": 0` becomes `"default": 1`.

    Use instead:
        Keep the default; or say with null that nothing was given, and decide in the reader what that means.
    """
    old, new = pair.old.default, pair.new.default
    if MISSING not in (old, new) and not _same(old, new):
        yield Hit(
            message=f"the default changed from {_shown(old)} to {_shown(new)}: the same old data reads differently",
            place=pair.new.place / "default",
            hint=f"keep {_shown(old)}",
        )


def default_removed(pair: FieldPair) -> Iterator[Hit]:
    """The default of a field was removed.

    What it does:
        Finds a field that had a default and has none now.

    Why it matters:
        Against the newest version it is compatible, so a level that is not transitive lets it pass. Data from before
        the field was there, or after it is removed, cannot be read any more: a trap that closes later.

    Example:
        v1 has no `priority`, v2 adds it with `"default": 0`, v3 removes the default: v3 cannot read v1.

    Use instead:
        Keep the default.
    """
    if pair.old.has_default and not pair.new.has_default:
        yield Hit(
            message=f"the default {_shown(pair.old.default)} was removed: data without the field cannot be read then",
            place=pair.new.place / "name",
            hint="put the default back",
            fixes=(fixes.add_default(pair.new, pair.old.default),),
        )


def default_not_first_branch(pair: FieldPair) -> Iterator[Hit]:
    """The default of a union is not of its first branch.

    What it does:
        Finds a changed field whose default fits a later branch of its union only.

    Why it matters:
        Avro before 1.12, and with it Schema Registry before 8.1.1 and most libraries of other languages, take a
        default of the first branch only and refuse the whole schema.

    Example:
        `{"type": ["string", "null"], "default": null}`.

    Use instead:
        Put the branch of the default first: `["null", "string"]`.
    """
    union = pair.new.type
    if not isinstance(union, Union) or isinstance(pair.new.default, Missing) or not union.branches:
        return
    known = pair.old.default == pair.new.default and pair.old.type.label == union.label
    if default_problem(union.branches[0], pair.new.default) and not known:
        yield Hit(
            message=f"the default {_shown(pair.new.default)} is not of the first branch, {union.branches[0].label}",
            place=pair.new.place / "default",
            hint="put the branch of the default first",
            fixes=(fixes.order_branches(pair.new),),
        )


def constraint_changed(pair: FieldPair) -> Iterator[Hit]:
    """A limit of a field is tighter for a reader than for the writer.

    What it does:
        Compares minLength, maxLength, minimum, maximum, pattern and format for each side that reads.

    Why it matters:
        Avro ignores these properties, generated code does not: a value that was right where it was written fails
        the validation of its reader.

    Example:
        `"maxLength": 500` becomes `"maxLength": 100`, and requests with longer subjects are on the topic.

    Use instead:
        Loosen only, and only where readers are deployed first.
    """
    for direction in pair.directions:
        forward = direction is Direction.FORWARD
        reader, writer = (pair.old, pair.new) if forward else (pair.new, pair.old)
        who = "readers of the published version" if forward else "new readers"
        order = "readers first" if forward else "writers first, and readers after the retention time"
        for key, mine, theirs in _tighter(reader, writer):
            place = pair.new.place / key if key in pair.new.props else pair.new.place / "name"
            given = "no limit" if theirs is None else f"{key} {_shown(theirs)}"
            yield Hit(
                message=f"{who} refuse what breaks {key} {_shown(mine)}; it is written with {given}",
                place=place,
                hint=f"keep {key} as it was, or deploy {order}",
            )


def pii_tag_removed(pair: FieldPair) -> Iterator[Hit]:
    """A tag such as PII was taken off a field.

    What it does:
        Compares `confluent:tags`.

    Why it matters:
        Masking and encryption follow the tags. Without it the value appears in logs and consoles in the clear.

    Example:
        `"confluent:tags": ["PII"]` is gone from `to`.

    Use instead:
        Keep the tag; or waive this finding, with the reason why the field holds no personal data any more.
    """
    gone = [tag for tag in _tags(pair.old) if tag not in _tags(pair.new)]
    if gone:
        yield Hit(
            message=f"the tag {', '.join(gone)} was removed: the value is not protected any more",
            place=pair.new.place / "name",
            hint="put the tag back",
            fixes=(fixes.set_value(pair.new.place, _PII, pair.old.props[_PII]),),
        )


def _tighter(reader: Field, writer: Field) -> Iterator[tuple[str, Json, Json]]:
    """Constraint, the reader's value and the writer's, where the reader takes less."""
    for key, more in _LIMITS.items():
        mine, theirs = reader.props.get(key), writer.props.get(key)
        if not isinstance(mine, int | float):
            continue
        if not isinstance(theirs, int | float) or (mine < theirs if more else mine > theirs):
            yield key, mine, theirs
    for key in ("pattern", "format"):
        mine, theirs = reader.props.get(key), writer.props.get(key)
        if mine is not None and mine != theirs:
            yield key, mine, theirs


def _tags(field: Field) -> Sequence[str]:
    tags = field.props.get(_PII)
    return [one for one in tags if isinstance(one, str)] if isinstance(tags, list) else []


def _same(one: Json | Missing, other: Json | Missing) -> bool:
    return type(one) is type(other) and one == other


def _shown(value: Json | Missing) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
