"""What counts as a membership that makes no progress."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from eccs_contracts.delivery import CircuitBreaker, Desk, FloodGuard
from services.notification_service.clock import Clock
from services.notification_service.gates import Gates
from services.notification_service.lookout import Lookout
from services.notification_service.metrics import Metrics


class _Time:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("state", "join_state", "stuck"),
    [("up", "wait-join", True), ("up", "steady", False), ("query-coord", "wait-join", False), ("up", "init", True)],
)
def test_a_join_that_never_ends_is_stuck(state: str, join_state: str, *, stuck: bool) -> None:
    """But not one that waits for a coordinator: a new process would not find it either."""
    clock = _Time()
    lookout = Lookout(Desk(limit=1, window=1), None, dict, dict, 600, clock)  # type: ignore[arg-type]
    for seconds in (0, 300, 601):
        clock.seconds = seconds
        lookout.heard(json.dumps({"cgrp": {"state": state, "join_state": join_state}}))

    assert (lookout.stuck is not None) == stuck


def test_a_member_without_partitions_has_joined() -> None:
    """There can be more instances than partitions."""
    lookout = Lookout(Desk(limit=1, window=1), None, dict, dict, 600)  # type: ignore[arg-type]
    before = lookout.joined
    lookout.heard(json.dumps({"cgrp": {"state": "up", "join_state": "steady", "assignment_size": 0}}))

    assert (before, lookout.joined) == (False, True)


@pytest.mark.parametrize(
    ("end", "position", "paused", "emptied", "starved"),
    [
        (5, None, (), True, True),
        (5, 4, (), True, True),
        (5, 5, (), True, False),
        (0, None, (), True, False),
        (5, None, ("a",), True, False),
        (5, None, (), False, False),
    ],
)
def test_a_partition_that_brings_nothing_is_starved(
    end: int, position: int | None, paused: tuple[str, ...], *, emptied: bool, starved: bool
) -> None:
    """The broker has records after the consumer's position, it is not paused, and nothing that was fetched waits.

    The marker of a transaction at the end is no record: the position is after it.
    """
    clock = _Time()
    desk: Desk[str, int] = Desk(limit=1, window=1)
    desk.assign(["a"])
    positions = {} if position is None else {"a": position}
    reach = {"a": (0, end), "b": (0, 9)}
    lookout = Lookout(desk, _Parts(), lambda: reach, lambda: positions, 600, clock)  # type: ignore[arg-type]
    for look in range(12):
        clock.seconds = 3.0 * look
        if emptied:
            lookout.emptied()
        lookout.look(paused)

    assert (lookout.starved() == "a") == starved


class _Parts:
    """The parts of a worker that gauges are made of, all at rest."""

    def __init__(self) -> None:
        self.metrics, self.clock = Metrics(), Clock()
        breaker = CircuitBreaker(1, timedelta(seconds=1))
        self.gates = Gates(breaker, FloodGuard(1, 1, timedelta(seconds=1)), self.clock.now)
        self.outbox = self
        self.waiting = 0
