"""Schemas and folders of schemas, in few words."""

import json
from pathlib import Path
from typing import Any

from compat_checks.parse import parse_schema
from compat_checks.schema import Record

Json = Any

CONTRACTS = """version = 1

[topics.orders]
doc = "Orders."
partitions = 1
retention_ms = 1000

[topics.bills]
doc = "Bills."
partitions = 1
retention_ms = 1000

[subjects.orders-value]
topic = "orders"
record = "shop.Order"
file = "shop/Order.avsc"
compatibility = "FULL_TRANSITIVE"
owner = "shop"
version = "1.0.0"

[subjects.bills-value]
topic = "bills"
record = "shop.Bill"
file = "shop/Bill.avsc"
compatibility = "BACKWARD"
owner = "money"
version = "2.3.4"
"""


def field(name: str, type_: Json = "string", **more: Json) -> Json:
    """A field."""
    return {"name": name, "type": type_, **more}


def record(*fields: Json, name: str = "R", **more: Json) -> Json:
    """A record of the namespace n."""
    return {"type": "record", "name": name, "namespace": "n", "fields": list(fields), **more}


def enum(*symbols: str, name: str = "E", **more: Json) -> Json:
    """An enum."""
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def tree(*fields: Json, **more: Json) -> Record:
    """The tree of a record."""
    parsed = parse_schema(record(*fields, **more))
    assert isinstance(parsed, Record)
    return parsed


def shop(folder: Path) -> Path:
    """A folder of schemas: Order holds a Customer, which stands in a file of its own; Bill holds an Order."""
    customer = record(field("name"), name="Customer", namespace="shop")
    order = record(field("id"), field("customer", "Customer"), name="Order", namespace="shop")
    bill = record(field("order", "Order"), name="Bill", namespace="shop")
    for name, schema in (("Customer", customer), ("Order", order), ("Bill", bill)):
        write(folder / "shop" / f"{name}.avsc", schema)
    (folder / "contracts.toml").write_text(CONTRACTS, "utf-8")
    return folder


def write(path: Path, schema: Json) -> None:
    """Write a schema."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema, indent=2), "utf-8")


def add(path: Path, *fields: Json) -> None:
    """Add fields to the record of a file."""
    schema = json.loads(path.read_text("utf-8"))
    schema["fields"] += fields
    write(path, schema)


def declare(folder: Path, old: str, new: str) -> None:
    """Change the version of a subject in contracts.toml."""
    path = folder / "contracts.toml"
    path.write_text(path.read_text("utf-8").replace(f'"{old}"', f'"{new}"'), "utf-8")
