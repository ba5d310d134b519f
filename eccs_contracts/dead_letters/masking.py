"""Shows a record without personal data, by the tags of its schema, and with instants that people can read.

A field that is tagged `"confluent:tags": ["PII"]` is masked. If all records in its type have tags of their own, only
the tagged fields of these records are masked. In every other text, and in the keys of maps, e-mail addresses and the
user information of URIs are masked: mail servers, for example, repeat addresses in their replies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeAlias

from eccs_contracts._codec.resolving.shapes import FieldShape, Shape, shape_of
from eccs_contracts.masking import mask_text

__all__ = ["Masked", "dated", "mask", "mask_bytes", "mask_text", "masked"]

Tree: TypeAlias = Mapping[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Masked(str):
    """Stands for personal data. A page knows it by its class: a text from outside may look the same."""

    __slots__ = ()


def masked(value: Tree, schema: str) -> dict[str, Any]:
    """A record in its plain JSON form; personal data is replaced by its length.

    Args:
        value: what `to_json` of a generated model returned.
        schema: the model's schema, as text.

    Raises:
        DecodeError: the text is no schema.
    """
    shown: dict[str, Any] = _text_masked(_record(_parsed(schema), value, _Look(masks=True)))
    return shown


def dated(value: Tree, schema: str) -> dict[str, Any]:
    """A record in its plain JSON form; timestamps are ISO 8601 text. Parameters and errors as for `masked`."""
    shown: dict[str, Any] = _record(_parsed(schema), value, _Look(dates=True))
    return shown


def mask(value: Any) -> Any:
    """Replaces personal data by its kind and length; None stays None."""
    if value is None or isinstance(value, Masked):
        return value
    if isinstance(value, str):
        return Masked(f"<masked, {len(value)} characters>")
    return Masked(f"<masked, {len(value)} entries>" if isinstance(value, Mapping | list) else "<masked>")


def mask_bytes(value: bytes | None) -> str | None:
    """Replaces bytes that may be personal data by their number."""
    return None if value is None else Masked(f"<masked, {len(value)} bytes>")


def _text_masked(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Masked) else mask_text(value)
    if isinstance(value, Mapping):
        return _keys_masked({name: _text_masked(one) for name, one in value.items()})
    return [_text_masked(one) for one in value] if isinstance(value, list) else value


def _keys_masked(value: Tree) -> dict[str, Any]:
    """The same entries; keys that become equal by masking are numbered, so that none is lost."""
    shown: dict[str, Any] = {}
    for name, one in value.items():
        key = mask_text(name)
        shown[key if key not in shown else f"{key} ({len(shown) + 1})"] = one
    return shown


@lru_cache(maxsize=16)
def _parsed(schema: str) -> Shape:
    return shape_of(schema)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is changed: tagged values are masked, timestamps become text."""

    masks: bool = False
    dates: bool = False


def _walk(shape: Shape, value: Any, look: _Look) -> Any:
    """A value of a type. Plain JSON does not name the branch of a union: every branch that fits is applied."""
    if look.dates and shape.leaf == "timestamp-millis" and type(value) is int:
        return _instant(value)
    step = _STEPS.get(shape.kind)
    return step(shape, value, look) if step else value


def _instant(millis: int) -> Any:
    try:
        return (_EPOCH + timedelta(milliseconds=millis)).isoformat(timespec="milliseconds")
    except OverflowError:  # beyond the year 9999: the number says more than an error
        return millis


def _record(shape: Shape, value: Any, look: _Look) -> Any:
    if not isinstance(value, Mapping):
        return value
    shown = dict(value)
    for one in shape.fields:
        if one.name in shown:
            shown[one.name] = _field(one, shown[one.name], look)
    return shown


def _field(field: FieldShape, value: Any, look: _Look) -> Any:
    if not look.masks or not field.personal:
        return _walk(field.type, value, look)
    records = list(_records(field.type))
    return _personal(field.type, value) if records and all(map(_has_tags, records)) else mask(value)


def _personal(shape: Shape, value: Any) -> Any:
    """A value that is masked, except for the untagged fields of the records in it."""
    if shape.kind == "union":
        return _first_that_fits(shape, value)
    if shape.kind == "record" and isinstance(value, Mapping):
        return _record(shape, value, _Look(masks=True))
    if shape.kind == "array" and isinstance(value, list) and any(_records(shape)):
        return [_personal(shape.inner[0], one) for one in value]
    if shape.kind == "map" and isinstance(value, Mapping) and any(_records(shape)):
        return {name: _personal(shape.inner[0], one) for name, one in value.items()}
    return mask(value)


def _first_that_fits(union: Shape, value: Any) -> Any:
    """A value of a union; if several of its records have the same fields, what any of them tags is masked."""
    fitting = [one for one in union.inner if _fits(one, value)]
    if not fitting:
        return mask(value)
    for one in fitting:
        value = value if isinstance(value, Masked) else _personal(one, value)
    return value


def _fits(shape: Shape, value: Any) -> bool:
    if shape.kind == "record":
        return isinstance(value, Mapping) and set(value) <= {one.name for one in shape.fields}
    return isinstance(value, {"array": list, "map": Mapping}.get(shape.kind, ()))


def _array(shape: Shape, value: Any, look: _Look) -> Any:
    return [_walk(shape.inner[0], one, look) for one in value] if isinstance(value, list) else value


def _map(shape: Shape, value: Any, look: _Look) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: _walk(shape.inner[0], one, look) for name, one in value.items()}


def _union(shape: Shape, value: Any, look: _Look) -> Any:
    for one in shape.inner:
        value = _walk(one, value, look)
    return value


def _records(shape: Shape) -> Iterator[Shape]:
    """The records in a type, without looking into their fields."""
    if shape.kind == "record":
        yield shape
    for one in shape.inner:
        yield from _records(one)


def _has_tags(record: Shape) -> bool:
    return any(one.personal for one in record.fields)


_STEPS: Final[Mapping[str, Callable[[Shape, Any, _Look], Any]]] = {
    "record": _record,
    "array": _array,
    "map": _map,
    "union": _union,
}
