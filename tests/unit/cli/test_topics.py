"""The plan for topics: what is made, what costs something, what is never done."""

from __future__ import annotations

import pytest

from eccs_contracts._contract import Environment, Topic
from eccs_contracts.topics import Danger, State, plan

TOPIC = Topic(
    name="t",
    doc="A topic.",
    partitions=6,
    retention_ms=1000,
    cleanup_policy="delete",
    configs={"max.message.bytes": "500", "segment.bytes": "100"},
    environments={"dev": Environment(2, {"min.insync.replicas": "2"})},
)
SAME = {**TOPIC.settings("dev")}


def _plan(state: State, *allowed: Danger) -> list[tuple[str, bool]]:
    return [(one.what, one.refused is None) for one in plan([TOPIC], {"t": state}, "dev", allowed)]


def test_a_topic_as_declared_needs_nothing() -> None:
    """No change, so that a plan exits 0."""
    assert _plan(State(6, 2, SAME)) == []


def test_a_topic_that_is_not_there_is_made() -> None:
    """With its partitions and replicas."""
    (change,) = plan([TOPIC], {}, "dev")

    assert str(change) == "t: create: - -> 6 partitions, 2 replicas"


@pytest.mark.parametrize(
    ("state", "what", "done"),
    [
        (State(3, 2, SAME), "partitions", True),
        (State(9, 2, SAME), "partitions", False),
        (State(6, 1, {**SAME, "min.insync.replicas": "2"}), "replication.factor", False),
        (State(6, 2, {**SAME, "retention.ms": "500"}), "retention.ms", True),
        (State(6, 2, {**SAME, "segment.bytes": "900"}), "segment.bytes", True),
        (State(6, 2, {**SAME, "cleanup.policy": "compact,delete"}), "cleanup.policy", True),
    ],
)
def test_drift_is_found_and_what_is_safe_is_done(state: State, what: str, done: bool) -> None:
    """Partitions grow and never shrink; replicas are the broker's to move."""
    assert _plan(state) == [(what, done)]


@pytest.mark.parametrize(
    ("name", "old", "danger"),
    [
        ("retention.ms", "2000", Danger.DATA_LOSS),
        ("retention.ms", "-1", Danger.DATA_LOSS),
        ("cleanup.policy", "compact", Danger.DATA_LOSS),
        ("max.message.bytes", "501", Danger.SMALLER_MESSAGES),
        ("min.insync.replicas", "3", Danger.LESS_DURABLE),
    ],
)
def test_what_costs_something_is_done_only_by_name(name: str, old: str, danger: Danger) -> None:
    """Another danger's name does not help."""
    state = State(6, 2, {**SAME, name: old})
    others = [one for one in Danger if one is not danger]

    assert _plan(state, *others) == [(name, False)]
    assert _plan(state, danger) == [(name, True)]


def test_compaction_is_a_danger() -> None:
    """It drops records that a reader may not have seen."""
    compacted = Topic("t", "", 6, 1000, "compact", {}, {"dev": Environment(1, {})})
    state = {"t": State(6, 1, {"cleanup.policy": "delete", "retention.ms": "1000"})}
    (refused,) = plan([compacted], state, "dev")
    (accepted,) = plan([compacted], state, "dev", [Danger.COMPACTION])

    assert "--allow compaction" in str(refused)
    assert accepted.refused is None


def test_more_in_sync_than_there_are_replicas_is_never_set() -> None:
    """No write would be acknowledged any more."""
    state = State(6, 1, {**SAME, "min.insync.replicas": "1"})

    assert _plan(state, *Danger) == [("replication.factor", False), ("min.insync.replicas", False)]
