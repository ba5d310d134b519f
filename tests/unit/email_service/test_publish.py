"""Between the loop and the producer's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future

import pytest

from eccs_contracts import Delivery, EmailRequest
from eccs_contracts.errors import DeliveryFailed
from services.email_service.models import SEND_REQUEST
from services.email_service.publish import Publisher
from services.email_service.sending import request_of


class Held:
    """A producer whose answers the test gives: by `answers`, once as many are asked for as it waits for."""

    def __init__(self, count: int, answer: Callable[[int, Future[Delivery]], None]) -> None:
        self._count, self._answer = count, answer
        self.futures: list[Future[Delivery]] = []
        self.looked_up: list[str] = []
        self.left = 0
        self.polls = 0
        self.sent, self.polled = asyncio.Event(), asyncio.Event()

    def send(self, value: EmailRequest, *, headers: Mapping[str, str] | None = None) -> Future[Delivery]:  # noqa: ARG002
        """Keep the future."""
        self.futures.append(Future())
        self.sent.set()
        return self.futures[-1]

    def serialize(self, value: EmailRequest) -> bytes | None:  # noqa: ARG002
        """Note on which thread."""
        self.looked_up.append(threading.current_thread().name)
        return b""

    def check(self, timeout: float = 5.0) -> None:
        """Nothing."""

    def leave_reports(self) -> None:
        """Note it."""
        self.left += 1

    def poll(self) -> int:
        """Answer all, where all have asked."""
        self.polls += 1
        if self.polls == 3:
            self.polled.set()
        if len(self.futures) == self._count:
            for number, future in enumerate(self.futures):
                if not future.done():
                    self._answer(number, future)
        return sum(not future.done() for future in self.futures)


def _place(number: int, future: Future[Delivery]) -> None:
    future.set_result(Delivery("t", 0, number))


def _every_other_fails(number: int, future: Future[Delivery]) -> None:
    if number % 2:
        future.set_exception(DeliveryFailed(str(number)))
    else:
        _place(number, future)


def _request() -> EmailRequest:
    made = request_of(SEND_REQUEST["examples"][0], "u1")
    assert isinstance(made, EmailRequest)
    return made


async def _publish(sender: Held, count: int) -> list[Delivery | BaseException]:
    publisher = Publisher(sender)
    async with asyncio.timeout(10):
        return await asyncio.gather(*(publisher.publish(_request(), {}) for _ in range(count)), return_exceptions=True)


def test_each_waiter_gets_its_own_answer() -> None:
    """Errors among them."""
    got = asyncio.run(_publish(Held(6, _every_other_fails), 6))

    assert [one.offset if isinstance(one, Delivery) else str(one) for one in got] == [0, "1", 2, "3", 4, "5"]


def test_the_schema_is_looked_up_once_and_off_the_loop() -> None:
    """However many ask at a time; then the loop takes the answers over."""
    sender = Held(5, _place)

    asyncio.run(_publish(sender, 5))

    assert (len(sender.looked_up), sender.left) == (1, 1)
    assert sender.looked_up[0] != threading.main_thread().name


def test_the_loop_goes_on_while_answers_are_missing() -> None:
    """And is left alone once there are none."""
    sender = Held(2, _place)

    async def run() -> tuple[int, int, int]:
        publisher = Publisher(sender)
        first = asyncio.create_task(publisher.publish(_request(), {}))
        async with asyncio.timeout(10):
            await sender.polled.wait()
            missing = int(not first.done())
            await publisher.publish(_request(), {})
            await first
            polls = sender.polls
            await asyncio.sleep(0.05)
        return missing, polls, sender.polls

    missing, after, later = asyncio.run(run())

    assert (missing, later) == (1, after)


def test_an_answer_for_nobody_hurts_nobody() -> None:
    """The request was cancelled before the broker answered."""
    sender = Held(2, _place)

    async def run() -> None:
        publisher = Publisher(sender)
        gone = asyncio.create_task(publisher.publish(_request(), {}))
        async with asyncio.timeout(10):
            await sender.sent.wait()
            gone.cancel()
            assert (await publisher.publish(_request(), {})).offset == 1
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(run())
