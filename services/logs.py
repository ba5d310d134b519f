"""Structured logs: one JSON object a line on standard error, without personal data."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.masking import mask_text
from eccs_contracts.settings import setting

LEVELS: Final = ("debug", "info", "warning", "error")
MOST: Final = 4_000  # characters of one field of a line


def log_level(env: Mapping[str, str]) -> str:
    """LOG_LEVEL, info unless it is set.

    Raises:
        ConfigurationError: it is none of LEVELS.
    """
    level = setting("LOG_LEVEL", "info", env).lower()
    if level not in LEVELS:
        raise ConfigurationError(f"LOG_LEVEL is {level!r}: one of {', '.join(LEVELS)} is expected")
    return level


def masked(text: str) -> str:
    """A field of a log line: e-mail addresses and the users of URIs become `***`, and at most MOST characters stay."""
    return mask_text(text, MOST)


class Log:
    """Writes lines of a level and above."""

    def __init__(self, level: str) -> None:
        """Take one of LEVELS."""
        self.set_level(level)

    def set_level(self, level: str) -> None:
        """Write nothing below one of LEVELS from here on."""
        self._least = LEVELS.index(level)

    def __call__(self, level: str, event: str, **fields: object) -> None:
        """Write one line; fields are ids, counts and reasons of ours, and addresses that slip in are masked."""
        if LEVELS.index(level) < self._least:
            return
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "event": event,
            **{name: masked(value) if isinstance(value, str) else value for name, value in fields.items()},
        }
        sys.stderr.write(json.dumps(entry, default=lambda value: masked(str(value))) + "\n")


class JsonHandler(logging.Handler):
    """What libraries log, in the same form; never a traceback, which may show a caller's values."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        level = "error" if record.levelno >= logging.ERROR else "warning"
        failure = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        self._log(level, "library", logger=record.name, message=record.getMessage(), error=failure)
