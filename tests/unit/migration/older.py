"""Messages of older services for these tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MILLIS = 1_795_867_200_000  # NOW
ID = "7f1c2f7e-1111-4222-8333-444455556666"
PLAIN = {"id": ID, "to": "ada@example.com", "subject": "S", "body": "B", "userId": "u1", "timestamp": MILLIS}


def text(*without: str, **fields: Any) -> bytes:
    """A request in JSON: `PLAIN` with some fields instead, and without others."""
    return json.dumps({name: one for name, one in {**PLAIN, **fields}.items() if name not in without}).encode()


def with_raw(name: str, raw: str) -> bytes:
    """A request in JSON with a further field whose value is written as it is given."""
    return text()[:-1] + f', "{name}": {raw}}}'.encode()
