"""Rules about what a value is: times, money, identities, unions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compat_checks.findings import Fix
from compat_checks.json_pointer import value_at
from compat_checks.lint.repair import fix, replace
from compat_checks.lint.targets import FieldTarget, NodeTarget, leaves
from compat_checks.lint.words import UNITS, words
from compat_checks.rule import Hit
from compat_checks.schema import Schema, Union

_NUMBERS: Final = ("int", "long", "float", "double")
_TIMES: Final = frozenset(("at", "date", "datetime", "instant", "time", "timestamp"))
_SPANS: Final = frozenset(("backoff", "delay", "duration", "elapsed", "interval", "latency", "timeout", "ttl"))
# A time with one of these words in its name is how long something takes, not when it is.
_TAKES: Final = frozenset(
    (
        *("average", "cycle", "down", "elapsed", "execution", "idle", "lead", "processing", "response", "round"),
        *("run", "travel", "trip", "up", "wait", "waiting"),
    )
)
_MONEY: Final = frozenset(
    (
        *("amount", "balance", "charge", "cost", "fare", "fee", "payment", "price", "refund", "revenue", "salary"),
        *("subtotal", "tax", "wage"),
    )
)


def time_has_logical_type(target: FieldTarget) -> Iterator[Hit]:
    """An instant or a date has a logical type.

    What it does:
        Finds bare numbers in fields whose names end as times do: `*At`, `*Time`, `*Date`, `timestamp`, with or without
        a unit behind it. A time that something takes (`responseTime`) is not one.

    Why it matters:
        Seconds or milliseconds? Each reader guesses, and the wrong guess is a date in 1970 or in the year 58000.
        With a logical type, readers and warehouses get a real time.

    Example:
        `{"name": "createdAt", "type": "long"}`

    Use instead:
        `{"name": "createdAt", "type": {"type": "long", "logicalType": "timestamp-millis"}}`
    """
    last = _last_word(target.field.name)
    if last not in _TIMES or _is_span(target.field.name) or "logicalType" in target.field.props:
        return
    for leaf in _bare_numbers(target.field.type):
        logical = "date" if last == "date" and leaf.kind == "int" else "timestamp-millis"
        yield Hit(
            message=f"a time is a bare {leaf.kind}: nobody knows its unit",
            place=leaf.place,
            hint=f'use {{"type": "{"int" if logical == "date" else "long"}", "logicalType": "{logical}"}}',
            fixes=_with_logical(leaf, logical) if leaf.kind == "long" or logical == "date" else (),
        )


def duration_has_unit(target: FieldTarget) -> Iterator[Hit]:
    """The name of a duration says its unit.

    What it does:
        Finds numbers in fields that are called `*Delay`, `*Timeout`, `*Duration`, `responseTime` and the like.

    Why it matters:
        Avro has no logical type for a span of milliseconds, so the name is the only place for the unit. A delay taken
        for seconds is a thousand times too long.

    Example:
        `{"name": "backoffDelay", "type": "long"}`

    Use instead:
        `{"name": "backoffDelayMs", "type": "long"}`
    """
    name = target.field.name
    if words(name)[-1:] and words(name)[-1] not in UNITS and _is_span(name):
        for leaf in _bare_numbers(target.field.type):
            yield Hit(
                message=f"the name of a duration ({leaf.kind}) does not say its unit",
                place=target.field.place / "name",
                hint=f"call it {name}Ms, or whatever its unit is",
            )


def money_not_float(target: FieldTarget) -> Iterator[Hit]:
    """An amount of money is not binary floating point.

    What it does:
        Finds float and double in fields whose names end in amount, price, cost, fee, balance and the like.

    Why it matters:
        0.1 + 0.2 is not 0.3 in float or double: sums are off by cents, and two systems disagree about which.

    Example:
        `{"name": "totalPrice", "type": "double"}`

    Use instead:
        `{"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 2}`, or a long of cents.
    """
    if not {word.removesuffix("s") for word in words(target.field.name)[-1:]} & _MONEY:
        return
    for leaf in leaves(target.field.type):
        if leaf.kind in ("float", "double"):
            yield Hit(
                message=f"money is a {leaf.kind}, which cannot hold cents exactly",
                place=leaf.place,
                hint='use {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 2}',
            )


def uuid_for_identity(target: FieldTarget) -> Iterator[Hit]:
    """An identity that looks like a UUID says that it is one.

    What it does:
        Finds plain strings in fields called `id`, `*Uuid` or `*Guid`.

    Why it matters:
        Readers get an ordinary text and compare "A1…" with "a1…" as different; nothing checks that it is a UUID.

    Example:
        `{"name": "id", "type": "string"}`

    Use instead:
        `{"name": "id", "type": {"type": "string", "logicalType": "uuid"}}`; or a name that says what it is.
    """
    name = target.field.name
    if (name != "id" and words(name)[-1:] not in (("uuid",), ("guid",))) or "logicalType" in target.field.props:
        return
    for leaf in leaves(target.field.type):
        if leaf.kind == "string" and "logicalType" not in leaf.props:
            yield Hit(
                message="an identity is a plain string",
                place=leaf.place,
                hint='use {"type": "string", "logicalType": "uuid"} if it is a UUID',
                fixes=_with_logical(leaf, "uuid"),
            )


def union_of_several(target: NodeTarget) -> Iterator[Hit]:
    """A union has two branches or more.

    What it does:
        Finds unions of one type, and of none.

    Why it matters:
        A union of one costs a byte in every message and a wrapper in every generated class; no value at all fits
        a union of none. Both are what is left of a change that was not finished.

    Example:
        `{"name": "source", "type": ["string"]}`

    Use instead:
        `"type": "string"`, or `["null", "string"]` where the value is optional.
    """
    schema = target.schema
    if not isinstance(schema, Union) or len(schema.branches) > 1:
        return
    if not schema.branches:
        yield Hit(message="the union has no branch, so no value fits", place=schema.place, hint="name its types")
        return
    label = schema.branches[0].label
    edits = [replace(schema.place, value_at(schema.place)[0])]
    yield Hit(
        message=f"the union has one branch, {label}",
        place=schema.place,
        hint=f"write {label}, or add null in front",
        fixes=(fix(f"Write {label} instead of a union", schema.place, edits, decided=False),),
    )


def _last_word(name: str) -> str:
    """The last word that is not a unit: `createdAtMs` -> at."""
    return next((word for word in reversed(words(name)) if word not in UNITS), "")


def _is_span(name: str) -> bool:
    return _last_word(name) in _SPANS or (_last_word(name) == "time" and not _TAKES.isdisjoint(words(name)))


def _bare_numbers(schema: Schema) -> Iterator[Schema]:
    return (leaf for leaf in leaves(schema) if leaf.kind in _NUMBERS and "logicalType" not in leaf.props)


def _with_logical(leaf: Schema, logical: str) -> tuple[Fix, ...]:
    """What a person may want: the type as it is, with a logical type."""
    value = {"type": leaf.kind, **leaf.props, "logicalType": logical}
    return (fix(f"Make it a {logical}", leaf.place, [replace(leaf.place, value)], decided=False),)
