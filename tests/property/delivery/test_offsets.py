"""The offset tracker against a plain model: sets of numbers, looked at as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eccs_contracts.delivery import OffsetTracker, Progress

_STEPS = st.lists(
    st.tuples(st.sampled_from(("take", "finish", "commit", "advance")), st.integers(0, 3000)), max_size=80
)


@dataclass(slots=True)
class Model:
    """What is true, by definition."""

    known: set[int]
    committed: int | None
    open: set[int] = field(default_factory=set)
    end: int | None = None

    @property
    def position(self) -> int | None:
        """The lowest open offset, or the end of what was taken."""
        return min(self.open, default=self.end)

    @property
    def done(self) -> set[int]:
        """All offsets after the position that need no work any more."""
        start, end = self.position or 0, self.end or 0
        return {one for one in self.known if one >= start} | (set(range(start, end)) - self.open)

    def take(self, offset: int) -> bool:
        """Whether the offset is to be worked on."""
        if self.end is not None and offset < self.end:
            return False
        if self.end is None and self.committed is not None and offset < self.committed:
            self.known = set()
        self.end = offset + 1
        if offset in self.known:
            return False
        self.open.add(offset)
        return True


def _run(tracker: OffsetTracker[str], model: Model, step: str, number: int) -> None:
    match step:
        case "take":
            offset = number if model.end is None else model.end + number % 40 - 2
            assert tracker.take("p", max(offset, 0)) == model.take(max(offset, 0))
        case "finish" if model.open:
            chosen = sorted(model.open)[number % len(model.open)]
            tracker.finish("p", chosen)
            model.open.remove(chosen)
        case "advance" if model.end is not None:
            tracker.advance("p", model.end + number % 5)
            model.end += number % 5
        case "commit":
            commits = tracker.committable()
            tracker.committed(commits)
            assert tracker.committable() == {}


@given(_STEPS, st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=5), st.integers(0, 100))
def test_the_tracker_does_as_the_model(steps: list[tuple[str, int]], pairs: list[tuple[int, int]], begin: int) -> None:
    """Position, open offsets and what is finished ahead are those of the sets, after each step."""
    runs, end = [], begin
    for skipped, count in pairs:
        runs.append(range(end + skipped + 1, end + skipped + 1 + count))
        end = runs[-1].stop
    tracker: OffsetTracker[str] = OffsetTracker()
    tracker.assign("p", Progress(begin, runs))
    model = Model({one for run in runs for one in run}, begin)
    for step, number in steps:
        _run(tracker, model, step, number)
        commit = tracker.committable().get("p")
        assert tracker.open_offsets("p") == tuple(sorted(model.open))
        assert tracker.in_flight == len(model.open)
        assert tracker.unfinished() == ({"p": min(model.open)} if model.open else {})
        if commit is not None:
            assert commit.offset == model.position
            assert {one for run in commit.ahead for one in run} == model.done
            assert all(one.stop < other.start for one, other in pairwise(commit.ahead))


@given(st.permutations(range(40)), st.integers(0, 40))
def test_what_was_noted_is_not_done_again(order: list[int], stop: int) -> None:
    """Whatever finished before a crash: the next owner does the rest, and only the rest."""
    before: OffsetTracker[str] = OffsetTracker()
    for offset in range(40):
        before.take("p", offset)
    for offset in order[:stop]:
        before.finish("p", offset)
    commit = before.committable().get("p", Progress(0))
    after: OffsetTracker[str] = OffsetTracker()
    after.assign("p", commit)
    taken = [offset for offset in range(commit.offset or 0, 40) if after.take("p", offset)]
    for offset in taken:
        after.finish("p", offset)

    assert taken == sorted(order[stop:])
    assert after.committable().get("p", Progress(40)).offset == 40
