"""Structured logs: one JSON object a line on standard error, without personal data."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime


def log(level: str, event: str, **fields: object) -> None:
    """Write one line; fields must not be personal: ids, counts and reasons of ours only."""
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "event": event,
        **fields,
    }
    print(json.dumps(entry, default=str), file=sys.stderr, flush=True)
