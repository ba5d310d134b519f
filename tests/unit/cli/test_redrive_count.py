"""How often a message was redriven: one reading of the header, for the loop guard and for the service."""

from __future__ import annotations

import pytest

from eccs_contracts.dead_letters.decision import MOST_REDRIVES
from eccs_contracts.headers import MAX_REDRIVES, REDRIVE_COUNT, redrive_count


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (b"0", 0),
        (b"3", 3),
        (b"10", 10),
        (b"11", MAX_REDRIVES),
        (b"12345678", MAX_REDRIVES),
        (b"9" * 1024, MAX_REDRIVES),
        (b"0" * 1023 + b"7", 7),
        (b"9" * 1025, 0),
        (b"-1", 0),
        (b"+1", 0),
        (b"1_0", 0),
        (b" 1", 0),
        (b"1.0", 0),
        ("٣", 0),  # a digit, and not one of ASCII
        (b"", 0),
        (None, 0),
    ],
)
def test_a_count_is_read_within_bounds(value: bytes | str | None, count: int) -> None:
    """Whatever somebody wrote into it."""
    assert redrive_count([(REDRIVE_COUNT, value)]) == count


def test_the_last_of_several_counts() -> None:
    """As of every header of ours."""
    assert redrive_count([(REDRIVE_COUNT, b"1"), (REDRIVE_COUNT, b"2")]) == 2
    assert redrive_count([]) == 0


def test_the_guard_stops_where_the_service_stops_counting() -> None:
    """Beyond it, the ledger would not let a message through."""
    assert MOST_REDRIVES == MAX_REDRIVES
