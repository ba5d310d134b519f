"""What the engine looks at every few seconds: gauges, and whether group and partitions make progress."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeAlias

from eccs_contracts.delivery import BreakerState, Desk
from services.notification_service.worker import Worker

_EVERY: Final = 2.0  # seconds
_LEVELS: Final = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}
_STEADY: Final = "steady"
_STARVED: Final = 10  # looks in a row that a partition with records at the broker brings none

Reach: TypeAlias = tuple[int, int]  # where the group stands, and where the broker's log ends


class Lookout:
    """Belongs to the thread of the engine; `joined` and `stuck` may be asked from any."""

    def __init__(
        self,
        desk: Desk[Any, Any],
        worker: Worker,
        reach: Callable[[], Mapping[Any, Reach]],
        positions: Callable[[], Mapping[Any, int]],
        patience: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what is looked at.

        Args:
            desk: of the engine.
            worker: whose parts have gauges.
            reach: asks where group and log stood a moment ago, by partition.
            positions: asks where the consumer stands, by partition; not those of which it has seen nothing yet.
            patience: seconds that joining the group may take.
            now: a steady clock.
        """
        self._desk, self._worker, self._patience, self._now = desk, worker, patience, now
        self._reach, self._positions = reach, positions
        self._seen: dict[Any, tuple[int, float]] = {}  # place -> where it stands, and since when
        self._joining_since: float | None = None
        self._last = now()
        self._hungry: Counter[Any] = Counter()  # looks, by partition
        self._emptied = False
        self.joined = False

    def heard(self, statistics: str) -> None:
        """Take librdkafka's statistics: nothing else tells how the membership stands."""
        group = json.loads(statistics).get("cgrp", {})
        steady = group.get("join_state") == _STEADY
        self.joined = self.joined or steady
        # A coordinator that is away is no reason to start anew; a join that never ends is.
        if steady or group.get("state") != "up":
            self._joining_since = None
        elif self._joining_since is None:
            self._joining_since = self._now()

    @property
    def stuck(self) -> str | None:
        """Why the membership makes no progress; None where it does."""
        since = self._joining_since
        if since is None or self._now() - since < self._patience:
            return None
        return f"joining the group has not ended for {self._now() - since:.0f} s"

    def emptied(self) -> None:
        """Note that whatever the consumer had fetched has been taken."""
        self._emptied = True

    def starved(self) -> Any:
        """A partition that brings nothing although the broker has records of it; None where there is none.

        Librdkafka does not find a topic that was deleted and made again once its leader had changed before: it
        takes the new one's leader for an older one. Only another consumer gets over that.
        """
        return next((place for place, looks in self._hungry.items() if looks >= _STARVED), None)

    def _feel(self, paused: Collection[Any], positions: Mapping[Any, int]) -> None:
        """Only looks count between which all that was fetched was taken: before that, records may lie here."""
        if not self._emptied:
            return
        self._emptied, ours = False, self._desk.partitions
        hungry = {
            place
            for place, (start, end) in self._reach().items()
            if place in ours and place not in paused and end > positions.get(place, start)
        }
        self._hungry = Counter({place: self._hungry[place] + 1 for place in hungry})

    def look(self, paused: Collection[Any]) -> bool:
        """Set the gauges; whether the time for the slower ones had come."""
        metrics, desk = self._worker.metrics, self._desk
        metrics.in_flight.set(desk.running)
        metrics.retry_queue.set(desk.waiting)
        if self._now() - self._last < _EVERY:
            return False
        self._last = self._now()
        now = self._worker.clock.now()
        metrics.retry_due.set(desk.overdue(now))
        metrics.clock_jump.set(self._worker.clock.jump())
        metrics.breaker.set(_LEVELS[self._worker.gates.smtp.state(now)])
        metrics.fenced.set(desk.fenced)
        metrics.floods.set(self._worker.gates.flood.trips)
        metrics.paused.set(len(paused))
        self._feel(paused, self._positions())
        metrics.producer_queue.set(self._worker.outbox.waiting)
        metrics.oldest.set(self._age())
        return True

    def _age(self) -> float:
        """Seconds for which the partition that stands still longest has not moved, although something is open."""
        now = self._now()
        before, self._seen = self._seen, {}
        for place, position in self._desk.unfinished().items():
            was, since = before.get(place, (position, now))
            self._seen[place] = (position, since if was == position else now)
        return max((now - since for _, since in self._seen.values()), default=0.0)
