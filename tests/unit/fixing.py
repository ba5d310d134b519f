"""A record to fix, and short ways to write findings and fixes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from compat_checks.findings import Edit, Finding, Fix, Severity
from compat_checks.fix import planned
from compat_checks.parse import parse_schema
from compat_checks.schema import Field, Record
from compat_checks.source import Source

ORDER = """\
{
  "type": "record",
  "name": "Order",
  "namespace": "shop",
  "fields": [
    {"name": "id", "type": "string"},
    {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "SENT"]}},
    {"name": "note", "type": ["string", "null"], "default": "-"}
  ]
}
"""
TEXTS = {"order.avsc": ORDER}


def finding(*suggested: Fix, rule: str = "RULE", waived: str = "") -> Finding:
    """A finding with fixes."""
    return Finding(rule=rule, severity=Severity.ERROR, message="wrong", fixes=suggested, waived=waived)


def fix(*edits: Edit, title: str = "Do it", path: str = "order.avsc", decided: bool = True) -> Fix:
    """A fix of the order."""
    return Fix(title, path, edits, decided)


def record(text: str, path: str = "order.avsc") -> Record:
    """The tree of a text."""
    schema = parse_schema(Source(text, path))
    assert isinstance(schema, Record)
    return schema


def field(name: str, text: str = ORDER) -> Field:
    """A field of it."""
    return next(one for one in record(text).fields if one.name == name)


def applied(suggested: Fix, texts: Mapping[str, str] = TEXTS) -> dict[str, Any]:
    """The JSON of the file after one fix, which must have been made."""
    plan = planned([finding(suggested)], texts)
    assert plan.left == ()
    (one,) = plan.files
    made: dict[str, Any] = json.loads(one.new)
    return made


def set_doc(place: str, doc: str = "D.") -> Edit:
    """An edit that gives a doc."""
    return Edit("add", f"{place}/doc", doc)
