"""What waits, with its payload and without, against plain lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from eccs_contracts.delivery import Desk, DueHeap, Stub
from eccs_contracts.delivery._stubs import StubHeap

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_STUBS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 2**62), st.integers(1, 3), st.integers(-5000, 5000)), max_size=60
)


def _at(milliseconds: float) -> datetime:
    return NOW + timedelta(milliseconds=milliseconds)


@given(_STUBS, st.sampled_from("abc"), st.integers(-5000, 5000))
def test_stubs_come_out_as_they_went_in_by_due_time(
    fields: list[tuple[str, int, int, int]], gone: str, later: int
) -> None:
    """Those of a partition that left apart; sizes are rounded up to KiB."""
    heap: StubHeap[str] = StubHeap()
    stubs = [Stub(partition, offset, epoch, _at(due), 5000) for partition, offset, epoch, due in fields]
    for stub in stubs:
        heap.push(stub)
    heap.drop([gone])
    left = [one for one in stubs if one.partition != gone]
    overdue = heap.overdue(_at(later))
    second = _at(later).replace(microsecond=0)
    out = [heap.pop() for _ in range(len(heap))]

    assert overdue == sum(one.due < second for one in left)
    assert [one.due for one in out] == sorted(one.due for one in left)
    assert {(one.partition, one.offset, one.epoch, one.due, one.size) for one in out} == {
        (one.partition, one.offset, one.epoch, one.due, 5120) for one in left
    }


@given(st.integers(0, 10**9))
def test_a_stub_is_never_due_earlier_than_its_record(microseconds: int) -> None:
    """Due times are rounded up to the millisecond."""
    heap: StubHeap[str] = StubHeap()
    due = NOW + timedelta(microseconds=microseconds)
    heap.push(Stub("a", 1, 1, due, 1))
    found = heap.pop().due

    assert timedelta(0) <= found - due < timedelta(milliseconds=1)


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(("push", "pop", "discard", "trim"))), max_size=60),
    st.lists(st.integers(0, 6000), max_size=5),
)
def test_a_heap_counts_as_a_list_does(steps: list[tuple[int, str]], looks: list[int]) -> None:
    """Items, bytes and overdue ones, whatever was taken out in between."""
    heap: DueHeap[int] = DueHeap()
    items: list[int] = []
    for due, step in steps:
        match step:
            case "push":
                heap.push(_at(due), due, size=due)
                items.append(due)
            case "pop" if items:
                assert heap.pop() == min(items)
                items.remove(min(items))
            case "discard":
                heap.discard(lambda item: item % 3 == 0)
                items = [one for one in items if one % 3]
            case "trim":
                gone = [item for _, item in heap.trim(3, 6000)]
                items = sorted(items)[: len(items) - len(gone)]
                assert all(item >= max(items) for item in gone)
                assert len(items) <= 1 or (len(items) <= 3 and sum(items) <= 6000)
        assert (len(heap), heap.size) == (len(items), sum(items))
    for look in sorted(looks):
        assert heap.overdue(_at(look)) == sum(_at(item) < _at(look).replace(microsecond=0) for item in items)


@given(
    st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 8),
    st.lists(st.integers(0, 3), max_size=30),
)
def test_a_message_beyond_the_window_comes_when_it_is_due(
    messages: list[tuple[int, bool]], window: int, failures: list[int]
) -> None:
    """Each exactly once, never early, in whatever batches payloads are read.

    The window bounds the payloads of those that can be read again.
    """
    desk: Desk[str, int] = Desk(limit=100, window=window, window_bytes=10_000)
    desk.assign(["p"])
    for offset, (due, readable) in enumerate(messages):
        ticket = desk.take("p", offset, offset, 1000)
        assert ticket is not None
        desk.lay_aside(ticket, _at(due * 1000), offset, readable=readable)
    fixed = sum(not readable for _, readable in messages)
    started: list[int] = []
    for second in range(170):
        now = _at(second * 1000)
        while stubs := desk.wanted(now + timedelta(seconds=5), most=4):
            _read(desk, stubs, failures, now)
            _started(desk, now, messages, started)
            assert desk.waiting - _stubs(desk) <= window + fixed + 1
        _started(desk, now, messages, started)

    assert sorted(started) == list(range(len(messages)))
    assert desk.waiting == 0
    assert desk.committable()["p"].offset == len(messages)


def _read(desk: Desk[str, int], stubs: list[Stub[str]], failures: list[int], now: datetime) -> None:
    for stub in stubs:
        if failures and failures.pop() == 0:
            desk.put_back(stub)
            continue
        ticket = desk.returned(stub, stub.offset, 1000)
        assert ticket is not None
        desk.lay_aside(ticket, max(stub.due, now), stub.offset, readable=True)


def _started(desk: Desk[str, int], now: datetime, messages: list[tuple[int, bool]], started: list[int]) -> None:
    for ticket in desk.due(now):
        assert _at(messages[ticket.offset][0] * 1000) <= now
        started.append(ticket.work)
        desk.finish(ticket)


def _stubs(desk: Desk[str, int]) -> int:
    return len(desk._stubs)
