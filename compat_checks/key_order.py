"""Where in an object a person would put a new key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compat_checks.json_tree import Container, Item

_REACH: Final = 20  # items on each side that are looked at: enough to see a habit
_OTHERS: Final = ""  # stands for all keys that are not in a table

FIELD_KEYS: Final = ("name", "aliases", "type", "default", "order", "doc", _OTHERS)
TYPE_KEYS: Final = (
    *("type", "name", "namespace", "aliases", "doc", "items", "values", "size", "symbols", "default"),
    *("logicalType", "precision", "scale", _OTHERS, "fields"),
)


def place_of_key(key: str, path: Sequence[tuple[Container, int]]) -> int:
    """The index that a new key gets in the object at the end of a path.

    Where an object beside it in an array has the key, it follows the same keys as there; else it follows those that
    come before it in the order of Avro's own attributes.
    """
    parent, index = path[-1]
    target = parent.items[index].value
    if not isinstance(target, Container):
        return 0
    if not parent.is_object:
        for sibling in _nearest_first(parent.items, index):
            if isinstance(sibling.value, Container) and (before := _before(key, sibling.value)) is not None:
                return _after(before, target) or _by_table(key, target, path)
    return _by_table(key, target, path)


def _by_table(key: str, target: Container, path: Sequence[tuple[Container, int]]) -> int:
    order = FIELD_KEYS if _is_field(path) else TYPE_KEYS
    rank = order.index(key if key in order else _OTHERS)
    later = set(order[rank + 1 :])
    known = set(order)
    before = {item.key for item in target.items if (item.key if item.key in known else _OTHERS) not in later}
    return _after(before, target)


def _after(before: set[str], target: Container) -> int:
    """The index behind the last of some keys; 0 where none of them is there."""
    return max((index + 1 for index, item in enumerate(target.items) if item.key in before), default=0)


def _before(key: str, sibling: Container) -> set[str] | None:
    index = sibling.index(key)
    return None if index is None else {item.key for item in sibling.items[:index]}


def _is_field(path: Sequence[tuple[Container, int]]) -> bool:
    if len(path) < 3:
        return False
    record, index = path[-2]
    return record.is_object and record.items[index].key == "fields"


def _nearest_first(items: Sequence[Item], index: int) -> list[Item]:
    around = range(max(index - _REACH, 0), min(index + _REACH + 1, len(items)))
    return [items[one] for one in sorted(around, key=lambda one: abs(one - index)) if one != index]
