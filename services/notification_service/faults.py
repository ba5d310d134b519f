"""Kill points: where a test may end the process, as SIGKILL does. They are off unless two variables ask for one.

ECCS_TEST_FAULTS=1 ECCS_KILL_POINT=after-send:3 kills the process the third time that it comes by `after-send`; with
`:exit` behind it the thread raises SystemExit instead, as a library might.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

from eccs_contracts.errors import ConfigurationError

POINTS = ("after-claim", "after-send", "after-mark", "after-retry-produce", "after-dead-produce", "before-commit")


class KillPoint:
    """One armed point, or none; passing one that is not armed costs a comparison."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """Read the two variables.

        Raises:
            ConfigurationError: ECCS_KILL_POINT names no point.
        """
        asked = env.get("ECCS_KILL_POINT", "") if env.get("ECCS_TEST_FAULTS") == "1" else ""
        self._name, count, how = [*asked.split(":"), "", ""][:3]
        if asked and (self._name not in POINTS or not (count or "1").isdecimal()):
            raise ConfigurationError(f"ECCS_KILL_POINT is {asked!r}: one of {', '.join(POINTS)} and :COUNT is expected")
        self._left, self._exit = int(count or 1), how == "exit"

    def passed(self, name: str) -> None:
        """End the process without a word if this is the point, and the time."""
        if name == self._name:
            self._left -= 1
            if self._left == 0 and self._exit:
                raise SystemExit(1)
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


REACHED = KillPoint(os.environ)
reached = REACHED.passed
