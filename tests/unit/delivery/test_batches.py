"""Batches: two under way, the rest together, and nobody forgotten."""

import asyncio
from collections.abc import Sequence

import pytest

from services.notification_service.batches import Batches


class Database:
    """Answers when it is told to, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self._gates: list[asyncio.Event] = []

    async def run(self, items: Sequence[int]) -> list[int]:
        """A batch, as `Batches` wants it done."""
        self.asked.append(list(items))
        self._gates.append(gate := asyncio.Event())
        await gate.wait()
        if 13 in items:
            raise OSError("13")
        return [item * 10 for item in items]

    def answer(self, number: int) -> None:
        """Let a batch end."""
        self._gates[number].set()


async def turns() -> None:
    """Let the loop turn a few times."""
    for _ in range(10):
        await asyncio.sleep(0)


async def started(batches: Batches[int, int], *items: int) -> list[asyncio.Task[int]]:
    """Items that were handed over together."""
    tasks = [asyncio.create_task(batches.do(item)) for item in items]
    await turns()
    return tasks


def test_two_batches_are_under_way_and_the_rest_goes_together() -> None:
    """Company is for those that have to wait anyway."""

    async def scenario() -> None:
        database = Database()
        batches = Batches(database.run)
        first = await started(batches, 1, 2, 3)
        second = await started(batches, 4)
        third = await started(batches, 5) + await started(batches, 6, 7)
        assert database.asked == [[1, 2, 3], [4]]
        database.answer(1)
        assert await asyncio.gather(*second) == [40]
        await turns()
        assert database.asked[2:] == [[5, 6, 7]]
        database.answer(0)
        database.answer(2)
        assert await asyncio.gather(*first, *third) == [10, 20, 30, 50, 60, 70]

    asyncio.run(scenario())


def test_an_item_that_comes_in_the_moment_when_batches_end_is_not_forgotten() -> None:
    """Its task would find nobody at work, and start nobody."""

    async def scenario() -> None:
        database = Database()
        batches = Batches(database.run)

        async def again(item: int) -> list[int]:
            return [await batches.do(item), await batches.do(item + 1)]  # the second as soon as the first is answered

        task = asyncio.create_task(again(10))
        await turns()
        other = asyncio.create_task(batches.do(20))
        await turns()
        assert database.asked == [[10], [20]]
        database.answer(0)
        database.answer(1)  # both end in one turn of the loop
        await turns()
        for number in range(2, len(database.asked)):
            database.answer(number)
        assert await asyncio.wait_for(task, 5) == [100, 110]
        assert await other == 200

    asyncio.run(scenario())


def test_an_error_reaches_its_own_batch_only() -> None:
    """It raises there, and the next batch runs."""

    async def scenario() -> None:
        database = Database()
        batches = Batches(database.run)
        bad = await started(batches, 13, 14)
        good = await started(batches, 15)
        later = await started(batches, 16)
        database.answer(0)
        for task in bad:
            with pytest.raises(OSError, match="13"):
                await task
        await turns()
        database.answer(1)
        database.answer(2)
        assert await asyncio.gather(*good, *later) == [150, 160]

    asyncio.run(scenario())


def test_who_does_not_wait_any_more_stops_nobody() -> None:
    """A task that was cancelled has no answer to take."""

    async def scenario() -> None:
        database = Database()
        batches = Batches(database.run)
        gone, stays = await started(batches, 1, 2)
        gone.cancel()
        await turns()
        database.answer(0)
        assert await stays == 20

    asyncio.run(scenario())
