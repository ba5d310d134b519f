"""The log of this service, one for the process; `__main__` sets its level."""

from __future__ import annotations

from typing import Final

from services.logs import Log

log: Final = Log("info")
