"""Schemas for the contract, as JSON texts."""

from __future__ import annotations

import json
from typing import Any


def record(*fields: Any, name: str = "R", **more: Any) -> str:
    """A record of fields; a name alone is an int without a default."""
    made = [{"name": one, "type": "int"} if isinstance(one, str) else one for one in fields]
    return json.dumps({"type": "record", "name": name, "fields": made, **more}, separators=(",", ":"))


def optional(name: str) -> dict[str, Any]:
    """An int with a default."""
    return {"name": name, "type": "int", "default": 0}


A = record("a")
A_OPTIONAL_B = record("a", optional("b"))
A_B = record("a", "b")
NOT_AVRO = '{"type":"nobody"}'
