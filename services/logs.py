"""Structured logs: one JSON object a line on standard error, without personal data."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.masking import mask_text
from eccs_contracts.settings import setting

LEVELS: Final = ("debug", "info", "warning", "error")
AUDIT: Final = "audit"  # `channel` of the lines that say who did what
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
        if LEVELS.index(level) >= self._least:
            _write({"level": level, "event": event, **_masked_fields(fields)})

    def audit(self, event: str, user: str, **fields: object) -> None:
        """Write who did what, whatever the level is; the user is named although most subjects look like addresses.

        Args:
            event: what was done.
            user: the subject of the token, as it is.
            fields: masked like those of any line.
        """
        _write({"level": "info", "channel": AUDIT, "event": event, **_masked_fields(fields), "user": user})


def _masked_fields(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: masked(value) if isinstance(value, str) else value for name, value in fields.items()}


def _write(entry: Mapping[str, object]) -> None:
    """Write one line, in ASCII: nothing in a value can break the line or steer a terminal."""
    stamped = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **entry}
    sys.stderr.write(json.dumps(stamped, default=lambda value: masked(str(value))) + "\n")


@dataclass(slots=True)
class _Repeat:
    since: float
    dropped: int = 0


class Repeats:
    """Bounds how often the same thing is logged: once in a period, then how often it came again.

    At most `most` different things are told apart in a period; the others count as one. Knows no clock.
    """

    def __init__(self, period: float = 60.0, most: int = 200) -> None:
        """Take the period in seconds, and how many things are told apart."""
        self._period = period
        self._most = most
        self._seen: dict[tuple[str, str], _Repeat] = {}

    def first(self, key: tuple[str, str], now: float) -> bool:
        """Whether this is to be written; counts it if not. `now` is in seconds of a steady clock."""
        if key not in self._seen and len(self._seen) >= self._most:
            key = ("", "others")
        found = self._seen.get(key)
        if found is None:
            self._seen[key] = _Repeat(now)
            return True
        found.dropped += 1
        return False

    def ended(self, now: float) -> list[tuple[tuple[str, str], int]]:
        """What came again in periods that are over, and how often; starts their next period."""
        over = [key for key, one in self._seen.items() if now - one.since >= self._period]
        gone = [(key, self._seen.pop(key).dropped) for key in over]
        return [(key, dropped) for key, dropped in gone if dropped]


class JsonHandler(logging.Handler):
    """What libraries log, in the same form; never a traceback, which may show a caller's values.

    A message that comes again is counted, and the count is written with the first record after a minute: a library
    that fails in a loop would fill the disk.
    """

    def __init__(self, log: Log, repeats: Repeats | None = None) -> None:
        super().__init__()
        self._log = log
        self._repeats = repeats or Repeats()
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, unless one like it was written in this minute."""
        key = (record.name, str(record.msg).partition("\n")[0][:200])
        with self._guard:
            now = time.monotonic()
            ended = self._repeats.ended(now)
            first = self._repeats.first(key, now)
        for (name, message), count in ended:
            self._log("warning", "library repeated", logger=name, message=message, count=count)
        if first:
            level = "error" if record.levelno >= logging.ERROR else "warning"
            failure = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
            self._log(level, "library", logger=record.name, message=record.getMessage(), error=failure)
