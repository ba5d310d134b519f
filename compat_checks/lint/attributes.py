"""Rules about attributes that Avro does not know: it keeps them, and ignores them in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compat_checks.constraints import CONSTRAINTS
from compat_checks.json_pointer import value_at
from compat_checks.lint.repair import drop, fix, put
from compat_checks.lint.targets import AttributesTarget, NodeTarget, single
from compat_checks.lint.words import closest
from compat_checks.notation import TAGS, value_text
from compat_checks.rule import Hit
from compat_checks.schema import Field, NamedSchema

_NAMED: Final = ("name", "namespace", "type", "doc", "aliases")
_LOGICAL: Final = ("logicalType", "precision", "scale")
_SCALAR: Final = ("type", *_LOGICAL)

# Kind -> the attributes that it may have.
_KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "field": ("name", "type", "doc", "default", "order", "aliases", TAGS, *CONSTRAINTS),
    "record": (*_NAMED, "fields", TAGS),
    "enum": (*_NAMED, "symbols", "default"),
    "fixed": (*_NAMED, "size", *_LOGICAL),
    "array": ("type", "items"),
    "map": ("type", "values"),
}
# What may be put right without asking: nothing that the name of a type, or its shape, hangs on.
_DECIDED: Final = frozenset(("default", "doc", "order", "aliases", TAGS, *CONSTRAINTS, *_LOGICAL))
_SYNONYMS: Final = {"description": "doc", "comment": "doc", "documentation": "doc", "defaultvalue": "default"}

# What means something on a field only; the rest of a named type's attributes has a meaning there too.
_OF_FIELDS: Final = ("default", "order", *CONSTRAINTS)


def misspelt_attribute(target: AttributesTarget) -> Iterator[Hit]:
    """An attribute is not a slip of one that Avro knows.

    What it does:
        Finds unknown attributes that look like a known one: `defualt`, `aliasses`, `docs`, `logical_type`; and
        `description` where Avro says `doc`. Names with a prefix, such as `connect.name`, are passed over.

    Why it matters:
        Avro allows any attribute and ignores what it does not know. A misspelt default is no default: the schema is
        accepted, and breaks readers later.

    Example:
        `{"name": "attempt", "type": "int", "defualt": 0}`

    Use instead:
        `{"name": "attempt", "type": "int", "default": 0}`
    """
    known = _KNOWN.get(target.kind, _SCALAR)
    for key, value in target.props.items():
        if key in known or key in _OF_FIELDS or key in _LOGICAL or not key.replace("_", "").isalpha():
            continue
        meant = _SYNONYMS.get(key.lower()) or next(iter(closest(key, known)), None)
        if meant is None or meant not in known or meant in value_at(target.place):
            continue
        edits = [put(target.place, meant, value), drop(target.place, key)]
        yield Hit(
            message=f'Avro ignores the attribute "{key}"; did you mean "{meant}"?',
            place=target.place / key,
            hint=f'write "{meant}"',
            fixes=(fix(f'Call it "{meant}"', target.place, edits, decided=meant in _DECIDED),),
        )


def misplaced_attribute(target: NodeTarget) -> Iterator[Hit]:
    """An attribute of a field does not stand inside of its type.

    What it does:
        Finds `default`, `order` and constraints such as `maxLength` in a type.

    Why it matters:
        They mean something on a field only. In a type everybody ignores them: there is no default, and no limit.

    Example:
        `{"name": "attempt", "type": {"type": "int", "default": 0}}`

    Use instead:
        `{"name": "attempt", "type": "int", "default": 0}`
    """
    schema, field = target.schema, target.field
    for key in _OF_FIELDS:
        if key not in schema.props:
            continue
        value = schema.props[key]
        edits = [put(field.place, key, value), drop(schema.place, key)] if field else []
        movable = (
            field and single(field.type) is schema and not isinstance(schema, NamedSchema) and _is_free(field, key)
        )
        yield Hit(
            message=f"{key} {value_text(value)} in a type is ignored",
            place=schema.place / key,
            hint="move it to the field" if movable else "only a field can have it",
            fixes=(fix(f"Move {key} to the field", schema.place, edits),) if movable else (),
        )


def _is_free(field: Field, key: str) -> bool:
    if key == "default":
        return not field.has_default
    return key not in field.props and (key != "order" or field.order == "ascending")
