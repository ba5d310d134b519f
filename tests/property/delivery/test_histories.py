"""Random histories of arrivals, ends, rebalances and crashes over the real core; invariants I1 to I7 hold in each."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from eccs_contracts.delivery import OutcomeKind, decode_note
from tests.property.delivery.world import PLACES, POINTS, POLICY, World

_INDEX = st.integers(0, 7)
_KINDS = st.sampled_from(
    [*[OutcomeKind.TRANSIENT] * 3, OutcomeKind.SENT, OutcomeKind.PERMANENT, OutcomeKind.INFRASTRUCTURE]
)


class Histories(RuleBasedStateMachine):
    """Each rule is one event; hypothesis finds the order that breaks an invariant, and shortens it."""

    @initialize()
    def begin(self) -> None:
        """An empty world."""
        self.world = World()
        self.emails = 0

    @rule(count=st.integers(1, 5), partition=st.integers(0, 1), hopeless=st.booleans())
    def arrive(self, count: int, partition: int, *, hopeless: bool) -> None:
        """New requests; those that are hopeless fail to the end once they are left alone."""
        for _ in range(count):
            self.emails += 1
            if hopeless:
                self.world.hopeless.add(self.emails)
            self.world.accept(self.emails, ("main", partition))

    @precondition(lambda self: self.emails)
    @rule(index=_INDEX, partition=st.integers(0, 1))
    def arrive_again(self, index: int, partition: int) -> None:
        """A request is produced twice, maybe on another partition."""
        self.world.accept(1 + index % self.emails, ("main", partition))

    @rule(index=_INDEX)
    def fetch(self, index: int) -> None:
        """An instance takes what it has room for, and starts what is due."""
        worker = self.world.workers[index % len(self.world.workers)]
        self.world.start_due(worker)
        self.world.fetch(worker)

    @rule(index=_INDEX, fails=st.booleans())
    def read_again(self, index: int, *, fails: bool) -> None:
        """An instance reads payloads that it has dropped, or cannot."""
        self.world.read_again(self.world.workers[index % len(self.world.workers)], fails=fails)

    @rule(index=_INDEX, which=_INDEX, kind=_KINDS)
    def complete(self, index: int, which: int, kind: OutcomeKind) -> None:
        """A running message ends, in any order."""
        worker = self.world.workers[index % len(self.world.workers)]
        if worker.running:
            self.world.complete(worker, worker.running[which % len(worker.running)], kind)

    @rule(index=_INDEX, kinds=st.lists(_KINDS, min_size=2, max_size=8))
    def work(self, index: int, kinds: list[OutcomeKind]) -> None:
        """An instance takes what it can and brings some of it to an end, the latest first; nothing is committed."""
        worker = self.world.workers[index % len(self.world.workers)]
        for kind in kinds:
            self.world.start_due(worker)
            self.world.fetch(worker)
            if worker.running:
                self.world.complete(worker, worker.running[-1], kind)

    @rule(index=_INDEX, which=_INDEX, kind=_KINDS, point=st.sampled_from(POINTS))
    def crash(self, index: int, which: int, kind: OutcomeKind, point: str) -> None:
        """An instance takes what it can and is killed at a named point of a delivery, with all that it runs."""
        worker = self.world.workers[index % len(self.world.workers)]
        self.world.start_due(worker)
        self.world.fetch(worker)
        if worker.running:
            self.world.complete(worker, worker.running[which % len(worker.running)], kind, point)

    @rule(index=_INDEX)
    def join(self, index: int) -> None:
        """An instance joins and gets a partition of another."""
        if len(self.world.workers) < 4:
            self.world.join()
            self.world.move(PLACES[index % len(PLACES)], self.world.workers[-1], lost=False)

    @rule(place=st.sampled_from(PLACES), index=_INDEX, lost=st.booleans())
    def move(self, place: tuple[str, int], index: int, *, lost: bool) -> None:
        """A partition goes to another instance, or comes back to the same; drained, or lost."""
        self.world.move(place, self.world.workers[index % len(self.world.workers)], lost=lost)

    @rule(index=_INDEX)
    def commit(self, index: int) -> None:
        """An instance commits."""
        self.world.commit(self.world.workers[index % len(self.world.workers)])

    @rule(seconds=st.integers(1, 70))
    def pass_time(self, seconds: int) -> None:
        """Time passes."""
        self.world.now += timedelta(seconds=seconds)

    @invariant()
    def commits_follow_what_is_done(self) -> None:
        """I4: nothing before a committed offset is unfinished, nor anything that its note calls finished."""
        for place, offset in self.world.committed.items():
            assert set(range(offset)) <= self.world.done[place]
            noted = decode_note(offset, self.world.notes[place])
            assert {one for run in noted for one in run} <= self.world.done[place]

    @invariant()
    def nothing_starts_early(self) -> None:
        """I3."""
        assert self.world.early == []

    @invariant()
    def attempts_are_bounded(self) -> None:
        """I5."""
        for place in PLACES:
            assert all(letter.attempt <= POLICY.max_attempts for letter in self.world.topics[place])

    def teardown(self) -> None:
        """I1, I2, I6, I7: left alone, the world comes to rest, and the books balance."""
        if not hasattr(self, "world"):
            return
        assert self.world.settle() >= 0, "I7: it does not come to rest"
        self.nothing_starts_early()
        self.attempts_are_bounded()
        ended = {email for email, entry in self.world.ledger.items() if entry.state in ("sent", "dead")}
        assert ended == set(self.world.accepted), "I1: an e-mail has no end"
        assert set(self.world.sink) | set(self.world.dead) == set(self.world.accepted), "I1: an e-mail is lost"
        duplicates = sum(self.world.sink.values()) - len(self.world.sink)
        assert duplicates <= self.world.repeatable, "I2: more duplicates than sends that a crash cut off"
        assert all(self.world.accepted[one] == payload for one, payload in self.world.dead.items()), "I6"


Histories.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestHistories = Histories.TestCase
