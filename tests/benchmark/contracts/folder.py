"""A folder of many subjects with a long history each, made for measuring."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_TYPES: tuple[Any, ...] = (
    "string",
    "long",
    {"type": "long", "logicalType": "timestamp-millis"},
    "boolean",
    "double",
    {"type": "map", "values": "string"},
    {"type": "array", "items": "string"},
)


def record(subject: int, version: int) -> dict[str, Any]:
    """A record of 10 fields that gains an optional field with each version."""
    base = [
        {"name": f"field{at}", "type": _TYPES[(subject + at) % len(_TYPES)], "doc": f"Field {at}."} for at in range(8)
    ]
    address = {
        "type": "record",
        "name": f"Address{subject}",
        "doc": "An address.",
        "fields": [{"name": "city", "type": "string", "doc": "City."}],
    }
    state = {"type": "enum", "name": f"State{subject}", "doc": "A state.", "symbols": ["NEW", "OLD"], "default": "NEW"}
    nested = [
        {"name": "address", "type": address, "doc": "Address."},
        {"name": "state", "type": state, "doc": "State."},
    ]
    added = [
        {
            "name": f"added{at}",
            "type": ["null", _TYPES[at % len(_TYPES)]],
            "default": None,
            "doc": f"Added in v{at + 2}.",
        }
        for at in range(version - 1)
    ]
    name = f"Order{subject}"
    return {
        "type": "record",
        "name": name,
        "namespace": "com.example",
        "doc": "An order.",
        "fields": base + nested + added,
    }


def write(folder: Path, subjects: int, versions: int) -> None:
    """Write `folder/now`, a folder of schemas, and `folder/published/<subject>/v<N>.avsc`."""
    now = folder / "now"
    (now / "com" / "example").mkdir(parents=True)
    tables = ["version = 1\n"]
    for subject in range(subjects):
        name = f"orders{subject}"
        (now / "com" / "example" / f"Order{subject}.avsc").write_text(
            json.dumps(record(subject, versions + 1), indent=2)
        )
        home = folder / "published" / f"{name}-value"
        home.mkdir(parents=True)
        for version in range(1, versions + 1):
            (home / f"v{version}.avsc").write_text(json.dumps(record(subject, version), indent=2))
        tables.append(_tables(name, subject))
    (now / "contracts.toml").write_text("\n".join(tables))


def _tables(name: str, subject: int) -> str:
    return f"""
[topics.{name}]
doc = "Orders."
partitions = 1
retention_ms = 1000
cleanup_policy = "delete"
environments.dev = {{ replication_factor = 1, configs = {{}} }}

[subjects.{name}-value]
topic = "{name}"
key = "string"
record = "com.example.Order{subject}"
file = "com/example/Order{subject}.avsc"
compatibility = "FULL_TRANSITIVE"
owner = "orders"
version = "1.0.0"
"""
