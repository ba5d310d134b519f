"""Many small writes in one: whoever comes while batches are under way goes with the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_LARGEST: Final = 500
_UNDER_WAY: Final = 2  # so that the database has the next batch at hand when it has finished one


class Batches(Generic[T, R]):
    """Runs two batches at a time; nobody waits for company, for batches under way gather the next one."""

    def __init__(self, run: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> None:
        """Take what does a batch: it gives a result for each item, or raises for all of them."""
        self._run = run
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._tasks: set[asyncio.Task[Any] | None] = set()

    async def do(self, item: T) -> R:
        """The result of one item; raises what its batch raised."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if len(self._tasks) < _UNDER_WAY:
            self._tasks.add(asyncio.create_task(self._drain()))
        return await answer

    async def _drain(self) -> None:
        await asyncio.sleep(0)  # those that were started together go together
        while self._waiting:
            batch, self._waiting = self._waiting[:_LARGEST], self._waiting[_LARGEST:]
            try:
                results = await self._run([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001  whoever waits has to hear it
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
            else:
                for (_, answer), result in zip(batch, results, strict=True):
                    if not answer.done():
                        answer.set_result(result)
        self._tasks.remove(asyncio.current_task())  # at once: the next item must find room, or a task that takes it
