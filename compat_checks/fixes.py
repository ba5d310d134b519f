"""The changes that rules suggest most, as edits of the file that a node of the schema tree stands in.

`decided` is the rule's to say: False where the edit is right only if a person meant something by the change.
"""

from __future__ import annotations

import json
from typing import Final

from compat_checks.classes import frozen
from compat_checks.defaults import default_problem
from compat_checks.findings import Edit, Fix
from compat_checks.json_pointer import value_at
from compat_checks.moving import Mover, definitions, namespace_at
from compat_checks.schema import Enum, Field, Record, Union
from compat_checks.source import Json, Place, escape

_MAX_SHOWN: Final = 40


@frozen
class Copy(Fix):
    """A fix that puts in one file what another one has.

    Attributes:
        source: the other file; where it has fixes of its own, they come first, for they may change what is copied.
    """

    source: str = ""


def set_value(place: Place, key: str, value: Json, *, decided: bool = True) -> Fix:
    """Give the object at a place a key, or the one that it has another value."""
    return _fix(f"Set `{key}` to {_shown(value)}", place, (_put(place, key, value),), decided=decided)


def add_default(field: Field, value: Json, *, decided: bool = True) -> Fix:
    """Give a field a default; `value` is its JSON form."""
    title = f"Add the default {_shown(value)} to `{field.name}`"
    return _fix(title, field.place, (_put(field.place, "default", value),), decided=decided)


def add_enum_default(enum: Enum, symbol: str, *, decided: bool = True) -> Fix:
    """Give an enum the symbol that stands for unknown ones."""
    title = f"Make `{symbol}` the default of the enum `{enum.name}`"
    return _fix(title, enum.place, (_put(enum.place, "default", symbol),), decided=decided)


def add_alias(place: Place, name: str, *, decided: bool = True) -> Fix:
    """Give the field or the named type at a place one more alias; no edit where it has it."""
    aliases = value_at(place).get("aliases")
    edits: tuple[Edit, ...]
    if not aliases:
        edits = (_put(place, "aliases", [name]),)
    elif name in aliases:
        edits = ()
    else:
        edits = (Edit("add", f"{place.pointer}/aliases/-", name),)
    return _fix(f"Add the alias `{name}`", place, edits, decided=decided)


def make_nullable(field: Field, *, decided: bool = True) -> Fix:
    """Let a field be null, and let null be its default: null is then the first branch."""
    edits: tuple[Edit, ...]
    if isinstance(field.type, Union):
        kinds = [branch.kind for branch in field.type.branches]
        edits = _to_front(field.type, kinds.index("null")) if "null" in kinds else (_add_null(field.type),)
    elif field.type.kind == "null":
        edits = ()
    else:
        place = field.place / "type"
        edits = (Edit("replace", place.pointer, ["null", value_at(place)]),)
    title = f"Make `{field.name}` nullable, with the default null"
    return _fix(title, field.place, (*edits, _put(field.place, "default", None)), decided=decided)


def order_branches(field: Field, *, decided: bool = True) -> Fix:
    """Put the branch of a field's default first; no edit where it is, or where there is no union or no default."""
    edits: tuple[Edit, ...] = ()
    title = f"Put the branch of the default of `{field.name}` first"
    if isinstance(field.type, Union) and field.has_default:
        fitting = (index for index, one in enumerate(field.type.branches) if not default_problem(one, field.default))
        index = next(fitting, 0)
        edits = _to_front(field.type, index)
        title = f"Put {field.type.branches[index].label}, the branch of the default, first in `{field.name}`"
    return _fix(title, field.place, edits, decided=decided)


def restore_field(record: Record, old: Field, index: int, *, decided: bool = True) -> Fix:
    """Put a field of another version, or of another record, into a record, where it stood.

    Types that the record's file defines are named, others are defined. Of types that only other files define the
    edit has the definition; `fix` puts the name in its place, for it knows all files.

    Args:
        record: as it is now.
        old: the field in its own text.
        index: of the field in its own record; fields before it tell where it goes.
        decided: whether it is certain that the field was not meant to go.
    """
    known = {name for name, _, _ in definitions(record.place.source.load())}
    mover = Mover(definitions(old.place.source.load()), record.namespace, known)
    value = dict(value_at(old.place))
    value["type"] = mover.schema(value["type"], namespace_at(old.place))
    at = max(_where_it_stood(record, old, index), _after_definitions(record, mover.used))
    edit = Edit("add", f"{record.place.pointer}/fields/{at}", value)
    title = f"Put the field `{old.name}` into `{record.name}`"
    return Copy(title, record.place.source.path or "", (edit,), decided, old.place.source.path or "")


def _fix(title: str, place: Place, edits: tuple[Edit, ...], *, decided: bool) -> Fix:
    return Fix(title, place.source.path or "", edits, decided)


def _put(place: Place, key: str, value: Json) -> Edit:
    return Edit("add", f"{place.pointer}/{escape(key)}", value)


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


def _add_null(union: Union) -> Edit:
    return Edit("add", f"{union.place.pointer}/0", "null")


def _to_front(union: Union, index: int) -> tuple[Edit, ...]:
    if index == 0:
        return ()
    branch = union.place / index
    return Edit("remove", branch.pointer), Edit("add", f"{union.place.pointer}/0", value_at(branch))


def _where_it_stood(record: Record, old: Field, index: int) -> int:
    """The index behind the nearest field before it that the record has, too."""
    around = value_at(Place(old.place.source, old.place.pointer.rpartition("/")[0]))
    before = [one["name"] for one in around[:index]]
    mine = [field.name for field in record.fields]
    return next((mine.index(name) + 1 for name in reversed(before) if name in mine), 0)


def _after_definitions(record: Record, used: set[str]) -> int:
    """The index behind the last field of a record that defines one of some names."""
    fields = value_at(record.place / "fields")
    defines = [used.intersection(name for name, _, _ in definitions(one["type"], record.namespace)) for one in fields]
    return max((index + 1 for index, names in enumerate(defines) if names), default=0)
