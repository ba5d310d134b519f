"""A walk over two schemas in parallel: which elements of an old and a new one stand for the same thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from compat_checks.classes import frozen
from compat_checks.schema import PRIMITIVES, Array, Enum, Field, Fixed, Map, Record, Schema, Union


@frozen
class TypeMatch:
    """Two types; one side is None for a branch of a union that only the other has.

    Attributes:
        element: what people call it: "EmailRequest.templateData", "EmailDlq.originalHeaders[]".
        old_owner, new_owner: the field whose type it is, directly or inside of an array, a map or a union; None for
            the root.
    """

    old: Schema | None
    new: Schema | None
    element: str
    old_owner: Field | None = None
    new_owner: Field | None = None


@frozen
class FieldMatch:
    """Two fields; `new` is None for a removed one, `old` for an added one.

    Attributes:
        element: what people call it; for a renamed one, by its new name.
        renamed_by_alias: the names differ, and an alias of the new one is the name of the old one.
    """

    old: Field | None
    new: Field | None
    old_record: Record
    new_record: Record
    element: str
    renamed_by_alias: bool = False


Match: TypeAlias = TypeMatch | FieldMatch
_NAMED: Final = (Record, Enum, Fixed)
FieldPair: TypeAlias = tuple[Field | None, Field | None]
BranchPair: TypeAlias = tuple[Schema | None, Schema | None]


def matches(old: Schema, new: Schema) -> Iterator[Match]:
    """Every pair of elements, in the order of the new schema; what is removed follows what it followed before.

    A field comes before its type, and a type before what is inside of it. Each pair of named types is met once, where
    it is used first, so that recursion ends and a type that is used often costs little. A union against another type
    is a pair, and then the branch that fits best and the other type are one.
    """
    seen: set[tuple[int, int]] = set()
    stack: list[Match] = [TypeMatch(old, new, new.label.rpartition(".")[2])]
    while stack:
        match = stack.pop()
        if isinstance(match, FieldMatch):
            yield match
            continue
        before, after = match.old, match.new
        if before and after and before.kind in PRIMITIVES and after.kind in PRIMITIVES:
            yield match
            continue
        if isinstance(before, _NAMED) and isinstance(after, _NAMED):
            if (id(before), id(after)) in seen:
                continue
            seen.add((id(before), id(after)))
        yield match
        stack += reversed(_inside(match))


def match_fields(old: Record, new: Record) -> list[FieldPair]:
    """The fields of two records: by name, else by an alias of the new one.

    In the order of the new record; a removed field follows the one that it followed before.
    """
    before = {field.name: field for field in old.fields}
    kept = before.keys() & {field.name for field in new.fields}
    left = before.keys() - kept
    found: list[FieldPair] = []
    for field in new.fields:
        partner = before.get(field.name)
        name = None if partner or not left else next((alias for alias in field.aliases if alias in left), None)
        if name:
            left.remove(name)
            partner = before[name]
        found.append((partner, field))
    return _with_removed(found, old, left) if left else found


def match_branches(olds: Sequence[Schema], news: Sequence[Schema]) -> list[BranchPair]:
    """The branches of two unions: by full name or type, short name, alias; then the one that is left on each side.

    In the order of the new ones; the removed ones last.
    """
    left = {old.label: old for old in olds}
    if [*left] == [new.label for new in news]:
        return [*zip(olds, news, strict=True)]
    found: dict[int, Schema] = {}
    for name_of, names_of in _ALIKE:
        open_names = {name_of(old): old for old in reversed(left.values())}
        for index, new in enumerate(news):
            if index not in found and (name := next((one for one in names_of(new) if one in open_names), None)):
                found[index] = open_names.pop(name)
                del left[found[index].label]
    rest = [index for index, new in enumerate(news) if index not in found and new.kind != "null"]
    others = [old for old in left.values() if old.kind != "null"]
    if len(rest) == len(others) == 1:
        found[rest[0]] = left.pop(others[0].label)
    return [*((found.get(index), new) for index, new in enumerate(news)), *((old, None) for old in left.values())]


def best_branch(branches: Sequence[Schema], other: Schema) -> Schema | None:
    """The branch that stands for a type that is no union: the one alike, else the only one, else of its kind."""
    for name_of, names_of in _ALIKE:
        for branch in branches:
            if name_of(branch) in names_of(other) or name_of(other) in names_of(branch):
                return branch
    choices = [branch for branch in branches if branch.kind != "null"]
    if len(choices) > 1:
        choices = [branch for branch in choices if branch.kind == other.kind]
    return choices[0] if len(choices) == 1 else None


def _with_removed(found: Iterable[FieldPair], old: Record, removed: Iterable[str]) -> list[FieldPair]:
    followers: dict[str, list[FieldPair]] = {}
    last = ""  # the name of no field: what came first before comes first
    for field in old.fields:
        if field.name in removed:
            followers.setdefault(last, []).append((field, None))
        else:
            last = field.name
    result = followers.get("", [])
    for pair in found:
        result.append(pair)
        result += followers.get(pair[0].name, ()) if pair[0] else ()
    return result


def _inside(match: TypeMatch) -> list[Match]:
    match match.old, match.new:
        case Record() as old, Record() as new:
            return _in_records(old, new, match.element)
        case Union() as old, Union() as new:
            several = _is_choice(old) or _is_choice(new)
            pairs = match_branches(old.branches, new.branches)
            return [_branch(match, before, after, several=several) for before, after in pairs]
        case Union() as old, new if new and (best := best_branch(old.branches, new)):
            return [_branch(match, best, new, several=_is_choice(old))]
        case old, Union() as new if old and (best := best_branch(new.branches, old)):
            return [_branch(match, old, best, several=_is_choice(new))]
        case Array() as old, Array() as new:
            return [TypeMatch(old.items, new.items, f"{match.element}[]", match.old_owner, match.new_owner)]
        case Map() as old, Map() as new:
            return [TypeMatch(old.values, new.values, f"{match.element}{{}}", match.old_owner, match.new_owner)]
        case _:
            return []


def _in_records(old: Record, new: Record, element: str) -> list[Match]:
    found: list[Match] = []
    for before, after in match_fields(old, new):
        if before and after:
            name = f"{element}.{after.name}"
            found.append(FieldMatch(before, after, old, new, name, before.name != after.name))
            found.append(TypeMatch(before.type, after.type, name, before, after))
        elif one := after or before:
            found.append(FieldMatch(before, after, old, new, f"{element}.{one.name}"))
    return found


def _branch(match: TypeMatch, old: Schema | None, new: Schema | None, *, several: bool) -> TypeMatch:
    branch = new or old
    element = f"{match.element}<{_short(branch)}>" if several and branch else match.element
    return TypeMatch(old, new, element, match.old_owner, match.new_owner)


def _is_choice(union: Union) -> bool:
    """Whether there is more than null and one other."""
    return sum(branch.kind != "null" for branch in union.branches) > 1


def _short(schema: Schema) -> str:
    return schema.label.rpartition(".")[2]


def _label(schema: Schema) -> str:
    return schema.label


def _aliases(schema: Schema) -> tuple[str, ...]:
    return schema.aliases if isinstance(schema, _NAMED) else ()


# What makes two branches alike, the surest first: a name of the old one is among the names of the new one.
_ALIKE: Final[tuple[tuple[Callable[[Schema], str], Callable[[Schema], tuple[str, ...]]], ...]] = (
    (_label, lambda schema: (schema.label,)),
    (_short, lambda schema: (_short(schema),)),
    (_label, _aliases),
)
