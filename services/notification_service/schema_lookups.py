"""Which schemas are looked up: once for all records that wait for one, and never so many that others wait.

A schema that the registry does not have may be about to come (replication), so it is looked up a few times before its
records are given up. All times are the caller's.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from eccs_contracts.errors import UnknownSchema

_AT_ONCE: Final = 4  # look-ups at the same time: each takes a thread that others need, too
_SOON: Final = timedelta(milliseconds=50)  # while another record's look-up is under way
_EACH: Final = timedelta(milliseconds=2)  # about as long as a look-up takes: when a place is free again
_LATEST: Final = timedelta(seconds=10)
_AGAIN: Final = timedelta(seconds=1)  # between two look-ups of the same schema
_TRIES: Final = 3  # look-ups after the first one until its records are given up
_MOST: Final = 10_000  # schemas remembered; the one asked for longest ago is forgotten first


@dataclass(slots=True)
class _Lookup:
    tries: int = 0
    next_at: datetime | None = None
    missing: UnknownSchema | None = None


class SchemaLookups:
    """Belongs to one thread. A schema is named by any bytes that tell it from others."""

    def __init__(self) -> None:
        self._lookups: OrderedDict[bytes, _Lookup] = OrderedDict()
        self._under_way: set[bytes] = set()

    def begin(self, schema: bytes, now: datetime) -> datetime | UnknownSchema | None:
        """Return None if the schema is to be looked up now; then `found`, `unknown` or `failed` must follow.

        Otherwise return when to ask again, or the error if the registry did not have it a moment ago, and has been
        asked often enough.
        """
        lookup = self._lookups.setdefault(schema, _Lookup())
        self._lookups.move_to_end(schema)
        if len(self._lookups) > _MOST:
            self._lookups.popitem(last=False)
        if schema in self._under_way:
            return now + _SOON
        if lookup.next_at is not None and now < lookup.next_at:
            return lookup.missing or lookup.next_at
        if len(self._under_way) >= _AT_ONCE:
            return now + min(max(_SOON, _EACH * len(self._lookups)), _LATEST)
        self._under_way.add(schema)
        return None

    def found(self, schema: bytes) -> None:
        """Note that the registry has it."""
        self._under_way.discard(schema)
        self._lookups.pop(schema, None)

    def unknown(self, schema: bytes, error: UnknownSchema, now: datetime) -> bool:
        """Note that the registry does not have it, and return whether its records are to be given up."""
        lookup = self._ended(schema, now)
        lookup.tries += 1
        if lookup.tries > _TRIES:
            lookup.missing = error
        return lookup.missing is not None

    def failed(self, schema: bytes, now: datetime) -> None:
        """Note that the registry did not answer; that tells nothing of the schema."""
        self._ended(schema, now)

    def next_at(self, schema: bytes, now: datetime) -> datetime:
        """Return when a record of a schema that was looked up in vain may ask again."""
        lookup = self._lookups.get(schema)
        return (lookup.next_at if lookup else None) or now + _AGAIN

    def _ended(self, schema: bytes, now: datetime) -> _Lookup:
        self._under_way.discard(schema)
        lookup = self._lookups.setdefault(schema, _Lookup())
        lookup.next_at = now + _AGAIN
        return lookup
