"""The pure core: schedule, decisions, heap and offsets, hours in milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eccs_contracts import ErrorCategory
from eccs_contracts.delivery import (
    AmbiguousPolicy,
    DeadLetter,
    Disposition,
    Done,
    DueHeap,
    Hold,
    OffsetTracker,
    Outcome,
    OutcomeKind,
    Retry,
    RetryPolicy,
    decide,
)
from eccs_contracts.delivery._policy import JITTER
from eccs_contracts.errors import ConfigurationError
from services.notification_service.settings import load_settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = RetryPolicy()


def test_delays_double_up_to_the_longest() -> None:
    """1, 2, 4, 8, 16, 32, 60 s and never more."""
    assert [POLICY.delay_ms(retry, 0.5) for retry in range(1, 9)] == [
        1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000,
    ]  # fmt: skip


def test_the_defaults_are_those_of_the_design() -> None:
    """Section 5: BASE_RETRY_DELAY 1000, MAX_RETRY_DELAY 60000, MAX_RETRY_ATTEMPTS 5, jitter 10 %."""
    env = {"MONGODB_URI": "mongodb://db/eccs", "SMTP_HOST": "smtp", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}

    assert load_settings(env).policy == RetryPolicy() == RetryPolicy(1_000, 60_000, 5)
    assert JITTER == 0.1


def test_a_longer_first_delay_alone_is_taken() -> None:
    """The longest delay has to leave room for it."""
    env = {"MONGODB_URI": "mongodb://db/eccs", "SMTP_HOST": "smtp", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}

    assert load_settings({**env, "BASE_RETRY_DELAY": "20000"}).policy == RetryPolicy(20_000, 60_000, 5)


def test_a_first_delay_beyond_the_longest_is_refused() -> None:
    """The message names both variables and their values."""
    env = {"MONGODB_URI": "mongodb://db/eccs", "SMTP_HOST": "smtp", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}

    assert load_settings({**env, "BASE_RETRY_DELAY": "60000"}).policy.base_delay_ms == 60_000
    with pytest.raises(ConfigurationError) as caught:
        load_settings({**env, "BASE_RETRY_DELAY": "60001"})
    assert str(caught.value) == (
        "BASE_RETRY_DELAY is 60001 ms and MAX_RETRY_DELAY is 60000 ms: lower the first or raise the second"
    )


@pytest.mark.parametrize("name", ["SMTP_PORT", "HTTP_PORT"])
def test_a_port_beyond_16_bits_is_refused(name: str) -> None:
    """The socket would raise OverflowError, while the service starts."""
    env = {"MONGODB_URI": "mongodb://db/eccs", "SMTP_HOST": "smtp", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}

    with pytest.raises(ConfigurationError, match=f"{name} is '65536': a whole number from [01] to 65535 is expected"):
        load_settings({**env, name: "65536"})


def test_unknown_fields_are_dropped_or_refused() -> None:
    """MIGRATION_UNKNOWN_FIELDS has two values."""
    env = {"MONGODB_URI": "mongodb://db/eccs", "SMTP_HOST": "smtp", "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}
    found = [load_settings({**env, "MIGRATION_UNKNOWN_FIELDS": value}).reject_unknown for value in ("drop", "Reject")]

    assert (load_settings(env).reject_unknown, found) == (False, [False, True])
    with pytest.raises(ConfigurationError, match="MIGRATION_UNKNOWN_FIELDS is 'keep': one of drop, reject"):
        load_settings({**env, "MIGRATION_UNKNOWN_FIELDS": "keep"})


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_jitter_stays_within_ten_percent(retry: int, chance: float) -> None:
    """Whatever the chance."""
    nominal = min(1000 * 2 ** min(retry - 1, 10), 60_000)

    assert 0.9 * nominal - 1 <= POLICY.delay_ms(retry, chance) <= 1.1 * nominal + 1


@pytest.mark.parametrize("settings", [(0, 1, 1), (2, 1, 1), (1, 1, -1)])
def test_an_impossible_policy_is_refused(settings: tuple[int, int, int]) -> None:
    """The three numbers are named."""
    with pytest.raises(ValueError, match="a retry policy needs"):
        RetryPolicy(*settings)


def test_an_ambiguous_end_is_sent_again_or_parked() -> None:
    """As the policy says."""
    ends = [
        decide(Outcome(OutcomeKind.AMBIGUOUS, "cut"), 0, POLICY, now=NOW, chance=0.5, ambiguous=policy)
        for policy in AmbiguousPolicy
    ]

    assert ends == [
        Retry(1, 1000, NOW + timedelta(seconds=1), "cut"),
        DeadLetter(ErrorCategory.TRANSIENT_EXHAUSTED, 0, "cut", Disposition.PARKED),
    ]


def test_a_greylisted_message_waits_longer() -> None:
    """At least as long as the outcome asks for."""
    decision = decide(Outcome(OutcomeKind.TRANSIENT, "450", least_delay_ms=300_000), 0, POLICY, now=NOW, chance=0.5)

    assert decision == Retry(1, 300_000, NOW + timedelta(minutes=5), "450")


def _decide(kind: OutcomeKind, attempt: int = 0) -> object:
    return decide(Outcome(kind, "why"), attempt, POLICY, now=NOW, chance=0.5)


@pytest.mark.parametrize(
    ("kind", "attempt", "decision"),
    [
        (OutcomeKind.SENT, 3, Done()),
        (OutcomeKind.INFRASTRUCTURE, 5, Hold("why")),
        (OutcomeKind.THROTTLED, 5, Hold("why")),
        (OutcomeKind.DEFECT, 0, DeadLetter(ErrorCategory.PERMANENT, 0, "why", Disposition.DEFECT)),
        (OutcomeKind.TRANSIENT, 0, Retry(1, 1000, NOW + timedelta(seconds=1), "why")),
        (OutcomeKind.TRANSIENT, 4, Retry(5, 16000, NOW + timedelta(seconds=16), "why")),
        (OutcomeKind.TRANSIENT, 5, DeadLetter(ErrorCategory.TRANSIENT_EXHAUSTED, 5, "why", Disposition.EXHAUSTED)),
        (OutcomeKind.PERMANENT, 2, DeadLetter(ErrorCategory.PERMANENT, 2, "why", Disposition.PERMANENT)),
        (OutcomeKind.PARSE, 0, DeadLetter(ErrorCategory.PARSE, 0, "why", Disposition.UNDECODABLE)),
        (OutcomeKind.VALIDATION, 0, DeadLetter(ErrorCategory.VALIDATION, 0, "why", Disposition.INVALID)),
        (OutcomeKind.EXPIRED, 1, DeadLetter(ErrorCategory.EXPIRED, 1, "why", Disposition.EXPIRED)),
    ],
)
def test_what_follows_an_outcome(kind: OutcomeKind, attempt: int, decision: object) -> None:
    """One row for each class of outcome."""
    assert _decide(kind, attempt) == decision


@given(st.lists(st.integers(0, 1000)), st.lists(st.integers(0, 1000)))
def test_the_heap_gives_nothing_early_and_all_in_time(dues: list[int], looks: list[int]) -> None:
    """A late item behind an early one blocks nothing."""
    heap: DueHeap[int] = DueHeap()
    for due in dues:
        heap.push(NOW + timedelta(seconds=due), due)
    given_out: list[int] = []
    for look in sorted(looks):
        found = heap.pop_due(NOW + timedelta(seconds=look))
        assert all(due <= look for due in found)
        given_out += found

    assert sorted(given_out) == given_out == sorted(due for due in dues if looks and due <= max(looks))


@given(st.permutations(range(20)))
def test_only_the_contiguous_prefix_is_committed(order: list[int]) -> None:
    """Whatever the order in which messages finish."""
    tracker: OffsetTracker[str] = OffsetTracker()
    for offset in range(20):
        assert tracker.take("p", offset)
    for count, offset in enumerate(order, 1):
        tracker.finish("p", offset)
        done = set(order[:count])
        prefix = next(one for one in range(21) if one not in done)
        commit = tracker.committable()["p"]
        assert commit.offset == prefix
        assert {one for run in commit.ahead for one in run} == {one for one in done if one > prefix}


def test_a_dropped_partition_counts_for_nothing() -> None:
    """What finishes late is not committed over the new owner's work."""
    tracker: OffsetTracker[str] = OffsetTracker()
    tracker.take("p", 7)
    tracker.drop("p")
    tracker.finish("p", 7)

    assert tracker.committable() == {}


def test_a_redelivered_record_is_taken_once() -> None:
    """While it is being worked on, and after it is finished."""
    tracker: OffsetTracker[str] = OffsetTracker()

    assert tracker.take("p", 1)
    assert not tracker.take("p", 1)
    tracker.finish("p", 1)
    assert not tracker.take("p", 1)
