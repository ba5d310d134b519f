"""The plain JSON form of the older producers: wire names, no wrappers around union branches.

Times are milliseconds since 1970 or ISO 8601 text with an offset; UUIDs are text; bytes are base64.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from eccs_contracts._codec.constraints import show
from eccs_contracts.errors import Problem, ValidationError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI: Final = timedelta(milliseconds=1)


class Unfit(Exception):
    """Raised where a value is not of a type; its text is what was expected."""


@dataclass(frozen=True, slots=True)
class Plain:
    """One type: from JSON (raises Unfit) and to JSON."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class PlainField:
    """One field of a record; `default` makes a value where the field is left out, None where it must be there."""

    name: str
    attribute: str
    type: Plain
    personal: bool = False
    default: Callable[[], Any] | None = None


def read_record(model: type[Any], fields: tuple[PlainField, ...], value: Mapping[str, Any]) -> Any:
    """A record from its plain form.

    Raises:
        ValidationError: with every missing field, unknown field and wrong type.
    """
    if not isinstance(value, Mapping):
        raise ValidationError(model.__name__, (Problem("", "an object", type(value).__name__),))
    problems: list[Problem] = []
    made: dict[str, Any] = {}
    for one in fields:
        if one.name in value:
            made[one.attribute] = _read_field(one, value[one.name], problems)
        elif one.default is not None:
            made[one.attribute] = one.default()
        else:
            problems.append(Problem(one.name, "required", "missing"))
    known = {one.name for one in fields}
    problems += [Problem(str(name)[:60], "no such field", "given") for name in value if name not in known]
    if problems:
        raise ValidationError(model.__name__, tuple(problems))
    return model(**made)


def _read_field(field: PlainField, value: Any, problems: list[Problem]) -> Any:
    try:
        return field.type.read(value)
    except Unfit as error:
        problems.append(Problem(field.name, str(error), show(value, personal=field.personal)))
    except ValidationError as error:
        problems += [Problem(f"{field.name}.{one.field}", one.rule, one.value) for one in error.problems]
    return None


def write_record(fields: tuple[PlainField, ...], value: object) -> dict[str, Any]:
    """The plain form of a record."""
    return {one.name: one.type.write(getattr(value, one.attribute)) for one in fields}


def _same(value: Any) -> Any:
    return value


def _expect(kind: type, expected: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, kind):
            raise Unfit(expected)
        return value

    return read


def _whole(bits: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not -(1 << bits - 1) <= value < 1 << bits - 1:
            raise Unfit(f"a whole number of {bits} bits")
        return value

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit("text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit("text without lone surrogates") from None
    return value


def _uuid(value: Any) -> uuid.UUID:
    try:
        found = uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise Unfit("a UUID") from None
    if str(found) != value.lower():
        raise Unfit("a UUID of 36 characters")
    return found


def _instant(value: Any) -> datetime:
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return _EPOCH + timedelta(milliseconds=value)
        found = datetime.fromisoformat(value)
    except (ValueError, TypeError, OverflowError):
        raise Unfit("milliseconds since 1970, or ISO 8601 text with an offset") from None
    if found.tzinfo is None:
        raise Unfit("a time with an offset")
    return found.astimezone(UTC)


def _real(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Unfit("a number")
    return float(value)


def _from_text(make: Callable[[str], Any], expected: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            return make(value)
        except (ValueError, TypeError, InvalidOperation):
            raise Unfit(expected) from None

    return read


def _base64(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError from error


def _iso(value: Any) -> str:
    text: str = value.isoformat()
    return text


NULL: Final = Plain(_expect(type(None), "null"), _same)
BOOLEAN: Final = Plain(_expect(bool, "true or false"), _same)
INT: Final = Plain(_whole(32), _same)
LONG: Final = Plain(_whole(64), _same)
DOUBLE: Final = Plain(_real, _same)
STRING: Final = Plain(_text, _same)
BYTES: Final = Plain(_from_text(_base64, "base64 text"), lambda value: base64.b64encode(value).decode())
UUID: Final = Plain(_uuid, str)
INSTANT: Final = Plain(_instant, lambda value: (value - _EPOCH) // _MILLI)
LOCAL: Final = Plain(_from_text(datetime.fromisoformat, "ISO 8601 text"), _iso)
DATE: Final = Plain(_from_text(date.fromisoformat, "a date YYYY-MM-DD"), _iso)
TIME: Final = Plain(_from_text(time.fromisoformat, "a time HH:MM:SS"), _iso)
DECIMAL: Final = Plain(_from_text(Decimal, "a decimal as text"), str)


def enum(kind: Callable[[], type[StrEnum]]) -> Plain:
    """An enum, by its symbol."""
    return Plain(_from_text(lambda value: kind()(value), "one of the symbols"), str)  # noqa: PLW0108  the class comes late


def array(item: Plain) -> Plain:
    """An array."""
    is_list = _expect(list, "an array")
    return Plain(
        lambda value: [item.read(one) for one in is_list(value)],
        lambda value: [item.write(one) for one in value],
    )


def mapping(item: Plain) -> Plain:
    """A map."""
    is_dict = _expect(dict, "an object")
    return Plain(
        lambda value: {_text(key): item.read(one) for key, one in is_dict(value).items()},
        lambda value: {key: item.write(one) for key, one in value.items()},
    )


def union(*branches: tuple[tuple[type, ...], Plain]) -> Plain:
    """A union: read by the first branch that takes the value, written by the branch of the value's type."""

    def read(value: Any) -> Any:
        expected = []
        for _, branch in branches:
            try:
                return branch.read(value)
            except Unfit as error:
                expected.append(str(error))
            except ValidationError as error:
                expected.append(error.model)
        raise Unfit(" or ".join(expected))

    def write(value: Any) -> Any:
        return next(branch for kinds, branch in branches if type(value) in kinds).write(value)

    return Plain(read, write)


def record(model: Callable[[], Any]) -> Plain:
    """A record inside of a record."""
    return Plain(lambda value: model().from_json(value), lambda value: value.to_json())
