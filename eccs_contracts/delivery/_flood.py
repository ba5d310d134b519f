"""Whether so many dead letters can be right: a guard against dead-lettering everything."""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime, timedelta
from typing import Final

from eccs_contracts.delivery._decide import DeadLetter, Decision, Disposition, Outcome
from eccs_contracts.delivery._evidence import MESSAGE_PHASES

_SHARES: Final = 4  # users among whom a window is divided at most
_ENVIRONMENT: Final = (Disposition.EXHAUSTED, Disposition.PARKED, Disposition.DEFECT)


def tells_of_environment(outcome: Outcome, decision: Decision) -> bool:
    """Whether an end tells something of the environment, so that a FloodGuard is to count it.

    A message that is not what its contract says, has no template or is too late would end like that anywhere. What a
    server refuses, what has failed too often and what our own errors stop may be the environment's fault.
    """
    if not isinstance(decision, DeadLetter) or decision.disposition in _ENVIRONMENT:
        return True
    return decision.disposition is Disposition.PERMANENT and outcome.phase in MESSAGE_PHASES


class FloodGuard:
    """Stops dead letters for a pause when they are too large a part of the last ends.

    No user alone can close it: the dead letters of one user count as a quarter of the window at most. As long as fewer
    than four users have been seen, the share is larger: a half with two users, all of it with one.

    After a pause it begins to count anew: where all is still bad, one window of dead letters goes out in each pause.
    """

    def __init__(self, window: int, ratio: float, pause: timedelta) -> None:
        """Take how many ends are looked at, which part of them may be dead letters, and the pause.

        Raises:
            ValueError: the window is below 1, the ratio not in 0..1, or the pause not above zero.
        """
        if window < 1 or not 0 < ratio <= 1 or pause <= timedelta():
            raise ValueError(f"a guard needs window >= 1, 0 < ratio <= 1 and a pause, not {window}, {ratio}, {pause}")
        self._ends: deque[str | None] = deque(maxlen=window)  # whose dead letter it was; None for another end
        self._window, self._limit, self._pause = window, ratio * window, pause
        self._dead: Counter[str] = Counter()
        self._users: set[str] = set()
        self._until: datetime | None = None
        self.trips = 0

    def blocked_until(self, now: datetime) -> datetime | None:
        """When dead letters may go again; None while they may."""
        if self._until is not None and now >= self._until:
            self._until = None
        return self._until

    def ended(self, now: datetime, *, dead: bool, user: str = "") -> None:
        """Note how a message ended, and whose it was."""
        if len(self._users) < _SHARES:
            self._users.add(user)
        self._forget_first()
        self._ends.append(user if dead else None)
        if dead:
            self._dead[user] += 1
        if dead and len(self._ends) == self._window and self._counted() >= self._limit:
            self._until = now + self._pause
            self.trips += 1
            self._ends.clear()
            self._dead.clear()

    def _forget_first(self) -> None:
        first = self._ends[0] if len(self._ends) == self._window else None
        if first is not None:
            self._dead[first] -= 1
        if first is not None and not self._dead[first]:
            del self._dead[first]

    def _counted(self) -> float:
        """Dead letters in the window, of no user more than a share."""
        share = self._window / len(self._users)
        return sum(min(count, share) for count in self._dead.values())
