"""What changed between two versions, as a person would say it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from compat_checks.matching import FieldMatch, TypeMatch, match_branches, match_fields, matches
from compat_checks.notation import CONSTRAINTS, cut, field_text, type_text, value_text
from compat_checks.order import moved
from compat_checks.review import Change, ChangeKind
from compat_checks.saying import About
from compat_checks.schema import MISSING, PRIMITIVES, Enum, Field, Fixed, Missing, NamedSchema, Record, Schema, Union
from compat_checks.source import Json

_NAMED: Final = (Record, Enum, Fixed)
_LOGICAL: Final = frozenset(("logicalType", "precision", "scale"))


def changes(old: Schema | None, new: Schema) -> tuple[Change, ...]:
    """Every difference, in the order of the new schema; what is removed comes where it was.

    Constraints such as maxLength count as structural: they say which values are taken. Other properties and docs do
    not.

    Args:
        old: None for a schema that is new; one change says so.
        new: the schema that took its place.
    """
    if old is None:
        return (_new(new),)
    walk = _Walk(_short(new))
    found: list[Change] = []
    for match in matches(old, new):
        if isinstance(match, FieldMatch):
            found += walk.of_field(match)
        elif match.old and match.new:
            found += walk.of_type(match, match.old, match.new)
    return tuple(found)


def _new(schema: Schema) -> Change:
    about = About(_short(schema), type_text(schema), schema.place)
    count = f" with {len(schema.fields)} field{'s' * (len(schema.fields) != 1)}" if isinstance(schema, Record) else ""
    return about.made(ChangeKind.ADDED, "", type_text(schema), f"{about.name} added{count}")


class _Walk:
    """One comparison: it knows the name of the root, and which pairs are part of a change that is told already."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._told: set[tuple[int, int]] = set()

    def of_field(self, match: FieldMatch) -> Iterator[Change]:
        """The changes of a field, without those of its type."""
        old, new = match.old, match.new
        name = self._name(match.element)
        about = About(match.element, name, new.place if new else match.new_record.place)
        if old and new:
            if match.renamed_by_alias:
                sentence = f"field `{old.name}` renamed to {name}, with an alias"
                yield about.made(ChangeKind.RENAMED, old.name, new.name, sentence, key="name")
            yield from _of_fields(old, new, about)
        elif new:
            text = field_text(new)
            yield about.made(ChangeKind.ADDED, "", text, f"field {name} added: {text}")
        elif old:
            text = field_text(old)
            yield about.made(ChangeKind.REMOVED, text, "", f"field {name} removed; it was {text}")

    def of_type(self, match: TypeMatch, old: Schema, new: Schema) -> Iterator[Change]:
        """The changes of a type, without those inside of it."""
        if old.kind == new.kind and old.kind in PRIMITIVES and not old.props and not new.props:
            return  # most types of most schemas
        about = About(match.element, self._name(match.element), new.place)
        if isinstance(old, Union) and isinstance(new, Union) and (_is_choice(old) or _is_choice(new)):
            yield from _of_branches(old, new, about)
        elif (id(old), id(new)) not in self._told and _shape(old) != _shape(new):
            self._told.update((id(one), id(other)) for one in _branches(old) for other in _branches(new))
            yield about.changed("type", type_text(old), type_text(new))
        elif isinstance(old, Union) and isinstance(new, Union):
            yield from _of_branch_order(old, new, about)
        if old.kind == new.kind:
            yield from _of_same_kind(old, new, about)

    def _name(self, element: str) -> str:
        """An element without the root, which would stand in every sentence."""
        return f"`{element.removeprefix(f'{self._root}.')}`"


def _of_fields(old: Field, new: Field, about: About) -> Iterator[Change]:
    if not _same(old.default, new.default):
        before, after = (value_text(one.default) if one.has_default else "" for one in (old, new))
        yield about.changed("default", before, after, key="default")
    yield from _of_aliases(old.aliases, new.aliases, None if old.name == new.name else old.name, about)
    yield from about.doc_changed(old.doc, new.doc)
    if old.order != new.order:
        yield about.changed("sort order", old.order, new.order)
    yield from _of_props(old.props, new.props, about)


def _of_same_kind(old: Schema, new: Schema, about: About) -> Iterator[Change]:
    if isinstance(old, _NAMED) and isinstance(new, _NAMED):
        about = About(about.element, f"{new.kind} `{new.name}`", new.place)
        yield from _of_named(old, new, about)
    match old, new:
        case Record(), Record():
            yield from _of_field_order(old, new, about)
        case Enum(), Enum():
            yield from _of_enums(old, new, about)
        case Fixed(), Fixed() if old.size != new.size:
            yield about.changed("size", str(old.size), str(new.size), key="size")
    if old.props or new.props:
        in_type = _LOGICAL if old.logical or new.logical else ()
        before, after = ({key: props[key] for key in props if key not in in_type} for props in (old.props, new.props))
        yield from _of_props(before, after, about)


def _of_named(old: NamedSchema, new: NamedSchema, about: About) -> Iterator[Change]:
    if old.name != new.name:
        alias = ", with an alias" if old.fullname in new.aliases else ""
        sentence = f"{old.kind} `{old.name}` renamed to `{new.name}`{alias}"
        yield about.made(ChangeKind.RENAMED, old.name, new.name, sentence, key="name")
    if old.namespace != new.namespace:
        yield about.changed("namespace", old.namespace, new.namespace)
    yield from _of_aliases(old.aliases, new.aliases, None if old.name == new.name else old.fullname, about)
    yield from about.doc_changed(old.doc, new.doc)


def _of_aliases(old: tuple[str, ...], new: tuple[str, ...], told: str | None, about: About) -> Iterator[Change]:
    """Aliases; the one that tells of a rename (`told`) is told with it."""
    for name in dict.fromkeys((*old, *new)):
        if name not in old and name != told:
            yield about.made(
                ChangeKind.CHANGED, "", f"alias {name}", f"alias `{name}` added to {about.name}", "aliases"
            )
        elif name not in new:
            yield about.made(ChangeKind.CHANGED, f"alias {name}", "", f"alias `{name}` removed from {about.name}")


def _of_field_order(old: Record, new: Record, about: About) -> Iterator[Change]:
    places = {id(field): index for index, field in enumerate(old.fields)}
    kept = [(before, after) for before, after in match_fields(old, new) if before and after]
    if others := moved([places[id(before)] for before, _ in kept]):
        names = ", ".join(f"`{kept[index][1].name}`" for index in others)
        sentence = f"fields of {about.name} reordered: {cut(names)} moved"
        before = ", ".join(field.name for field in old.fields)
        after = ", ".join(field.name for field in new.fields)
        yield about.made(ChangeKind.CHANGED, cut(before), cut(after), sentence, key="fields")


def _of_enums(old: Enum, new: Enum, about: About) -> Iterator[Change]:
    added = [symbol for symbol in new.symbols if symbol not in old.symbols]
    removed = [symbol for symbol in old.symbols if symbol not in new.symbols]
    for some, verb in ((added, "added to"), (removed, "removed from")):
        if some:
            text = f"symbol{'s' * (len(some) > 1)} {cut(', '.join(some))}"
            sides = ("", text) if some is added else (text, "")
            yield about.made(ChangeKind.CHANGED, *sides, f"{text} {verb} {about.name}", key="symbols")
    if moved([old.symbols.index(symbol) for symbol in new.symbols if symbol in old.symbols]):
        before, after = cut(", ".join(old.symbols)), cut(", ".join(new.symbols))
        sentence = f"symbols of {about.name} reordered: {after}"
        yield about.made(ChangeKind.CHANGED, before, after, sentence, key="symbols")
    if old.default != new.default:
        yield about.changed("default", old.default or "", new.default or "", key="default")


def _of_branches(old: Union, new: Union, about: About) -> Iterator[Change]:
    """Branches that only one of two unions has; one that changed is a pair of types of its own."""
    for before, after in match_branches(old.branches, new.branches):
        if before is None and after is not None:
            text = type_text(after)
            yield about.made(ChangeKind.CHANGED, "", text, f"branch {text} added to {about.name}")
        elif after is None and before is not None:
            text = type_text(before)
            yield about.made(ChangeKind.CHANGED, text, "", f"branch {text} removed from {about.name}")
    yield from _of_branch_order(old, new, about)


def _of_branch_order(old: Union, new: Union, about: About) -> Iterator[Change]:
    places = {id(branch): index for index, branch in enumerate(old.branches)}
    kept = [before for before, after in match_branches(old.branches, new.branches) if before and after]
    if moved([places[id(branch)] for branch in kept]):
        before, after = (cut(", ".join(map(type_text, union.branches))) for union in (old, new))
        sentence = f"branches of {about.name} reordered: {after}"
        yield about.made(ChangeKind.CHANGED, before, after, sentence)


def _of_props(old: Mapping[str, Json], new: Mapping[str, Json], about: About) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        if not _same(old.get(key, MISSING), new.get(key, MISSING)):
            before, after = (value_text(side[key]) if key in side else "" for side in (old, new))
            yield about.changed(key, before, after, key=key, structural=key in CONSTRAINTS)


def _shape(schema: Schema) -> object:
    """What makes two types different types, their names and what is inside of them apart."""
    if isinstance(schema, Union):
        return frozenset(map(_shape, schema.branches))
    return schema.kind, schema.logical, isinstance(schema, Record) and schema.is_error


def _branches(schema: Schema) -> tuple[Schema, ...]:
    return schema.branches if isinstance(schema, Union) else (schema,)


def _is_choice(union: Union) -> bool:
    """Whether there is more than null and one other."""
    return sum(branch.kind != "null" for branch in union.branches) > 1


def _same(one: Json | Missing, other: Json | Missing) -> bool:
    """Whether two values are the same JSON, which tells 0 from false; MISSING is the same as itself only."""
    return repr(one) == repr(other) or (MISSING not in (one, other) and _text(one) == _text(other))


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _short(schema: Schema) -> str:
    return schema.label.rpartition(".")[2]
