"""Rules that look at one type: what a registry, which knows no logical types, does not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compat_checks.rule import Hit
from compat_checks.rules.pairs import TypePair
from compat_checks.schema import LogicalType, Schema
from compat_checks.source import Place

_FAMILIES: Final = ("local-timestamp", "timestamp", "time")

# What a reader of the first loses of the second: digits that do not fit into its fraction.
_LOSSY: Final = {
    ("float", "int"): "beyond 2^24",
    ("float", "long"): "beyond 2^24",
    ("double", "long"): "beyond 2^53",
}


def decimal_scale_changed(pair: TypePair) -> Iterator[Hit]:
    """The scale of a decimal changed.

    What it does:
        Compares the scale of two decimals. A registry does not: to it both are bytes.

    Why it matters:
        The bytes on the wire hold the unscaled number only. A reader with another scale shifts the decimal point:
        12.34 written with scale 2 reads as 0.1234 with scale 4 in Java, without any error.

    Example:
        `{"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}` becomes `"scale": 4`.

    Use instead:
        Keep the scale. Add a second field with the new one, and retire the old field when nobody reads it.
    """
    both = _decimals(pair.old, pair.new)
    if both and both[0].scale != both[1].scale:
        old, new = both
        yield Hit(
            message=f"the scale changed from {old.scale} to {new.scale}: the same bytes are another number",
            place=pair.new.place / "scale" if "scale" in pair.new.props else pair.new.place,
            hint=f"keep the scale {old.scale}, and give another scale a field of its own",
        )


def decimal_precision_changed(pair: TypePair) -> Iterator[Hit]:
    """A reader's decimal holds fewer digits than the writer's.

    What it does:
        Compares the precision of two decimals for each side that reads.

    Why it matters:
        Numbers with more digits than the reader allows are refused by some libraries and cut by others, and only
        when such a number comes.

    Example:
        `"precision": 20` becomes `"precision": 10`, and a 12-digit amount is on the topic.

    Use instead:
        Widen only, and only where readers are deployed first; or add a field.
    """
    for reading in pair.readings():
        both = _decimals(reading.reader, reading.writer)
        if both and both[0].precision < both[1].precision:
            digits, written = both[0].precision, both[1].precision
            yield Hit(
                message=f"{reading.who} take {digits} digits of a decimal that is written with up to {written}",
                place=pair.new.place / "precision",
                hint="keep the precision, or deploy readers with the larger one first",
            )


def time_unit_changed(pair: TypePair) -> Iterator[Hit]:
    """The unit of a time or a timestamp changed.

    What it does:
        Compares the units of two times, timestamps or local timestamps.

    Why it matters:
        The wire holds a bare number. Milliseconds that are read as microseconds are an instant of January 1970,
        without any error.

    Example:
        `timestamp-millis` becomes `timestamp-micros`.

    Use instead:
        Keep the unit, or add a second field with the new one.
    """
    old, new = pair.old.logical, pair.new.logical
    if old and new and old != new and _family(old) == _family(new) != "":
        yield Hit(
            message=f"the unit changed from {old.name} to {new.name}: the same number is another instant",
            place=_logical_place(pair.new),
            hint=f"keep {old.name}, and give the other unit a field of its own",
        )


def logical_type_changed(pair: TypePair) -> Iterator[Hit]:
    """One logical type became another.

    What it does:
        Compares the logical types on both sides, where both have one.

    Why it matters:
        A registry ignores them, readers do not: a date (days) read as a time (milliseconds) is nonsense that looks
        like data.

    Example:
        `{"type": "int", "logicalType": "date"}` becomes `time-millis`.

    Use instead:
        Add a field with the new type.
    """
    old, new = pair.old.logical, pair.new.logical
    if old and new and old.name != new.name and not _family(old) == _family(new) != "":
        yield Hit(
            message=f"the logical type changed from {old.name} to {new.name}: the same value means something else",
            place=_logical_place(pair.new),
            hint="keep the logical type, and give the other one a field of its own",
        )


def logical_type_added(pair: TypePair) -> Iterator[Hit]:
    """A bare type got a logical type.

    What it does:
        Finds a type that had no logical type and has one now.

    Why it matters:
        The bytes stay the same, what readers make of them does not: a number becomes an instant. That is right only
        where every value on the topic has always been in that unit.

    Example:
        `"long"` becomes `{"type": "long", "logicalType": "timestamp-millis"}` while producers wrote seconds.

    Use instead:
        Make sure of the unit of what is published; then waive this finding with that as the reason.
    """
    if pair.old.kind == pair.new.kind and pair.new.logical and not pair.old.logical:
        yield Hit(
            message=f"{pair.old.kind} became {pair.new.logical.name}: right only if it always was in that unit",
            place=_logical_place(pair.new),
            hint="make sure of it, then waive this finding and say so",
        )


def logical_type_removed(pair: TypePair) -> Iterator[Hit]:
    """A type lost its logical type.

    What it does:
        Finds a type that had a logical type and has none now, or an invalid one, which Avro ignores.

    Why it matters:
        The bytes stay the same, but readers get a bare number or text where they had an instant, a decimal or a UUID,
        and generated classes change their types.

    Example:
        `{"type": "long", "logicalType": "timestamp-millis"}` becomes `"long"`.

    Use instead:
        Keep the logical type.
    """
    if pair.old.kind == pair.new.kind and pair.old.logical and not pair.new.logical:
        yield Hit(
            message=f"{pair.old.logical.name} became a bare {pair.new.kind}",
            place=pair.new.place,
            hint=f'put "logicalType": "{pair.old.logical.name}" back',
        )


def lossy_promotion(pair: TypePair) -> Iterator[Hit]:
    """A reader takes a wider number as a float, or bytes as text.

    What it does:
        Finds the promotions that Avro allows and that lose something: int or long read as float, long read as
        double, bytes read as string.

    Why it matters:
        The registry accepts them. Large ids and amounts change silently in their last digits; bytes that are not
        UTF-8 stop a reader.

    Example:
        `"long"` becomes `"double"`: 9007199254740993 reads as 9007199254740992.

    Use instead:
        Keep the type, or add a field with the new one.
    """
    for reading in pair.readings():
        kinds = (reading.reader.kind, reading.writer.kind)
        if limit := _LOSSY.get(kinds):
            message = f"{reading.who} take {kinds[1]} as {kinds[0]}: whole numbers {limit} change silently"
            yield Hit(message=message, place=pair.new.place, hint="keep the type, or add a field with the new one")
        elif kinds == ("string", "bytes"):
            message = f"{reading.who} take bytes as string: what is not UTF-8 cannot be read"
            yield Hit(message=message, place=pair.new.place, hint="keep the type, or add a field with the new one")


def _decimals(one: Schema, other: Schema) -> tuple[LogicalType, LogicalType] | None:
    if one.logical and other.logical and one.logical.name == other.logical.name == "decimal":
        return one.logical, other.logical
    return None


def _family(logical: LogicalType) -> str:
    return next((one for one in _FAMILIES if logical.name.startswith(f"{one}-")), "")


def _logical_place(schema: Schema) -> Place:
    return schema.place / "logicalType"
