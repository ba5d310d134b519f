"""Rules about names."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import Final

from compat_checks.findings import Fix
from compat_checks.lint.repair import drop, fix, put
from compat_checks.lint.targets import FieldTarget, NamedTarget
from compat_checks.lint.words import camel, pascal, upper_snake
from compat_checks.rule import Hit
from compat_checks.schema import Enum, Field, Record
from compat_checks.source import Place

_PASCAL: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_CAMEL: Final = re.compile(r"_?[a-z][A-Za-z0-9]*")
_UPPER_SNAKE: Final = re.compile(r"[A-Z][A-Z0-9]*+(?:_[A-Z0-9]++)*+")

# The Java Language Specification 17, section 3.9, with its literals.
_JAVA: Final = frozenset(
    (
        *("abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class", "const", "continue"),
        *("default", "do", "double", "else", "enum", "extends", "final", "finally", "float", "for", "goto", "if"),
        *("implements", "import", "instanceof", "int", "interface", "long", "native", "new", "package", "private"),
        *("protected", "public", "return", "short", "static", "strictfp", "super", "switch", "synchronized", "this"),
        *("throw", "throws", "transient", "try", "void", "volatile", "while", "true", "false", "null"),
    )
)


def type_name_pascal_case(target: NamedTarget) -> Iterator[Hit]:
    """The name of a record, enum or fixed is in PascalCase.

    What it does:
        Finds names of types that do not start with a capital letter, or hold an underscore.

    Why it matters:
        Generators make classes of them: `email_request` becomes a class that no code review would let pass, or one
        that is renamed, differently in each language.

    Example:
        `{"type": "record", "name": "email_request", ...}`

    Use instead:
        `EmailRequest`. Where data is published, add the old full name as an alias.
    """
    name = target.schema.name
    if not _PASCAL.fullmatch(name):
        yield Hit(
            message=f"the name of the {target.schema.kind} is not in PascalCase",
            place=target.schema.place / "name",
            hint=_call_it(pascal(name), _PASCAL),
        )


def field_name_camel_case(target: FieldTarget) -> Iterator[Hit]:
    """The name of a field is in camelCase.

    What it does:
        Finds names of fields that do not start with a small letter, or hold an underscore. One underscore in front
        is allowed, for what an envelope adds.

    Why it matters:
        Mixed styles make every reader of a topic look names up, and end as two columns for one thing.

    Example:
        `{"name": "user_id", "type": "string"}`

    Use instead:
        `userId`. Where data is published, keep the old name as an alias, or ignore this with a reason.
    """
    name = target.field.name
    if _CAMEL.fullmatch(name):
        return
    better, place = camel(name), target.field.place
    edits = [put(place, "name", better), put(place, "aliases", [*target.field.aliases, name])]
    renaming = fix(f"Call it {better}, with the old name as an alias", place, edits, decided=False)
    yield Hit(
        message="the name of the field is not in camelCase",
        place=place / "name",
        hint=_call_it(better, _CAMEL),
        fixes=(renaming,) if _CAMEL.fullmatch(better) else (),
    )


def enum_symbol_upper_snake(target: NamedTarget) -> Iterator[Hit]:
    """The symbols of an enum are in UPPER_SNAKE_CASE.

    What it does:
        Finds symbols with small letters, or with an underscore at either end or twice in a row.

    Why it matters:
        Symbols become constants in each language. A symbol cannot be renamed later without breaking readers.

    Example:
        `"symbols": ["Sent", "not_sent"]`

    Use instead:
        `["SENT", "NOT_SENT"]`
    """
    if not isinstance(target.schema, Enum):
        return
    for index, symbol in enumerate(target.schema.symbols):
        if not _UPPER_SNAKE.fullmatch(symbol):
            yield Hit(
                message="the symbol is not in UPPER_SNAKE_CASE",
                place=target.schema.place / "symbols" / index,
                element=symbol,
                hint=_call_it(upper_snake(symbol), _UPPER_SNAKE),
            )


def reserved_word(target: NamedTarget) -> Iterator[Hit]:
    """A name is a word that Python or Java reserves.

    What it does:
        Holds names of types, fields and symbols, and the steps of namespaces, against the keywords of both.

    Why it matters:
        Generators rename it, each in its own way (`class_`, `class$`), and some write code that does not compile.

    Example:
        `{"name": "class", "type": "string"}`

    Use instead:
        A name that says more: `customerClass`.
    """
    for name, place, element in [*_namespace_steps(target), *_members(target)]:
        languages = " and ".join(_reserving(name))
        if languages:
            yield Hit(
                message=f'"{name}" is a reserved word of {languages}',
                place=place if place.position else target.schema.place / "name",
                element=element,
                hint="give it another name",
            )


def unique_short_name(target: NamedTarget) -> Iterator[Hit]:
    """A short name is given once in the folder.

    What it does:
        Finds types that differ from another one by their namespace only.

    Why it matters:
        Java's resolution and some generators look at short names only: one class overwrites the other in silence,
        and branches of a union are mistaken for each other.

    Example:
        `com.eccs.email.Address` and `com.eccs.billing.Address`.

    Use instead:
        Names that differ: `EmailAddress` and `BillingAddress`; or one type that both files use.
    """
    if target.twin:
        yield Hit(
            message=f"{target.twin.fullname} in {target.twin.place.source.path} has the same short name",
            place=target.schema.place / "name",
            hint="give it another name, or use the other type",
        )


def unique_name_ignoring_case(target: NamedTarget) -> Iterator[Hit]:
    """Names of fields, and symbols, differ by more than letter case and underscores.

    What it does:
        Compares the fields of a record, and the symbols of an enum, without case and underscores.

    Why it matters:
        SQL and most warehouses ignore case: one column wins. Generated Python attributes fall together as well.

    Example:
        Fields `userId` and `userid`, or `userId` and `user_id`.

    Use instead:
        One field; or names that say what differs.
    """
    seen: dict[str, str] = {}
    for name, place, _ in _members(target):
        first = seen.setdefault(name.replace("_", "").lower(), name)
        if first != name:
            yield Hit(
                message=f"{name} differs from {first} by letter case or underscores only",
                place=place,
                element=name,
                hint="give them names that say what differs, or remove one",
            )


def alias_unique(target: NamedTarget) -> Iterator[Hit]:
    """An alias of a field names no other field.

    What it does:
        Finds aliases that are the field's own name, the name of another field of the record, or an alias of one
        before it.

    Why it matters:
        A reader with such an alias takes data of one field for another, or refuses to read at all.

    Example:
        `{"name": "to", "aliases": ["cc"], ...}` beside a field `cc`.

    Use instead:
        Aliases are former names that nothing else has.
    """
    if not isinstance(target.schema, Record):
        return
    names = {field.name: field.name for field in target.schema.fields}
    claimed: dict[str, str] = {}
    for field in target.schema.fields:
        for index, alias in enumerate(field.aliases):
            other = names.get(alias) or claimed.setdefault(alias, field.name)
            if alias in names or other != field.name:
                what = (
                    "its own name"
                    if other == field.name
                    else f"{'the name' if alias in names else 'an alias'} of {other}"
                )
                yield Hit(
                    message=f"the alias {alias} is {what}",
                    place=field.place / "aliases" / index,
                    element=field.name,
                    hint="remove the alias",
                    fixes=(_without_alias(field, index, decided=other == field.name),),
                )


def _without_alias(field: Field, index: int, *, decided: bool) -> Fix:
    rest = [*field.aliases[:index], *field.aliases[index + 1 :]]
    edit = put(field.place, "aliases", rest) if rest else drop(field.place, "aliases")
    return fix(f"Remove the alias {field.aliases[index]}", field.place, [edit], decided=decided)


def _namespace_steps(target: NamedTarget) -> Iterator[tuple[str, Place, str]]:
    """The type's own name, and the steps of its namespace where that is not the one around it."""
    schema = target.schema
    yield schema.name, schema.place / "name", ""
    if schema.namespace != target.around:
        for step in schema.namespace.split("."):
            yield step, schema.place / "namespace", ""


def _members(target: NamedTarget) -> Iterator[tuple[str, Place, str]]:
    """Name, place and element of fields or symbols."""
    schema = target.schema
    if isinstance(schema, Record):
        for field in schema.fields:
            yield field.name, field.place / "name", field.name
    elif isinstance(schema, Enum):
        for index, symbol in enumerate(schema.symbols):
            yield symbol, schema.place / "symbols" / index, symbol


def _call_it(better: str, style: re.Pattern[str]) -> str:
    return f"call it {better}" if style.fullmatch(better) else "give it a name that starts with a letter"


def _reserving(name: str) -> Iterator[str]:
    if keyword.iskeyword(name):
        yield "Python"
    if name in _JAVA:
        yield "Java"
