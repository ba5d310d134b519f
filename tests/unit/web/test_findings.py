"""What a probe is answered with while the question is asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from services.web.findings import Finding


class _Clock(asyncio.SelectorEventLoop):
    """A loop whose clock is set by hand."""

    now = 0.0

    def time(self) -> float:
        return self.now


def _run(clock: _Clock, work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return clock.run_until_complete(work)
    finally:
        clock.close()


def test_many_who_ask_at_once_ask_once() -> None:
    """And get the same answer."""
    asked = []

    async def question() -> str | None:
        asked.append(1)
        await asyncio.sleep(0)
        return "away"

    async def run() -> list[str | None]:
        finding = Finding(question)
        return await asyncio.gather(*(finding.get() for _ in range(5)))

    assert (_run(_Clock(), run()), len(asked)) == (["away"] * 5, 1)


def test_a_new_finding_is_kept_an_older_one_is_renewed_without_waiting() -> None:
    """An old one is waited for."""
    clock, answers = _Clock(), iter(("first", "second", "third"))

    async def question() -> str | None:
        return next(answers)

    async def run() -> list[str | None]:
        finding = Finding(question)
        got = [await finding.get()]
        for clock.now in (0.9, 1.0, 1.5, 5.0):
            got.append(await finding.get())
            await asyncio.sleep(0)
        return got

    assert _run(clock, run()) == ["first", "first", "first", "second", "third"]
