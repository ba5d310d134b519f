"""Rules about names: what is renamed, what an alias claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, TypeGuard

from compat_checks import fixes
from compat_checks.classes import replace
from compat_checks.findings import Fix
from compat_checks.levels import Direction
from compat_checks.notation import type_text
from compat_checks.rule import Hit
from compat_checks.rules.pairs import TypePair
from compat_checks.schema import Enum, Field, Fixed, Record, Schema

_ALIKE: Final = 0.6  # of 1: names with this ratio of common letters may be one name, rewritten


def namespace_changed(pair: TypePair) -> Iterator[Hit]:
    """A named type moved to another namespace.

    What it does:
        Compares the namespaces of types that go by the same short name.

    Why it matters:
        Java's resolution looks at short names only, so a registry accepts it. Generated classes move to another
        package, subjects named after the record (RecordNameStrategy) change, and readers that compare full names
        (fastavro in unions, Go, C++) refuse the data.

    Example:
        `com.eccs.email.EmailRequest` becomes `com.eccs.mail.EmailRequest`.

    Use instead:
        Keep the namespace; or add the old full name as an alias and move all readers first.
    """
    old, new = pair.old, pair.new
    if not isinstance(old, Record | Enum | Fixed) or not isinstance(new, Record | Enum | Fixed):
        return
    if old.name == new.name and old.namespace != new.namespace:
        yield Hit(
            message=f"the namespace changed from {old.namespace or 'none'} to {new.namespace or 'none'}",
            place=new.place / "name",
            hint=f'keep the namespace "{old.namespace}"',
        )


def field_renamed_without_alias(pair: TypePair) -> Iterator[Hit]:
    """A field was renamed, and no alias says so.

    What it does:
        Finds a removed and an added field of one record that have the same type and the same doc, or nearly the same
        name, or, where neither has a doc, the same place.

    Why it matters:
        To Avro they are two fields. Where both have defaults the registry accepts it, and every value of the old
        field is lost in silence: the reader fills in the default.

    Example:
        `{"name": "subject", "type": "string"}` becomes `{"name": "title", "type": "string"}`.

    Use instead:
        Under a backward level, give the new field the old name as an alias. Aliases help readers that know them only:
        where published readers must read new data too, keep the old name.
    """
    if not isinstance(pair.old, Record) or not isinstance(pair.new, Record):
        return
    for old, new in renames(pair.old, pair.new):
        yield Hit(
            message=f"`{old.name}` seems to have become `{new.name}`, and no alias says so: its values are lost",
            place=new.place / "name",
            element=new.name,
            hint=_way_out(pair, old),
            fixes=rename_fixes(pair.directions, old, new),
        )


def ambiguous_alias(pair: TypePair) -> Iterator[Hit]:
    """A field of the reader claims several fields of the writer.

    What it does:
        Looks, for each side that reads, for fields whose name and aliases match more than one written field.

    Why it matters:
        Avro for Java throws instead of reading; a registry answers with an exception's text; other libraries take
        whichever comes first.

    Example:
        The reader has `b` with the alias `a`; the writer has both `a` and `b`.

    Use instead:
        Remove the alias; or rename when the old field is out of use.
    """
    for reading in pair.readings():
        if not _with_aliases(reading.reader) or not isinstance(reading.writer, Record):
            continue
        written = {field.name for field in reading.writer.fields}
        for field in reading.reader.fields:
            claimed = [name for name in (field.name, *dict.fromkeys(field.aliases)) if name in written]
            if len(claimed) > 1:
                yield Hit(
                    message=f"the field `{field.name}` of {reading.who} matches {_listed(claimed)}",
                    place=pair.new.place / "name" if reading.forward else field.place / "aliases",
                    element=field.name,
                    hint="remove the alias, or rename when the old field is out of use",
                )


def alias_used_twice(pair: TypePair) -> Iterator[Hit]:
    """Two fields of the reader claim the same field of the writer.

    What it does:
        Looks, for each side that reads, for a written field that several fields of the reader match by name or alias.

    Why it matters:
        Java's check says that it is compatible, and then its decoder fails: the value goes to one of them and the
        other has none.

    Example:
        The reader has `x` and `y`, both with the alias `a`.

    Use instead:
        Give the alias to one field.
    """
    for reading in pair.readings():
        if not _with_aliases(reading.reader) or not isinstance(reading.writer, Record):
            continue
        claims = Counter(name for field in reading.reader.fields for name in {field.name, *field.aliases})
        for field in reading.writer.fields:
            if claims[field.name] > 1:
                yield Hit(
                    message=f"the written field `{field.name}` is claimed by several fields of {reading.who}",
                    place=pair.new.place / "name",
                    element=field.name,
                    hint="give the alias to one field",
                )


def _with_aliases(schema: Schema) -> TypeGuard[Record]:
    return isinstance(schema, Record) and any(field.aliases for field in schema.fields)


def renames(old: Record, new: Record) -> Iterator[tuple[Field, Field]]:
    """Removed and added fields that are probably one field, renamed; each at most once, likeliest first."""
    known = {field.name for field in old.fields}
    kept = {name for field in new.fields for name in (field.name, *field.aliases)}
    gone = [(index, field) for index, field in enumerate(old.fields) if field.name not in kept]
    added = [
        (index, field) for index, field in enumerate(new.fields) if not known.intersection((field.name, *field.aliases))
    ]
    scored = [
        (_likeness(before, after, same_place=place == other), before, after)
        for place, before in gone
        for other, after in added
    ]
    taken: set[str] = set()
    for score, before, after in sorted(scored, key=lambda one: -one[0]):
        if score > 0 and not taken.intersection((before.name + " old", after.name + " new")):
            taken.update((before.name + " old", after.name + " new"))
            yield before, after


def _likeness(old: Field, new: Field, *, same_place: bool) -> float:
    """How likely it is that one became the other; 0 where nothing speaks for it."""
    if type_text(old.type) != type_text(new.type):
        return 0
    from difflib import SequenceMatcher  # here, for most changes have no rename to look for

    ratio = SequenceMatcher(None, old.name.lower(), new.name.lower()).ratio()
    same_doc = bool(old.doc) and old.doc == new.doc
    undocumented = not old.doc and not new.doc
    return same_doc * 2 + (same_place and undocumented) + (ratio if ratio >= _ALIKE else 0)


def rename_fixes(directions: tuple[Direction, ...], old: Field, new: Field) -> tuple[Fix, ...]:
    """What to do about a rename: under a forward direction, an alias does not help."""
    if Direction.FORWARD in directions:
        return (keep_name(new, old.name),)
    return (fixes.add_alias(new.place, old.name), keep_name(new, old.name))


def keep_name(field: Field, name: str) -> Fix:
    """Take the rename of a field back."""
    return replace(fixes.set_value(field.place, "name", name), title=f"Keep the name `{name}`")


def _way_out(pair: TypePair, old: Field) -> str:
    if Direction.FORWARD in pair.directions:
        return f"keep the name `{old.name}`: published readers know no other, and an alias helps new readers only"
    return f'add "aliases": ["{old.name}"]'


def _listed(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
