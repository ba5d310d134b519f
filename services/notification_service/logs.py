"""Structured logs: one JSON object a line on standard error, without personal data."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Final

_ADDRESS: Final = re.compile(r"[^\s<>\"'=(),;:]+@[^\s<>\"'(),;:]+")


def masked(text: str) -> str:
    """The text with whatever looks like an e-mail address, or the user of a URI, replaced by `***`."""
    return _ADDRESS.sub("***", text) if "@" in text else text


def log(level: str, event: str, **fields: object) -> None:
    """Write one line; fields are ids, counts and reasons of ours, and addresses that slip in are masked."""
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "event": event,
        **{name: masked(value) if isinstance(value, str) else value for name, value in fields.items()},
    }
    print(json.dumps(entry, default=lambda value: masked(str(value))), file=sys.stderr, flush=True)


class JsonHandler(logging.Handler):
    """What libraries log, in the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        log(record.levelname.lower(), "library", logger=record.name, message=record.getMessage())
