"""Places in a list, as callers carry them: opaque, checked when they come back, bound to user and filters.

A cursor gives no right: every query is for the user of the token, whatever a cursor says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.email_service.problems import Broken, invalid
from services.web.numbers import whole

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """The next page starts after this e-mail."""

    created_at: datetime
    email_id: str


def scope(user: str, filters: Mapping[str, Any]) -> str:
    """Digest of what a cursor is good for."""
    text = json.dumps([user, sorted((name, str(value)) for name, value in filters.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write(place: Place, bound: str) -> str:
    """The cursor of a place in the list of a `scope`."""
    millis = (place.created_at - _EPOCH) // _MILLISECOND
    return base64.urlsafe_b64encode(f"1|{millis}|{place.email_id}|{bound}".encode()).decode().rstrip("=")


def read(cursor: str, bound: str) -> Place:
    """The place of a cursor.

    Raises:
        ApiError: 422, it is none of ours, or of another list.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        version, millis, email_id, of = text.split("|")
        place = Place(_EPOCH + _signed(millis) * _MILLISECOND, str(uuid.UUID(email_id)))
    except (ValueError, OverflowError):
        raise _refused() from None
    if version != "1" or of != bound or write(place, bound) != cursor:
        raise _refused()
    return place


def _signed(digits: str) -> int:
    found = whole(digits.removeprefix("-"))
    if found is None:
        raise ValueError(digits)
    return -found if digits.startswith("-") else found


def _refused() -> Exception:
    return invalid([Broken("cursor", "`next` of a page of the same list")])
