"""What lies in the DLQ, in numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from eccs_contracts.dead_letters.letters import Letter
from eccs_contracts.masking import ADDRESS

# From the youngest to the oldest; a letter counts under the first limit that it is younger than.
AGES: Final = (
    ("under 1 hour", timedelta(hours=1)),
    ("1 to 6 hours", timedelta(hours=6)),
    ("6 to 24 hours", timedelta(days=1)),
    ("1 to 3 days", timedelta(days=3)),
    ("3 to 7 days", timedelta(days=7)),
    ("7 to 30 days", timedelta(days=30)),
    ("30 days or more", timedelta.max),
)

# What differs from one message to the next and says nothing about the kind of the failure.
_VARIABLE: Final = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # UUID
    r"|\d{4}-\d\d-\d\dT[0-9:.+Z-]+"  # instant
    r"|'[^']*'|\"[^\"]*\""  # quoted value
    r"|\b\d{4,}\b"  # long number; codes of three digits and enhanced codes stay
)
_REASON: Final = 120
_LOOKED_AT: Final = 4_000  # characters of a reason; the contract allows 1,024


@dataclass(slots=True)
class Statistics:
    """Counts of letters; `count` adds to them.

    Attributes:
        again: letters whose original had been redriven before: still broken.
    """

    total: int = 0
    again: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    by_category: Counter[str] = field(default_factory=Counter)
    by_reason: Counter[str] = field(default_factory=Counter)
    by_topic: Counter[str] = field(default_factory=Counter)
    by_age: Counter[str] = field(default_factory=Counter)

    def count(self, letter: Letter, now: datetime) -> None:
        """Add a letter, its age taken at `now`."""
        failed = letter.failed_at
        self.total += 1
        self.again += letter.redrives > 0
        self.oldest = failed if self.oldest is None else min(self.oldest, failed)
        self.newest = failed if self.newest is None else max(self.newest, failed)
        self.by_category[letter.category] += 1
        self.by_reason[kind_of(letter.reason)] += 1
        self.by_topic[letter.topic or "unknown"] += 1
        self.by_age[age_band(now - failed)] += 1


def statistics(letters: Iterable[Letter], now: datetime) -> Statistics:
    """The numbers of letters, their ages taken at `now`."""
    found = Statistics()
    for letter in letters:
        found.count(letter, now)
    return found


def age_band(age: timedelta) -> str:
    """The name of the band of `AGES` that an age is in; an age below 0, of a clock ahead of ours, is the youngest."""
    return next(name for name, limit in AGES if age < limit or limit == timedelta.max)


def kind_of(reason: str) -> str:
    """A reason without what is different in each message: ids, instants, quoted values, long numbers."""
    return _VARIABLE.sub("…", ADDRESS.sub("…", reason[:_LOOKED_AT]))[:_REASON]
