"""Breaker, bucket, guard, lanes and desk: each rule with an injected clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eccs_contracts.delivery import (
    AmbiguousPolicy,
    BreakerState,
    CircuitBreaker,
    Desk,
    FloodGuard,
    Lanes,
    Outcome,
    OutcomeKind,
    Progress,
    RetryPolicy,
    Ticket,
    TokenBucket,
    decide,
    tells_of_environment,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = ("retry", 0)


def _at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def _opened(failures: int = 3) -> CircuitBreaker:
    breaker = CircuitBreaker(3, timedelta(seconds=1), timedelta(seconds=3))
    for _ in range(failures):
        breaker.failed(NOW)
    return breaker


def test_a_breaker_opens_after_failures_in_a_row() -> None:
    """A success between them starts the count again."""
    breaker = _opened(2)
    breaker.succeeded()
    breaker.failed(NOW)

    assert breaker.state(NOW) is BreakerState.CLOSED
    assert _opened().state(NOW) is BreakerState.OPEN
    assert not _opened().allow(NOW)


def test_a_half_open_breaker_lets_one_probe_through() -> None:
    """Until the probe has ended."""
    breaker = _opened()

    assert [breaker.allow(_at(1)), breaker.allow(_at(1))] == [True, False]
    breaker.abandoned()
    assert breaker.allow(_at(1))
    breaker.succeeded()
    assert breaker.state(_at(1)) is BreakerState.CLOSED


def test_a_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    """1, 2, 3, 3 s."""
    breaker, moment, pauses = _opened(), 0.0, []
    for _ in range(4):
        retry_at = breaker.retry_at
        assert retry_at is not None
        pauses.append((retry_at - _at(moment)).total_seconds())
        moment += pauses[-1]
        breaker.failed(_at(moment))

    assert pauses == [1, 2, 3, 3]


@pytest.mark.parametrize(("threshold", "pause"), [(0, 1), (1, 0)])
def test_an_impossible_breaker_is_refused(threshold: int, pause: int) -> None:
    """With both numbers."""
    with pytest.raises(ValueError, match="a breaker needs"):
        CircuitBreaker(threshold, timedelta(seconds=pause))


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_a_bucket_never_lends_more_than_its_rate(gaps: list[float]) -> None:
    """In any window the uses are at most burst + rate x length."""
    bucket, moment, uses = TokenBucket(5, 3, NOW), 0.0, []
    for gap in gaps:
        moment += gap
        uses.append(moment + bucket.take(_at(moment)).total_seconds())
    uses.sort()

    for first in range(len(uses)):
        for last in range(first, len(uses)):
            assert last - first + 1 <= 3 + 5 * (uses[last] - uses[first]) + 1e-3


def test_a_bucket_that_is_told_to_slows_down_and_comes_back() -> None:
    """Half at once, all of it a minute later."""
    bucket = TokenBucket(10, 1, NOW)
    bucket.slow_down(NOW)
    slowed = bucket.rate
    bucket.take(_at(60))

    assert (slowed, bucket.rate) == (5, 10)


def test_a_limit_that_nobody_reaches_slows_down_from_what_is_in_use() -> None:
    """Half of a million a second would be no answer to a server that asks for less."""
    bucket = TokenBucket(1_000_000, 1000, NOW)
    for number in range(2000):
        bucket.take(_at(number / 100))
    bucket.slow_down(_at(20))

    assert 40 < bucket.rate < 60


def test_a_bucket_that_was_slowed_down_is_faster_when_told_to() -> None:
    """Twice as fast each time, up to the whole rate."""
    bucket, rates = TokenBucket(8, 1, NOW), []
    for _ in range(2):
        bucket.slow_down(NOW)
    for _ in range(3):
        bucket.speed_up(NOW)
        rates.append(bucket.rate)

    assert rates == [4, 8, 8]


def test_a_bucket_is_behind_as_long_as_somebody_would_wait() -> None:
    """With a whole token left nobody does."""
    bucket = TokenBucket(1, 2, NOW)
    seen = [bucket.behind(NOW)]
    for _ in range(2):
        bucket.take(NOW)
        seen.append(bucket.behind(NOW))

    assert [*seen, bucket.behind(_at(1))] == [False, False, True, False]


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (1, 0.5)])
def test_an_impossible_bucket_is_refused(rate: float, burst: float) -> None:
    """With both numbers."""
    with pytest.raises(ValueError, match="a bucket needs"):
        TokenBucket(rate, burst, NOW)


def _guard(ends: str) -> FloodGuard:
    guard = FloodGuard(4, 0.5, timedelta(seconds=10))
    for end in ends:
        guard.ended(NOW, dead=end == "x")
    return guard


@pytest.mark.parametrize(("ends", "trips"), [("xxx", 0), ("xxxx", 1), ("x..x", 1), ("x...", 0), ("xx...x.", 0)])
def test_a_guard_looks_at_the_last_ends(ends: str, trips: int) -> None:
    """It says nothing before it has seen a window full."""
    assert _guard(ends).trips == trips


def test_a_tripped_guard_opens_again_by_itself() -> None:
    """And begins to count anew."""
    guard = _guard("xxxx")

    assert guard.blocked_until(_at(9)) == _at(10)
    assert guard.blocked_until(_at(10)) is None
    guard.ended(_at(10), dead=True)
    assert guard.blocked_until(_at(10)) is None


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Outcome(OutcomeKind.SENT), True),
        (Outcome(OutcomeKind.TRANSIENT, "450", "RCPT", 450), True),
        (Outcome(OutcomeKind.PERMANENT, "550", "RCPT", 550), True),
        (Outcome(OutcomeKind.PERMANENT, "no such template"), False),
        (Outcome(OutcomeKind.PERMANENT, "larger than SIZE", "EHLO", 552), False),
        (Outcome(OutcomeKind.DEFECT), True),
        (Outcome(OutcomeKind.AMBIGUOUS, "lost", "DOT"), True),
        (Outcome(OutcomeKind.PARSE), False),
        (Outcome(OutcomeKind.VALIDATION), False),
        (Outcome(OutcomeKind.EXPIRED), False),
    ],
)
@pytest.mark.parametrize("attempt", [0, 5])
def test_a_verdict_about_the_message_itself_tells_nothing_of_the_environment(
    outcome: Outcome, attempt: int, *, counts: bool
) -> None:
    """One user's bad batch must not stop the mails of others."""
    decision = decide(outcome, attempt, RetryPolicy(), now=NOW, chance=0.5, ambiguous=AmbiguousPolicy.PARK)

    assert tells_of_environment(outcome, decision) is counts


def _users(window: int, users: str) -> int:
    """How often a guard trips at 80 % when each letter is a dead letter of that user, and each dot another's mail."""
    guard = FloodGuard(window, 0.8, timedelta(seconds=10))
    for user in users:
        guard.ended(NOW, dead=user != ".", user=user)
    return guard.trips


@pytest.mark.parametrize(
    ("users", "trips"),
    [
        ("a" * 8, 1),
        (".aaaaaaaaaaaaaaaaaaaa", 0),
        ("ab" * 4, 1),
        (".abcd" + "a" * 40, 0),
        ("abcd" * 2, 1),
        ("abcd.." + "abcdabcd", 1),
        ("aaaaaabc", 0),
    ],
)
def test_no_user_alone_closes_the_guard(users: str, trips: int) -> None:
    """A quarter of the window is the most that one counts for; more as long as fewer than four users were seen."""
    assert _users(8, users) == trips


@pytest.mark.parametrize("numbers", [(0, 0.5, 1), (1, 0, 1), (1, 1.1, 1), (1, 0.5, 0)])
def test_an_impossible_guard_is_refused(numbers: tuple[int, float, int]) -> None:
    """With all three numbers."""
    with pytest.raises(ValueError, match="a guard needs"):
        FloodGuard(numbers[0], numbers[1], timedelta(seconds=numbers[2]))


def test_a_lane_has_one_at_a_time_and_keeps_the_order() -> None:
    """Other lanes run beside it."""
    lanes: Lanes[str, int] = Lanes()

    assert [lanes.enter("a", 1), lanes.enter("a", 2), lanes.enter("a", 3), lanes.enter("b", 4)] == [1, 0, 0, 1]
    assert [lanes.leave("a"), lanes.leave("a"), lanes.leave("a")] == [2, 3, None]
    assert lanes.enter("a", 5)
    with pytest.raises(KeyError):
        lanes.leave("c")


def _desk(limit: int = 2, window: int = 5) -> Desk[tuple[str, int], str]:
    desk: Desk[tuple[str, int], str] = Desk(limit=limit, window=window)
    desk.assign([PLACE])
    return desk


def _taken(desk: Desk[tuple[str, int], str], offset: int, work: str = "w") -> Ticket[tuple[str, int], str]:
    ticket = desk.take(PLACE, offset, work)
    assert ticket is not None
    return ticket


def test_a_late_message_does_not_hold_up_an_early_one() -> None:
    """60 s ahead of 1 s in the same partition: the second starts at 1 s, the first at 60 s, and neither before."""
    desk = _desk()
    desk.lay_aside(_taken(desk, 0), _at(60), "late")
    desk.lay_aside(_taken(desk, 1), _at(1), "early")
    starts = [(second, ticket.work) for second in range(62) for ticket in desk.due(_at(second))]

    assert starts == [(1, "early"), (60, "late")]


def test_only_the_finished_prefix_is_committable() -> None:
    """The early one, finished first, waits for the late one before it."""
    desk = _desk()
    late, early = _taken(desk, 0), _taken(desk, 1)
    desk.finish(early)
    before = desk.committable()
    moved = desk.committable(ahead=False)
    desk.finish(late)

    assert (before, moved) == ({PLACE: Progress(0, (range(1, 2),), 1)}, {})
    assert desk.committable() == {PLACE: Progress(2, (), 2)}


def test_what_belongs_to_an_older_assignment_is_fenced() -> None:
    """It neither finishes a record of the new one nor waits beside it."""
    desk = _desk()
    old, waiting = _taken(desk, 0), _taken(desk, 1)
    desk.lay_aside(waiting, _at(1), "w")
    desk.release([PLACE])
    desk.assign([PLACE])
    _taken(desk, 0)
    desk.finish(old)
    desk.lay_aside(old, _at(0), "w")

    assert (desk.committable(), desk.fenced, desk.waiting) == ({}, 2, 0)


def test_nothing_is_committable_for_a_partition_that_left() -> None:
    """Not even what was finished before."""
    desk = _desk()
    desk.finish(_taken(desk, 0))
    desk.release([PLACE])

    assert desk.committable() == {}
    assert desk.take(PLACE, 1, "w") is None


def test_a_lane_passes_over_those_whose_partition_left() -> None:
    """The next that runs is one of ours."""
    desk = _desk(limit=9)
    desk.assign([("main", 0)])
    first = _taken(desk, 0)
    gone = desk.take(("main", 0), 0, "gone")
    third = _taken(desk, 1)
    assert gone is not None
    assert [desk.start(one, "id", one.work) for one in (first, gone, third)] == [True, False, False]
    desk.release([("main", 0)])

    assert desk.stop(first, "id") == third
    assert desk.running_of([PLACE]) == 1


def test_both_limits_have_two_marks() -> None:
    """Full at the limit, open again at 80 % of it."""
    desk: Desk[tuple[str, int], str] = Desk(limit=5, window=1, stubs=5)
    desk.assign([PLACE])
    tickets = [_taken(desk, offset) for offset in range(11)]
    seen = [desk.crowded(), desk.full()]
    for ticket in tickets[:5]:
        desk.start(ticket, ticket.offset, "w")
    for ticket in tickets[5:]:
        desk.lay_aside(ticket, _at(ticket.offset), "w", readable=True)
    seen += [desk.crowded(), desk.full(), desk.room == 0]
    desk.stop(tickets[0], 0)
    desk.due(_at(60))
    desk.wanted(_at(60), 1)
    seen += [desk.crowded(), desk.full()]

    assert seen == [False, False, True, True, True, False, False]


def test_a_window_is_bounded_in_bytes_too() -> None:
    """5,000 messages of a megabyte that cannot be read again would not fit into any memory."""
    desk: Desk[str, int] = Desk(limit=10, window=100, window_bytes=1000)
    desk.assign(["a", "b"])
    for offset in range(25):
        ticket = desk.take("ab"[offset % 2], offset, offset, 100)
        assert ticket is not None
        desk.lay_aside(ticket, _at(5 + offset), offset)
    full = desk.overflowing()
    desk.release(["a"])
    due = desk.due(_at(60)) + desk.due(_at(60))

    assert full
    assert not desk.overflowing()
    assert len(due) == 12


def test_the_window_is_for_those_that_are_due_first() -> None:
    """Whatever came first; a message without payload does not start before that is here again."""
    desk: Desk[tuple[str, int], str] = Desk(limit=9, window=2)
    desk.assign([PLACE])
    for offset, second in enumerate((50, 40, 10, 30, 20)):
        desk.lay_aside(_taken(desk, offset), _at(second), "w", readable=True)
    stubs = desk.wanted(_at(60), 9)
    early = desk.due(_at(60))

    assert [ticket.offset for ticket in early] == [2, 4]
    assert [stub.offset for stub in stubs] == []
    assert [stub.offset for stub in desk.wanted(_at(45), 9)] == [3, 1]
    assert (desk.waiting, desk.due(_at(60))) == (3, [])


def test_a_payload_of_an_older_assignment_is_fenced() -> None:
    """The next owner reads the record itself."""
    desk: Desk[tuple[str, int], str] = Desk(limit=9, window=1)
    desk.assign([PLACE])
    for offset in range(3):
        desk.lay_aside(_taken(desk, offset), _at(offset), "w", readable=True)
    desk.due(NOW)
    [stub] = desk.wanted(_at(60), 1)
    desk.release([PLACE])
    desk.assign([PLACE])
    desk.put_back(stub)

    assert desk.returned(stub, "w", 1) is None
    assert (desk.fenced, desk.waiting) == (1, 0)


def test_what_lies_after_the_last_record_is_no_record() -> None:
    """The marker of a transaction: the position moves over it, but never over what is open."""
    desk = _desk()
    desk.advance(PLACE, 3)
    only_markers = desk.committable()
    ticket = _taken(desk, 3)
    desk.advance(PLACE, 6)
    held = desk.committable(ahead=False)
    desk.committed({PLACE: Progress(3)})
    desk.finish(ticket)

    assert (only_markers, held) == ({PLACE: Progress(3)}, {PLACE: Progress(3, (range(4, 6),))})
    assert desk.committable() == {PLACE: Progress(6, (), 1)}


def test_a_position_before_what_is_committed_moves_nothing() -> None:
    """A commit never goes back."""
    desk = _desk()
    desk.assign([PLACE], {PLACE: Progress(9)})
    desk.advance(PLACE, 5)

    assert desk.committable() == {}


def test_a_note_about_another_log_counts_for_nothing() -> None:
    """The topic was made anew while nobody had it: its records begin before what was committed."""
    desk = _desk()
    desk.assign([PLACE], {PLACE: Progress(9, [range(10, 20)])})

    assert [desk.take(PLACE, offset, "w") is None for offset in (0, 12)] == [False, False]


def test_offsets_that_go_back_belong_to_another_log() -> None:
    """A topic that was deleted and made again begins at 0; its records must not pass for finished ones."""
    desk: Desk[str, int] = Desk(limit=10, window=10)
    desk.assign(["a"])
    old = [desk.take("a", offset, offset) for offset in (7, 8)]
    assert old[0] is not None
    desk.finish(old[0])
    desk.committed(desk.committable())
    new = desk.take("a", 0, 0)
    assert new is not None
    desk.finish(new)

    assert desk.committable() == {"a": Progress(1, (), 1)}
    assert [desk.current(one) for one in (old[1], new) if one is not None] == [False, True]
