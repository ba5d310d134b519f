"""What people are shown of a record: no personal data, by the tags of the schema, and instants that can be read.

A field that is tagged `"confluent:tags": ["PII"]` is masked. Where it holds a record with tags of its own, only what
those say is. In every other text e-mail addresses are masked: mail servers, for example, repeat them in what they say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeAlias

Tree: TypeAlias = Mapping[str, Any]

_TAGS: Final = "confluent:tags"
_PERSONAL: Final = "PII"
_MASKED: Final = "<masked>"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
ADDRESS: Final = re.compile(r"[^\s<>@\"'(),;:=]+@[^\s<>@\"'(),;:]+")


def masked(value: Tree, schema: str) -> dict[str, Any]:
    """A record in its plain JSON form, personal data replaced by how long it is.

    Args:
        value: what `to_json` of a generated model gave.
        schema: the model's schema.
    """
    root, named = _parsed(schema)
    shown: dict[str, Any] = _without_addresses(_record(root, value, _Look(named, masks=True, dates=False)))
    return shown


def dated(value: Tree, schema: str) -> dict[str, Any]:
    """A record in its plain JSON form, instants as people read them; parameters as `masked`."""
    root, named = _parsed(schema)
    shown: dict[str, Any] = _record(root, value, _Look(named, masks=False, dates=True))
    return shown


def mask(value: Any) -> Any:
    """What stands for personal data: its kind and length; None stays None."""
    if value is None:
        return None
    if isinstance(value, str):
        return f"<masked, {len(value)} characters>"
    return f"<masked, {len(value)} entries>" if isinstance(value, Mapping | list) else _MASKED


def mask_bytes(value: bytes | None) -> str | None:
    """What stands for bytes that may be personal data."""
    return None if value is None else f"<masked, {len(value)} bytes>"


def mask_text(value: str) -> str:
    """A text that somebody else wrote, for example a mail server, without e-mail addresses."""
    return ADDRESS.sub(_MASKED, value)


def _without_addresses(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {name: _without_addresses(one) for name, one in value.items()}
    return [_without_addresses(one) for one in value] if isinstance(value, list) else value


@lru_cache(maxsize=16)
def _parsed(schema: str) -> tuple[Tree, dict[str, Tree]]:
    root = json.loads(schema)
    named: dict[str, Tree] = {}
    _collect(root, "", named)
    return root, named


def _collect(node: Any, namespace: str, named: dict[str, Tree]) -> None:
    if isinstance(node, list):
        for one in node:
            _collect(one, namespace, named)
    elif isinstance(node, dict):
        namespace = node.get("namespace", namespace)
        if node.get("type") == "record":
            named[node["name"]] = named[f"{namespace}.{node['name']}"] = node
        for part in (node.get("fields", []), node.get("items"), node.get("values"), node.get("type")):
            _collect(part, namespace, named)


@dataclass(frozen=True, slots=True)
class _Look:
    """How a value is looked at: which types have names, whether what is tagged is masked, whether instants are text."""

    named: Mapping[str, Tree]
    masks: bool
    dates: bool


def _walk(node: Any, value: Any, look: _Look) -> Any:
    """A value of a type; of a union, what any of its branches changes is changed."""
    if isinstance(node, str):
        return _record(look.named[node], value, look) if node in look.named else value
    if isinstance(node, list):
        for one in node:
            value = _walk(one, value, look)
        return value
    if look.dates and node.get("logicalType") == "timestamp-millis" and isinstance(value, int):
        return (_EPOCH + timedelta(milliseconds=value)).isoformat(timespec="milliseconds")
    step = _STEPS.get(str(node["type"])) if isinstance(node["type"], str) else None
    return step(node, value, look) if step else _walk(node["type"], value, look)


def _record(node: Tree, value: Any, look: _Look) -> Any:
    if not isinstance(value, Mapping):
        return value
    shown = dict(value)
    for one in node["fields"]:
        if one["name"] in shown:
            shown[one["name"]] = _field(one, shown[one["name"]], look)
    return shown


def _field(one: Tree, value: Any, look: _Look) -> Any:
    records = _records(one["type"], look.named)
    inside = bool(records) and all(any(map(_tagged, each["fields"])) for each in records)
    return mask(value) if look.masks and _tagged(one) and not inside else _walk(one["type"], value, look)


def _array(node: Tree, value: Any, look: _Look) -> Any:
    return [_walk(node["items"], one, look) for one in value] if isinstance(value, list) else value


def _map(node: Tree, value: Any, look: _Look) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: _walk(node["values"], one, look) for name, one in value.items()}


def _records(node: Any, named: Mapping[str, Tree]) -> list[Tree]:
    """The records that a type holds, not looking into their fields."""
    if isinstance(node, str):
        return [named[node]] if node in named else []
    if isinstance(node, list):
        return [found for one in node for found in _records(one, named)]
    if node["type"] == "record":
        return [node]
    inner = next((node[part] for part in ("items", "values") if part in node), None)
    return _records(inner, named) if inner is not None else []


def _tagged(field: Tree) -> bool:
    return _PERSONAL in field.get(_TAGS, ())


_STEPS: Final[Mapping[str, Callable[[Tree, Any, _Look], Any]]] = {
    "record": _record,
    "array": _array,
    "map": _map,
}
