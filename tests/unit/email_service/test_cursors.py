"""Cursors: what comes back as it went out, and nothing else."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.email_service import cursors
from services.email_service.problems import ApiError

_BOUND = cursors.scope("u1", {"state": "sent"})
_PLACE = cursors.Place(datetime(2030, 1, 1, tzinfo=UTC), str(UUID(int=1, version=4)))


@given(st.integers(0, 4 * 10**12), st.uuids())
def test_a_cursor_gives_its_place_back(millis: int, email_id: UUID) -> None:
    """To the millisecond, which is what the ledger keeps."""
    place = cursors.Place(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis), str(email_id))

    assert cursors.read(cursors.write(place, _BOUND), _BOUND) == place


@pytest.mark.parametrize(
    "other",
    [cursors.scope("u2", {"state": "sent"}), cursors.scope("u1", {"state": "dead"}), cursors.scope("u1", {})],
)
def test_a_cursor_of_another_list_is_refused(other: str) -> None:
    """Of another user, or with other filters."""
    with pytest.raises(ApiError, match="1 rule is broken"):
        cursors.read(cursors.write(_PLACE, other), _BOUND)


@given(st.text(max_size=120) | st.binary(max_size=90).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_what_is_made_up_is_refused(text: str) -> None:
    """With 422, whatever it is."""
    with pytest.raises(ApiError) as caught:
        cursors.read(text, _BOUND)

    assert caught.value.status == 422


@pytest.mark.parametrize("inner", ["2|0|{id}|{of}", "1|99999999999999999|{id}|{of}", "1|x|{id}|{of}", "1|0|x|{of}"])
def test_a_place_that_cannot_be_is_refused(inner: str) -> None:
    """Another version, no such instant, no id."""
    text = inner.format(id=_PLACE.email_id, of=_BOUND)
    with pytest.raises(ApiError):
        cursors.read(base64.urlsafe_b64encode(text.encode()).decode().rstrip("="), _BOUND)
