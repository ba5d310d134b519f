"""Between the loop and the producer's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from eccs_contracts import Delivery, EmailRequest
from eccs_contracts.errors import DeliveryFailed
from services.email_service.models import SEND_REQUEST
from services.email_service.publish import Publisher
from services.email_service.sending import request_of


class Held:
    """A producer whose answers the test gives."""

    def __init__(self, count: int) -> None:
        self.full = asyncio.Event()
        self._count = count
        self.answers: list[Future[Delivery]] = []
        self.looked_up: list[str] = []

    def send(self, value: EmailRequest, *, headers: Mapping[str, str] | None = None) -> Future[Delivery]:  # noqa: ARG002
        """Keep the future."""
        self.answers.append(Future())
        if len(self.answers) == self._count:
            self.full.set()
        return self.answers[-1]

    def serialize(self, value: EmailRequest) -> bytes | None:  # noqa: ARG002
        """Note on which thread."""
        self.looked_up.append(threading.current_thread().name)
        return b""

    def check(self, timeout: float = 5.0) -> None:
        """Nothing."""


def _request() -> EmailRequest:
    made = request_of(SEND_REQUEST["examples"][0], "u1")
    assert isinstance(made, EmailRequest)
    return made


async def _publish(sender: Held, count: int, answer: threading.Thread) -> list[Delivery | BaseException]:
    publisher = Publisher(sender)
    tasks = [asyncio.create_task(publisher.publish(_request(), {})) for _ in range(count)]
    await sender.full.wait()
    answer.start()
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_each_waiter_gets_its_own_answer() -> None:
    """From another thread, errors among them."""
    sender = Held(6)

    def answer() -> None:
        for number, future in enumerate(sender.answers):
            if number % 2:
                future.set_exception(DeliveryFailed(str(number)))
            else:
                future.set_result(Delivery("t", 0, number))

    got = asyncio.run(_publish(sender, 6, threading.Thread(target=answer)))

    assert [one.offset if isinstance(one, Delivery) else str(one) for one in got] == [0, "1", 2, "3", 4, "5"]


def test_the_schema_is_looked_up_once_and_off_the_loop() -> None:
    """However many ask at a time."""
    sender = Held(5)

    def answer() -> None:
        for future in sender.answers:
            future.set_result(Delivery("t", 0, 0))

    asyncio.run(_publish(sender, 5, threading.Thread(target=answer)))

    assert len(sender.looked_up) == 1
    assert sender.looked_up[0] != threading.main_thread().name


def test_an_answer_for_nobody_hurts_nobody() -> None:
    """The request was cancelled before the broker answered."""
    sender = Held(2)

    async def run() -> None:
        publisher = Publisher(sender)
        gone, stays = (asyncio.create_task(publisher.publish(_request(), {})) for _ in range(2))
        await sender.full.wait()
        gone.cancel()
        await asyncio.sleep(0)
        for future in sender.answers:
            future.set_result(Delivery("t", 0, 7))
        assert (await stays).offset == 7
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(run())
