"""Answers to questions that take a while, kept for a moment: probes become no load, and do not wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

_FRESH: Final = 1.0  # seconds after which the question is asked again
_USABLE: Final = 3.0  # seconds for which the last answer is given while it is


class Finding:
    """What a dependency was last found to be; belongs to the loop that it is first asked on."""

    def __init__(self, question: Callable[[], Awaitable[str | None]]) -> None:
        """Take the question: answered with a problem, or None if there is none. It must not raise."""
        self._question = question
        self._at: float | None = None
        self._found: str | None = None
        self._asking: asyncio.Task[None] | None = None

    async def get(self) -> str | None:
        """The problem, or None. At most 3 s old; waits only if nothing as new as that is known."""
        now = asyncio.get_running_loop().time()
        age = None if self._at is None else now - self._at
        if (age is None or age >= _FRESH) and self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        if self._asking is not None and (age is None or age >= _USABLE):
            await asyncio.shield(self._asking)  # others wait for it, too
        return self._found

    async def _ask(self) -> None:
        try:
            self._found = await self._question()
            self._at = asyncio.get_running_loop().time()
        finally:
            self._asking = None
