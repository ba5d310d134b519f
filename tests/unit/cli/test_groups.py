"""Lag and resets of groups, without a broker."""

from __future__ import annotations

import pytest

from eccs_contracts.groups import Earliest, Group, Lag, Latest, Offset, Target, Time, plan
from tests.unit.cli.letters import NOW


@pytest.mark.parametrize(
    ("committed", "low", "high", "lag"),
    [(4, 0, 10, 6), (None, 2, 10, 8), (10, 0, 10, 0), (1, 5, 10, 5), (12, 0, 10, 0)],
)
def test_lag_is_what_can_still_be_read(committed: int | None, low: int, high: int, lag: int) -> None:
    """Not what retention took, and never below 0."""
    assert Lag("t", 0, committed, low, high).lag == lag


def test_the_lag_of_a_group_is_that_of_its_partitions() -> None:
    """In all."""
    lags = [Lag("t", 0, 4, 0, 10), Lag("t", 1, None, 0, 3)]

    assert Group("g", "Empty", active=False, members=0, lags=lags).lag == 9


@pytest.mark.parametrize(
    ("target", "new", "change"),
    [
        (Earliest(), 2, -4),
        (Latest(), 10, 4),
        (Offset(8), 8, 2),
        (Offset(1), 2, -4),
        (Offset(99), 10, 4),
        (Time(NOW), 5, -1),
    ],
)
def test_a_reset_stays_within_the_partition(target: Target, new: int, change: int) -> None:
    """Below 0 is read again, above is never read."""
    (move,) = plan([Lag("t", 0, 6, 2, 10)], target, {("t", 0): 5})

    assert (move.new, move.change) == (new, change)


@pytest.mark.parametrize("at_time", [{("t", 0): -1}, {}, None])
def test_a_time_after_every_record_is_the_end(at_time: dict[tuple[str, int], int] | None) -> None:
    """As the broker says it with -1."""
    (move,) = plan([Lag("t", 0, None, 2, 10)], Time(NOW), at_time)

    assert (move.new, move.change) == (10, 8)
