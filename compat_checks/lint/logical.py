"""Rules about logical types (specification 1.12, "Logical Types")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compat_checks.findings import Fix
from compat_checks.lint.repair import drop, fix, replace
from compat_checks.lint.targets import FieldTarget, NodeTarget, single
from compat_checks.lint.words import closest
from compat_checks.logical import logical_type, max_digits
from compat_checks.notation import value_text
from compat_checks.rule import Hit
from compat_checks.schema import Fixed, Primitive, Schema

_MAX_DIGITS: Final = 38  # what BigQuery (NUMERIC), Snowflake, Spark and Flink hold
_KEYS: Final = ("logicalType", "precision", "scale")

# Logical type -> what it may stand on, for people; `logical.logical_type` decides.
NEEDS: Final = {
    "decimal": "bytes or fixed",
    "uuid": "string or fixed(16)",
    "date": "int",
    "time-millis": "int",
    "time-micros": "long",
    "timestamp-millis": "long",
    "timestamp-micros": "long",
    "timestamp-nanos": "long",
    "local-timestamp-millis": "long",
    "local-timestamp-micros": "long",
    "local-timestamp-nanos": "long",
    "duration": "fixed(12)",
}


def logical_type_ignored(target: NodeTarget) -> Iterator[Hit]:
    """A logical type is valid where it stands.

    What it does:
        Finds a `logicalType` that the specification does not know, that cannot stand on its type, or a decimal
        whose precision or scale is missing or wrong.

    Why it matters:
        Avro ignores it without a word: readers get the bare number or bytes, and nobody notices until a report is
        wrong.

    Example:
        `{"type": "int", "logicalType": "timestamp-millis"}`

    Use instead:
        `{"type": "long", "logicalType": "timestamp-millis"}`
    """
    schema = target.schema
    name = schema.props.get("logicalType")
    if "logicalType" not in schema.props or schema.logical:
        return
    likely = closest(name, NEEDS) if isinstance(name, str) and name not in NEEDS else []
    yield Hit(
        message=f"the logical type {value_text(name)} is ignored: {_reason(schema, name)}",
        place=schema.place / "logicalType",
        hint=f"did you mean {likely[0]}?" if likely else "correct it, or remove it",
        fixes=tuple(_renamed(schema, one) for one in likely),
    )


def logical_type_on_field(target: FieldTarget) -> Iterator[Hit]:
    """A logical type stands inside of the type, not beside it.

    What it does:
        Finds `logicalType` as an attribute of a field.

    Why it matters:
        Avro looks for it in the type only, and ignores it here: the field is a bare number or text.

    Example:
        `{"name": "at", "type": "long", "logicalType": "timestamp-millis"}`

    Use instead:
        `{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}`
    """
    field = target.field
    if "logicalType" in field.props:
        yield Hit(
            message=f"the logical type {value_text(field.props['logicalType'])} of a field is ignored",
            place=field.place / "logicalType",
            hint='move it into the type: {"type": …, "logicalType": …}',
            fixes=tuple(_moved(target)),
        )


def decimal_fits_warehouse(target: NodeTarget) -> Iterator[Hit]:
    """A decimal has 38 digits at most.

    What it does:
        Finds decimals with a larger precision.

    Why it matters:
        BigQuery, Snowflake, Spark and Flink hold 38 digits: their connectors refuse the topic, or cut the value.

    Example:
        `{"type": "bytes", "logicalType": "decimal", "precision": 64, "scale": 2}`

    Use instead:
        The precision that the largest value needs: 18 holds any amount of money.
    """
    logical = target.schema.logical
    if logical and logical.precision > _MAX_DIGITS:
        yield Hit(
            message=f"a decimal of {logical.precision} digits does not fit into a warehouse, which holds {_MAX_DIGITS}",
            place=target.schema.place / "precision",
            hint=f"use a precision of {_MAX_DIGITS} or less",
        )


def _reason(schema: Schema, name: object) -> str:
    if not isinstance(name, str):
        return "it is not a name"
    if name not in NEEDS:
        return "the specification has none of that name"
    if name != "decimal" or schema.kind not in ("bytes", "fixed"):
        label = f"fixed({schema.size})" if isinstance(schema, Fixed) else schema.kind
        return f"it needs {NEEDS[name]}, not {label}"
    precision, scale = schema.props.get("precision"), schema.props.get("scale", 0)
    if "precision" not in schema.props:
        return "a decimal needs a precision"
    if type(precision) is not int or precision < 1:
        return f"a precision is a whole number of 1 or more, not {value_text(precision)}"
    if type(scale) is not int or not 0 <= scale <= precision:
        return f"a scale is a whole number from 0 to the precision, {precision}, not {value_text(scale)}"
    return f"{schema.label} holds {max_digits(schema.size) if isinstance(schema, Fixed) else 0} digits, not {precision}"


def _renamed(schema: Schema, name: str) -> Fix:
    place = schema.place / "logicalType"
    return fix(f"Write {name}", place, [replace(place, name)], decided=schema.kind in NEEDS[name].split())


def _moved(target: FieldTarget) -> Iterator[Fix]:
    field, inner = target.field, single(target.field.type)
    if not isinstance(inner, Primitive) or inner.logical:
        return
    moved = {key: field.props[key] for key in _KEYS if key in field.props}
    props = {**inner.props, **moved}
    if logical_type(Primitive(place=inner.place, kind=inner.kind, props=props)):
        edits = [replace(inner.place, {"type": inner.kind, **props}), *(drop(field.place, key) for key in moved)]
        yield fix("Move the logical type into the type", field.place, edits)
