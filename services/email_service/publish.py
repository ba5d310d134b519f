"""From the event loop to the broker and back: nothing blocks the loop, and answers come in bursts.

librdkafka gathers what many requests hand over within its linger time into one produce request. Its delivery reports
arrive on a thread of their own, many at once: the loop is woken once for a burst of them, not once for each.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol, TypeAlias

from eccs_contracts import Delivery, EmailRequest

_Waiting: TypeAlias = "tuple[asyncio.Future[Delivery], Future[Delivery]]"


class Sender(Protocol):
    """What is needed of a producer; `AsyncEmailRequestsProducer` is one."""

    def send(self, value: EmailRequest, *, headers: Mapping[str, str] | None = None) -> Future[Delivery]:
        """Check, encode and hand over."""

    def serialize(self, value: EmailRequest) -> bytes | None:
        """Encode; looks the schema up the first time."""

    def check(self, timeout: float = 5.0) -> None:
        """See that the broker answers."""


class Publisher:
    """Awaits acknowledgements; belongs to the loop it is first used on."""

    def __init__(self, sender: Sender) -> None:
        """Take the producer; the caller closes it."""
        self._sender: Any = sender
        self._warm = False
        self._warming = asyncio.Lock()
        self._arrived: deque[_Waiting] = deque()
        self._woken = False

    async def publish(self, request: EmailRequest, headers: Mapping[str, str]) -> Delivery:
        """Hand a request over and wait for the broker.

        Raises:
            ValidationError, EncodeError: the request breaks the contract.
            MessageTooLarge: the broker takes no message of this size.
            InfrastructureError: the broker did not acknowledge in time, or the registry is needed and away.
            UnknownSchema: the schema is not registered.
        """
        if not self._warm:
            await self._look_up(request)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Delivery] = loop.create_future()
        answer: Future[Delivery] = self._sender.send(request, headers=headers)
        answer.add_done_callback(lambda done: self._arrive(loop, waiter, done))
        return await waiter

    async def _look_up(self, request: EmailRequest) -> None:
        """Ask the registry on another thread, once; from then on handing over never waits for anything."""
        async with self._warming:
            if not self._warm:
                await asyncio.to_thread(self._sender.serialize, request)
                self._warm = True

    def _arrive(
        self, loop: asyncio.AbstractEventLoop, waiter: asyncio.Future[Delivery], done: Future[Delivery]
    ) -> None:
        """Runs on librdkafka's thread."""
        self._arrived.append((waiter, done))
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._woken = False  # before the queue is looked at, so that what comes now wakes the loop again
        while self._arrived:
            waiter, done = self._arrived.popleft()
            if waiter.done():  # the request was cancelled
                continue
            error = done.exception()
            if error is None:
                waiter.set_result(done.result())
            else:
                waiter.set_exception(error)
