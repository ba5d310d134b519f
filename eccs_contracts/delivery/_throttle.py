"""Whether a server throttles mails in general, or a few of them only."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

_WINDOW: Final = timedelta(seconds=1)


class Pace(StrEnum):
    """What to do with the rate."""

    KEEP = "keep"
    SLOWER = "slower"
    FASTER = "faster"


class ThrottleGauge:
    """Counts throttled and served mails in windows of a second.

    The rate is to go down at the end of the second of two windows in a row in which most mails were throttled, at most
    once a window, and up after a window in which most were served. A mail counts once in a window. So a burst of a
    few dozen mails that the server will never take slows nobody down.
    """

    def __init__(self, least: int) -> None:
        """Create it; `least` is how many different mails must be throttled in a window, at least 1.

        Raises:
            ValueError: `least` is below 1.
        """
        if least < 1:
            raise ValueError(f"a gauge needs at least 1 throttled mail, not {least}")
        self._least = least
        self._began: datetime | None = None
        self._throttled: set[str] = set()
        self._served = 0
        self._crowded = False  # the window before this one

    def note(self, now: datetime, mail: str, *, throttled: bool) -> Pace:
        """Count the end of a try; a window that is over by `now` is judged first."""
        pace = self._judge(now)
        if throttled:
            self._throttled.add(mail)
        else:
            self._served += 1
        return pace

    def _judge(self, now: datetime) -> Pace:
        began = now if self._began is None else self._began
        self._began = began
        if timedelta() <= now - began < _WINDOW:
            return Pace.KEEP
        crowded = len(self._throttled) >= self._least and len(self._throttled) > self._served
        served = self._served > 0 and self._served >= len(self._throttled)
        again = crowded and self._crowded and now - began < 2 * _WINDOW
        self._began, self._crowded, self._served = now, crowded, 0
        self._throttled.clear()
        if again:
            return Pace.SLOWER
        return Pace.FASTER if served else Pace.KEEP
