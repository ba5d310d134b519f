"""The bounds of a request's timestamp."""

from datetime import UTC, datetime, timedelta

import pytest

from eccs_contracts.timestamps import timestamp_problem

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MILLIS = 1_795_867_200_000  # NOW
DAY = 86_400_000
RULE = "from 2000-01-01 to one day ahead of now, in milliseconds since 1970"


@pytest.mark.parametrize("value", [MILLIS, MILLIS + DAY, 946_684_800_000, NOW, NOW + timedelta(days=1)])
def test_what_is_in_bounds_breaks_no_rule(value: datetime | int) -> None:
    """Both bounds are included."""
    assert timestamp_problem(value, NOW) is None


@pytest.mark.parametrize(
    "value", [MILLIS + DAY + 1, 946_684_799_999, 0, -1, 10**40, -(10**40), NOW + timedelta(days=2)]
)
def test_what_is_out_of_bounds_breaks_the_rule(value: datetime | int) -> None:
    """A millisecond beyond a bound is out of it, and so is a number that no datetime can hold."""
    assert timestamp_problem(value, NOW) == RULE


@pytest.mark.parametrize(
    ("value", "unit"),
    [(MILLIS // 1000, "seconds"), (MILLIS * 1000, "microseconds"), (MILLIS * 1_000_000, "nanoseconds")],
)
def test_another_unit_is_recognised(value: datetime | int, unit: str) -> None:
    """A number of another unit is refused with the unit that it seems to have."""
    assert timestamp_problem(value, NOW) == f"{RULE} (this looks like {unit})"


def test_seconds_that_were_read_as_an_instant_are_recognised() -> None:
    """The instant 1970-01-21 is what seconds become that were taken for milliseconds."""
    read = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=MILLIS // 1000)

    assert timestamp_problem(read, NOW) == f"{RULE} (this looks like seconds)"
