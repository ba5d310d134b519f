"""Mails that the server refuses, and mails beside them: a mail server, a clock and a queue that are simulated."""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import pytest

from eccs_contracts import EmailRequest
from eccs_contracts.delivery import (
    DeadLetter,
    Done,
    Hold,
    Outcome,
    OutcomeKind,
    Retry,
    RetryPolicy,
    TokenBucket,
    decide,
)
from services.notification_service.isolation import Isolation, hold_pause
from services.notification_service.message import Job, Record
from services.notification_service.smtp_replies import Reply, classify

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
POLICY: Final = RetryPolicy()
_SLOTS: Final = 16
_TRIP: Final = 0.005  # seconds that a try takes
_SENT: Final = Outcome(OutcomeKind.SENT)
_BROKEN: Final = Outcome(OutcomeKind.TRANSIENT, "the connection broke", "RCPT")
Answer = Callable[[Job, float], Outcome]


def _job(name: str, **fields: object) -> Job:
    request = EmailRequest(
        id=uuid.uuid5(uuid.NAMESPACE_URL, name), to="a@x.example", subject=name, user_id="u", timestamp=START, body="b"
    )
    return Job(Record("t", 0, 0, None, None, ()), request, **fields)  # type: ignore[arg-type]


def _name(job: Job) -> str:
    assert job.request is not None
    return job.request.subject


def _refusal(phase: str, code: int, enhanced: str = "") -> Outcome:
    return classify(phase, Reply(code, f"{enhanced} no"))


@dataclass(slots=True)
class World:
    """What a worker does with `Isolation` and the rate limit, one event after the other."""

    answer: Answer
    rate: float = 1_000_000
    ends: dict[str, tuple[float, DeadLetter | Done]] = field(default_factory=dict)
    tries: dict[str, list[float]] = field(default_factory=dict)
    charged: int = 0

    def run(self, arrivals: Iterable[tuple[float, str]], until: float = 600) -> World:
        """Let mails arrive at their seconds, and go on until `until` at most."""
        bucket = TokenBucket(self.rate, max(1.0, self.rate / 10), START)
        isolation = Isolation(bucket, 8, _SLOTS)
        order = count()
        queue = [(at, next(order), _job(name)) for at, name in arrivals]
        heapq.heapify(queue)
        slots = [0.0] * _SLOTS
        while queue and queue[0][0] <= until:
            at, _, job = heapq.heappop(queue)
            later = isolation.enter(job, START + timedelta(seconds=at))
            if later is not None:
                heapq.heappush(queue, ((later - START).total_seconds(), next(order), job))
                continue
            free = heapq.heappop(slots)
            begins = max(at, free)
            begins += bucket.take(START + timedelta(seconds=begins)).total_seconds()
            heapq.heappush(slots, begins + _TRIP)
            following = self._try(isolation, job, begins)
            isolation.leave(job)
            if following is not None:
                heapq.heappush(queue, (following[0], next(order), following[1]))
        return self

    def _try(self, isolation: Isolation, job: Job, begins: float) -> tuple[float, Job] | None:
        self.tries.setdefault(_name(job), []).append(begins)
        mark, now = isolation.evidence.begin(), START + timedelta(seconds=begins + _TRIP)
        outcome = isolation.judged(job, self.answer(job, begins), mark, now)
        decision = decide(outcome, job.attempt, POLICY, now=now, chance=0.5)
        seconds = (now - START).total_seconds()
        match decision:
            case Hold():
                held = replace(job, holds=job.holds + 1)
                return seconds + hold_pause(held.holds).total_seconds(), held
            case Retry():
                self.charged += 1
                return (decision.due - START).total_seconds(), _job(_name(job), attempt=decision.attempt)
            case _:
                self.ends[_name(job)] = (seconds, decision)
        return None


def _refuse_poison(outcome: Outcome) -> Answer:
    return lambda job, _: outcome if _name(job).startswith("poison") else _SENT


def _longest_wait(world: World, arrivals: Iterable[tuple[float, str]]) -> float:
    return max(world.ends[name][0] - at for at, name in arrivals if name.startswith("good"))


_PHASES = ("MAIL", "RCPT", "DATA", "DOT")
_REPLIES = [
    (421, ""),
    (421, "4.3.0"),
    (450, "4.7.28"),
    (450, "4.4.5"),
    (530, "5.7.0"),
    (535, "5.7.8"),
    (538, "5.7.11"),
    (550, "5.7.8"),
    (503, "5.5.1"),
    (451, "4.3.0"),
]
_REFUSALS = [_refusal(phase, *reply) for phase in _PHASES for reply in _REPLIES] + [_BROKEN]
_TOGETHER = 0.0
_FIRST = 5.0


@pytest.mark.parametrize("poison", [1, 2, 5, 50])
@pytest.mark.parametrize("gap", [_TOGETHER, _FIRST], ids=["together", "poison first"])
@pytest.mark.parametrize("refusal", _REFUSALS, ids=lambda one: one.reason)
def test_no_good_mail_waits_for_the_poison_mails(refusal: Outcome, gap: float, poison: int) -> None:
    """2 s at most, in a burst and one by one; the poison mails end dead, with their reason."""
    arrivals = [(0.001 * number, f"poison {number}") for number in range(poison)]
    arrivals += [(gap + 0.001 * number, f"good {number}") for number in range(20)]
    arrivals += [(gap + 1.0 * number, f"good later {number}") for number in range(60)]
    world = World(_refuse_poison(refusal)).run(arrivals)
    dead = [end for name, (_, end) in world.ends.items() if name.startswith("poison")]

    assert _longest_wait(world, arrivals) <= 2
    assert len(dead) == poison
    assert all(isinstance(end, DeadLetter) and end.reason == refusal.reason for end in dead)


@pytest.mark.parametrize("refusal", _REFUSALS, ids=lambda one: one.reason)
def test_poison_mails_that_trickle_in_delay_nobody(refusal: Outcome) -> None:
    """50 of them, one a second and then eight a second, beside a good one each half a second."""
    arrivals = [(float(number), f"poison {number}") for number in range(25)]
    arrivals += [(30 + number / 8, f"poison fast {number}") for number in range(25)]
    arrivals += [(number / 2, f"good {number}") for number in range(120)]
    world = World(_refuse_poison(refusal)).run(arrivals)

    assert _longest_wait(world, arrivals) <= 2


def test_poison_mails_without_others_end_too() -> None:
    """Nothing tells whose fault it is: three holds, or ten where eight or more mails met it, and then an attempt."""
    for poison, most in ((1, 200), (7, 200), (8, 1800)):
        world = World(_refuse_poison(_refusal("DOT", 421))).run(((0, f"poison {one}") for one in range(poison)), most)
        assert len(world.ends) == poison


@pytest.mark.parametrize("phase", _PHASES)
@pytest.mark.parametrize("code", [421, 530])
def test_a_server_that_refuses_everybody_costs_no_attempt(phase: str, code: int) -> None:
    """20 s of an outage in the middle of the traffic: nothing is counted, nothing dies, all is sent afterwards."""
    outage = _refusal(phase, code)
    world = World(lambda _, at: outage if 5 <= at < 25 else _SENT)
    world.run((number / 10, f"good {number}") for number in range(300))

    assert (world.charged, len(world.ends)) == (0, 300)
    assert all(isinstance(end, Done) for _, end in world.ends.values())
    assert max(at for at, _ in world.ends.values()) < 25 + 35


def _suspicious(bucket: TokenBucket) -> tuple[Isolation, list[Job]]:
    """Two mails in a row met a refusal, which is enough here."""
    isolation = Isolation(bucket, 2, 4)
    held = [_job(f"held {number}", holds=1) for number in range(3)]
    for job in held[:2]:
        isolation.judged(job, _refusal("DOT", 421), 0, START)
    return isolation, held


def test_a_suspected_server_is_tested_by_one_held_mail_at_a_time() -> None:
    """The others ask again later; once another mail was served, all of them may go."""
    isolation, held = _suspicious(TokenBucket(1000, 100, START))
    first = [isolation.enter(job, START) is None for job in held]
    isolation.leave(held[0])
    second = [isolation.enter(job, START) is None for job in held[1:]]
    isolation.judged(_job("good"), _SENT, isolation.evidence.begin(), START)

    assert (first, second) == ([True, False, False], [True, False])
    assert isolation.enter(held[2], START) is None


def test_a_limit_of_the_server_slows_down_and_kills_nothing() -> None:
    """It takes 20 mails a second; mails that were throttled get through later, so the limit is not their own."""
    taken: dict[int, int] = {}

    def limited(_: Job, at: float) -> Outcome:
        second = int(at)
        taken[second] = taken.get(second, 0) + 1
        return _SENT if taken[second] <= 20 else _refusal("RCPT", 450, "4.7.28")

    world = World(limited).run(((0.002 * number, f"good {number}") for number in range(600)), 600)
    late = [tries for second, tries in taken.items() if 10 <= second < 25]

    assert len(world.ends) == 600
    assert all(isinstance(end, Done) for _, end in world.ends.values())
    assert sum(late) / len(late) < 80


def test_mails_that_a_server_is_silent_about_keep_to_a_quarter_of_the_sessions() -> None:
    """Each occupies one until its time-out, so their retries must not occupy all of them."""
    isolation = Isolation(TokenBucket(100, 10, START), 8, 16)
    jobs = [_job(f"silent {number}", attempt=1) for number in range(6)]
    silent = Outcome(OutcomeKind.TRANSIENT, "no reply", "RCPT", silent=True)
    for job in jobs:
        assert isolation.judged(job, silent, 0, START).kind is OutcomeKind.TRANSIENT
    admitted = [isolation.enter(job, START) for job in jobs]
    fresh = isolation.enter(_job("good"), START)
    isolation.leave(jobs[0])

    assert [one is None for one in admitted] == [True] * 4 + [False] * 2
    assert fresh is None
    assert isolation.enter(jobs[5], START) is None
    isolation.judged(jobs[4], _SENT, 0, START)
    assert isolation.enter(jobs[4], START) is None


def test_mails_that_are_to_blame_keep_to_a_quarter_of_the_sessions() -> None:
    """However many there are; one that gets through is like any other."""
    isolation = Isolation(TokenBucket(100, 10, START), 8, 8)
    jobs = [_job(f"poison {number}", attempt=1) for number in range(3)]
    for job in jobs:
        isolation.judged(job, _refusal("DOT", 421), 0, START)
    isolation.judged(_job("good"), _SENT, isolation.evidence.begin(), START)
    for job in jobs:
        isolation.judged(job, _refusal("DOT", 421), 0, START)
    admitted = [isolation.enter(job, START) is None for job in jobs]
    isolation.judged(jobs[2], _SENT, 0, START)

    assert admitted == [True, True, False]
    assert isolation.enter(jobs[2], START) is None


def test_held_mails_keep_to_their_share_while_all_sessions_are_busy() -> None:
    """Only then: after an outage there may be nothing else to send."""
    isolation = Isolation(TokenBucket(100, 10, START), 8, 8)
    held = [_job(f"held {number}", holds=1) for number in range(4)]
    admitted = [isolation.enter(job, START, busy=True) is None for job in held[:3]]

    assert admitted == [True, True, False]
    assert isolation.enter(held[3], START) is None
    assert isolation.enter(_job("fresh"), START, busy=True) is None


def test_held_mails_take_what_the_rate_leaves() -> None:
    """A quarter of it where others wait for it; a mail that was not tried yet is never put off."""
    bucket = TokenBucket(4, 1, START)
    isolation = Isolation(bucket, 8, 4)
    bucket.take(START)
    seconds = [0.0, 0.9, 1.0, 1.9, 2.0]
    admitted = []
    for second in seconds:
        now = START + timedelta(seconds=second)
        for _ in range(5):
            bucket.take(now)
        admitted.append(isolation.enter(_job("held", holds=1), now) is None)

    assert admitted == [True, False, True, False, True]
    assert isolation.enter(_job("fresh"), START + timedelta(seconds=2)) is None
