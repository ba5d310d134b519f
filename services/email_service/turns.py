"""Work on the event loop in small slices, users in turn, so that a large call does not hold up the others.

A slice is short, and several turns of the loop pass between two slices: a probe or a single e-mail takes about ten of
them, so it waits for two or three slices, however many large calls there are. A user with many calls has one place in
the row, as one with a single call.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeVar

SLICE: Final = 0.002  # seconds
_REST: Final = 4  # turns of the loop after each slice

T = TypeVar("T")
R = TypeVar("R")


class Turns:
    """A lock that users hold in turn; belongs to the loop it is first used on."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Take a clock in seconds."""
        self._clock = clock
        self._held = False
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def hold(self, user: str) -> AsyncIterator[None]:
        """Hold the lock, after one call of each other user that waits."""
        await self._acquire(user)
        try:
            yield
        finally:
            self._release()

    async def work(
        self,
        user: str,
        items: Sequence[T],
        each: Callable[[T], R],
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> list[R]:
        """The results of `each` for all items, in their order.

        Args:
            user: whose turn it takes.
            items: a single one is worked on at once.
            each: short, and without waiting.
            before: awaited before each slice.
        """
        done: list[R] = []
        while len(done) < len(items):
            if before is not None:
                await before()
            if len(items) == 1:
                return [each(items[0])]
            async with self.hold(user):
                end = self._clock() + SLICE
                while len(done) < len(items) and (self._clock() < end):
                    done.append(each(items[len(done)]))
                for _ in range(_REST):
                    await asyncio.sleep(0)
        return done

    async def _acquire(self, user: str) -> None:
        if not self._held:
            self._held = True
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it was given the lock and will not use it
                self._release()
            raise

    def _release(self) -> None:
        while self._waiting:
            user, calls = self._waiting.popitem(last=False)
            next_one = calls.popleft()
            if calls:
                self._waiting[user] = calls  # behind all other users
            if not next_one.done():  # else it was cancelled
                next_one.set_result(None)
                return
        self._held = False
