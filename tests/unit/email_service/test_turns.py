"""Users in turn, and work in slices."""

from __future__ import annotations

import asyncio
import itertools

from services.email_service.turns import SLICE, Turns


def test_a_user_with_many_calls_has_one_place_in_the_row() -> None:
    """Another user's only call comes after one of theirs, not after all."""
    order: list[str] = []

    async def call(turns: Turns, user: str) -> None:
        async with turns.hold(user):
            order.append(user)
            await asyncio.sleep(0)

    async def run() -> None:
        turns = Turns()
        await asyncio.gather(*(call(turns, user) for user in "aaaaabbc"))

    asyncio.run(run())

    assert "".join(order) == "aabcabaa"


def test_who_gives_up_waiting_is_passed_over() -> None:
    """Before it has the lock, and at the moment it gets it."""

    async def run() -> list[str]:
        turns, got = Turns(), list[str]()

        async def call(user: str) -> None:
            async with turns.hold(user):
                got.append(user)

        async with turns.hold("a"):
            waiting = {user: asyncio.create_task(call(user)) for user in "bcd"}
            await asyncio.sleep(0)
            waiting["b"].cancel()
        waiting["c"].cancel()  # it has been given the lock, and has not run since
        await asyncio.wait(waiting.values())
        async with turns.hold("e"):
            got.append("e")
        return got

    assert asyncio.run(run()) == ["d", "e"]


def test_work_is_done_in_slices_and_in_order() -> None:
    """Between two slices everything else that is ready runs."""
    clock = itertools.count(0, SLICE / 3)
    ticks: list[int] = []

    async def tick() -> None:
        for number in range(100):
            ticks.append(number)
            await asyncio.sleep(0)

    async def run() -> tuple[list[int], list[int]]:
        turns = Turns(lambda: next(clock))
        other = asyncio.create_task(tick())
        seen: list[int] = []

        def each(item: int) -> int:
            seen.append(len(ticks))
            return item * 2

        done = await turns.work("a", range(9), each)
        other.cancel()
        return done, seen

    done, seen = asyncio.run(run())

    assert done == [0, 2, 4, 6, 8, 10, 12, 14, 16]
    assert len(set(seen)) >= 4


def test_a_single_item_waits_for_nobody() -> None:
    """Its work is no more than a slice of a large call."""

    async def run() -> list[int]:
        turns = Turns()
        async with turns.hold("a"), asyncio.timeout(5):
            return await turns.work("b", [1], lambda item: item + 1)

    assert asyncio.run(run()) == [2]


def test_nothing_to_do_is_done() -> None:
    """At once."""
    assert asyncio.run(Turns().work("a", [], str)) == []
