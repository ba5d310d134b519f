"""What counts as a membership that makes no progress."""

from __future__ import annotations

import json

import pytest

from eccs_contracts.delivery import Desk
from services.notification_service.lookout import Lookout


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
    lookout = Lookout(Desk(limit=1, window=1), None, 600, clock)  # type: ignore[arg-type]
    for seconds in (0, 300, 601):
        clock.seconds = seconds
        lookout.heard(json.dumps({"cgrp": {"state": state, "join_state": join_state}}))

    assert (lookout.stuck is not None) == stuck


def test_a_member_without_partitions_has_joined() -> None:
    """There can be more instances than partitions."""
    lookout = Lookout(Desk(limit=1, window=1), None, 600)  # type: ignore[arg-type]
    before = lookout.joined
    lookout.heard(json.dumps({"cgrp": {"state": "up", "join_state": "steady", "assignment_size": 0}}))

    assert (before, lookout.joined) == (False, True)
