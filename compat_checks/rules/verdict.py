"""The registry's verdict as findings: one rule for each type of incompatibility that Java knows."""

from __future__ import annotations

from collections.abc import Iterator

from compat_checks import fixes
from compat_checks.classes import frozen
from compat_checks.findings import Edit, Fix
from compat_checks.levels import Direction
from compat_checks.matching import FieldMatch
from compat_checks.notation import type_text
from compat_checks.resolution import Incompatibility
from compat_checks.rule import Hit
from compat_checks.rules.names import keep_name, rename_fixes, renames
from compat_checks.schema import Enum, Field, Fixed, Record, Schema, Union
from compat_checks.source import Place


@frozen
class Found:
    """One incompatibility, with the elements that it is about.

    Attributes:
        forward: a published version reads the new one; else the new one reads a published version.
        element: "EmailRequest.to".
        field: the field at the element or around it, before and after; None at the top of a schema.
        old, new: the innermost types around the place.
        directions: who has to read whom at all.
    """

    incompatibility: Incompatibility
    forward: bool
    element: str
    field: FieldMatch | None
    old: Schema
    new: Schema
    directions: tuple[Direction, ...]

    @property
    def place(self) -> Place:
        """Where it is in the new schema."""
        return self.incompatibility.writer if self.forward else self.incompatibility.reader


def reader_field_missing_default_value(found: Found) -> Iterator[Hit]:
    """A reader has a field that the writer has not, and no default for it.

    What it does:
        Finds fields without a default that are new, for new readers; and fields without a default that are gone, for
        readers of the published versions.

    Why it matters:
        The reader cannot make a value up, and refuses the whole message.

    Example:
        `{"name": "priority", "type": "int"}` is added; or `source`, which had no default, is removed.

    Use instead:
        Add fields with a default, best of all `["null", T]` with the default null. Remove only fields that have one.
    """
    match = found.field
    repairs = _of_rename(match, found.directions) if match else ()
    renamed = "it seems to be a rename: see FIELD_RENAMED_WITHOUT_ALIAS" if repairs else ""
    if match and match.new is None and match.old is not None:
        index = match.old_record.fields.index(match.old)
        restored = fixes.restore_field(match.new_record, match.old, index)
        yield Hit(
            message=f"`{match.old.name}` is gone, and readers of the published version have no default for it",
            place=match.new_record.place / "name",
            element=found.element,
            hint=renamed or f"keep `{match.old.name}` until no such reader is left",
            fixes=repairs or (restored,),
        )
    elif match and match.old and match.new and found.forward:
        yield Hit(
            message=f"`{match.old.name}` became `{match.new.name}`, and readers of the published version know no alias",
            place=match.new.place / "name",
            element=found.element,
            hint=f"keep the name `{match.old.name}` until no such reader is left",
            fixes=(keep_name(match.new, match.old.name),),
        )
    elif match and match.new:
        yield Hit(
            message=f"`{match.new.name}` is new and has no default, so that older data cannot be read",
            place=match.new.place / "name",
            element=found.element,
            hint=renamed or "give it a default; null, where it can be missing",
            fixes=repairs or _defaults(match.new),
        )


def type_mismatch(found: Found) -> Iterator[Hit]:
    """A reader's type cannot take the writer's.

    What it does:
        Compares the types of what stands for the same thing. Allowed are the promotions of the specification: int to
        long, float and double; long to float and double; float to double; string and bytes into each other.

    Why it matters:
        The bytes of one type are no bytes of the other.

    Example:
        `"int"` becomes `"string"`.

    Use instead:
        Keep the type, and give the new one a field of its own.
    """
    match = found.field
    if match and match.old and not match.new:  # row 40: an enum with a default, compared with the record that lacks it
        yield from reader_field_missing_default_value(found)
    elif match and match.old and match.new:
        yield Hit(
            message=f"the type changed from {type_text(match.old.type)} to {type_text(match.new.type)}",
            place=match.new.place / "type",
            element=found.element,
            hint=f"keep {type_text(match.old.type)}, and give the new type a field of its own",
        )
    else:
        yield Hit(
            message=f"the type changed from {type_text(found.old)} to {type_text(found.new)}",
            place=found.place,
            element=found.element,
            hint=f"keep {type_text(found.old)}, or publish the new type as another subject",
        )


def name_mismatch(found: Found) -> Iterator[Hit]:
    """A named type was renamed.

    What it does:
        Compares the short names of records, enums and fixeds; an alias of the reader's counts.

    Why it matters:
        Avro tells types apart by their names.

    Example:
        The record `Address` becomes `PostalAddress`.

    Use instead:
        Under a backward level, give the type its old full name as an alias. Published readers know the old name only.
    """
    old, new = found.old, found.new
    if isinstance(old, Record | Enum | Fixed) and isinstance(new, Record | Enum | Fixed):
        alias = fixes.add_alias(new.place, old.fullname)
        yield Hit(
            message=f"{old.fullname} was renamed to {new.fullname}",
            place=new.place / "name",
            element=found.element,
            hint="keep the name: published readers know no other" if found.forward else "add the old name as an alias",
            fixes=() if found.forward else (alias,),
        )
    else:
        yield Hit(message=found.incompatibility.message, place=found.place, element=found.element)


def fixed_size_mismatch(found: Found) -> Iterator[Hit]:
    """A fixed changed its size.

    What it does:
        Compares the sizes of fixeds of one name.

    Why it matters:
        The wire does not say where a fixed ends: a reader of another size takes what follows for its last bytes.

    Example:
        `"size": 16` becomes `"size": 32`.

    Use instead:
        Define a fixed of another name, and give it a field of its own.
    """
    old, new = found.old, found.new
    before, after = (
        (old.size, new.size)
        if isinstance(old, Fixed) and isinstance(new, Fixed)
        else (found.incompatibility.message, "")
    )
    edits = (Edit("replace", f"{new.place.pointer}/size", before),)
    yield Hit(
        message=f"the size changed from {before} to {after}",
        place=new.place / "size",
        element=found.element,
        hint=f"keep the size {before}, and define a fixed of another name",
        fixes=(Fix(f"Set the size back to {before}", new.place.source.path or "", edits, decided=False),),
    )


def missing_enum_symbols(found: Found) -> Iterator[Hit]:
    """A reader's enum lacks symbols that the writer has, and has no default.

    What it does:
        Compares the symbols. The default of the enum itself saves the reader, the default of a field does not.

    Why it matters:
        The reader refuses the whole message where such a symbol comes.

    Example:
        `["A", "B"]` becomes `["A", "B", "C"]`, and the published enum has no default.

    Use instead:
        Give enums a default from the first version on; then symbols can be added. Keep symbols that are in use.
    """
    old, new = found.old, found.new
    if not isinstance(old, Enum) or not isinstance(new, Enum):
        yield Hit(message=found.incompatibility.message, place=found.place, element=found.element)
    elif found.forward:
        added = ", ".join(symbol for symbol in new.symbols if symbol not in old.symbols)
        yield Hit(
            message=f"new in the enum: {added}; readers of the published version have no default for it",
            place=new.place / "symbols",
            element=found.element,
            hint="publish a version with a default for the enum first, and the symbols when all readers have it",
        )
    else:
        gone = [symbol for symbol in old.symbols if symbol not in new.symbols]
        yield Hit(
            message=f"gone from the enum: {', '.join(gone)}; new readers have no default for it",
            place=new.place / "symbols",
            element=found.element,
            hint="keep the symbols",
            fixes=(fixes.set_value(new.place, "symbols", [*new.symbols, *gone]),),
        )


def missing_union_branch(found: Found) -> Iterator[Hit]:
    """A reader's union has no branch for what the writer writes.

    What it does:
        Looks for a branch that can read each branch of the writer. Where one of the right name fails because of
        something inside of it, that is the cause.

    Why it matters:
        The reader refuses the whole message where such a value comes.

    Example:
        `["null", "string"]` becomes `["null", "int"]`.

    Use instead:
        Add branches, deploying readers first; never take one away that is on the topic.
    """
    match = found.field
    if match and match.old and match.new:
        old, new = type_text(match.old.type), type_text(match.new.type)
        changed = f"from {old} to {new}" if old != new else f"inside of {new}"
        yield Hit(
            message=f"the union changed {changed}: a branch has no reader",
            place=match.new.place / "type",
            element=found.element,
            hint="keep the branches of published versions, and deploy readers before a new one is written",
        )
    else:
        yield Hit(
            message=f"the union lacks a branch: {found.incompatibility.message}",
            place=found.place,
            element=found.element,
            hint="keep the branches of published versions",
        )


def _of_rename(match: FieldMatch, directions: tuple[Direction, ...]) -> tuple[Fix, ...]:
    """The fix of the rename that the field is part of; none where it is not."""
    for old, new in renames(match.old_record, match.new_record):
        if old is match.old or new is match.new:
            return rename_fixes(directions, old, new)
    return ()


def _defaults(field: Field) -> tuple[Fix, ...]:
    """Ways to give a new field a default, the most honest first: null says that nothing was given."""
    if isinstance(field.type, Union):
        first = field.type.branches[0] if field.type.branches else None
        if any(branch.kind == "null" for branch in field.type.branches):
            return (
                (fixes.add_default(field, None),) if first and first.kind == "null" else (fixes.make_nullable(field),)
            )
    return (fixes.make_nullable(field),)
