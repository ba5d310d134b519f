"""From the event loop to the broker and back: nothing blocks the loop, and answers come in bursts.

librdkafka gathers what many requests hand over within its linger time into one produce request. The loop itself
collects the broker's answers, every few milliseconds while some are missing: a thread that did it would wake the loop
for each of them and fight it for the interpreter, which costs more than all the rest of producing
(docs/decisions/0009-api.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Final, Protocol

from eccs_contracts import Delivery, EmailRequest

_TICK: Final = 0.004  # seconds between two looks at what the broker has answered


class Sender(Protocol):
    """What is needed of a producer; `AsyncEmailRequestsProducer` is one."""

    def send(self, value: EmailRequest, *, headers: Mapping[str, str] | None = None) -> Future[Delivery]:
        """Check, encode and hand over."""

    def serialize(self, value: EmailRequest) -> bytes | None:
        """Encode; looks the schema up the first time."""

    def check(self, timeout: float = 5.0) -> None:
        """See that the broker answers."""

    def leave_reports(self) -> None:
        """Collect no answers but in `poll`."""

    def poll(self) -> int:
        """Settle what is answered; how many are not. Never waits."""


class Publisher:
    """Awaits acknowledgements; belongs to the loop it is first used on."""

    def __init__(self, sender: Sender) -> None:
        """Take the producer; the caller closes it."""
        self._sender: Any = sender
        self._warm = False
        self._warming = asyncio.Lock()
        self._looking = False

    async def publish(self, request: EmailRequest, headers: Mapping[str, str]) -> Delivery:
        """Hand a request over and wait for the broker.

        Raises:
            ValidationError, EncodeError: the request breaks the contract.
            MessageTooLarge: the broker takes no message of this size.
            InfrastructureError: the broker did not acknowledge in time, or the registry is needed and away.
            UnknownSchema: the schema is not registered.
        """
        await self.warm_up(request)
        return await self.hand_over(request, headers)

    def hand_over(self, request: EmailRequest, headers: Mapping[str, str]) -> asyncio.Future[Delivery]:
        """Hand a request over, after `warm_up`; the future has its place. Errors as `publish`, at once or in it."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Delivery] = loop.create_future()
        self._sender.send(request, headers=headers).add_done_callback(lambda done: _settle(waiter, done))
        self._look_soon(loop)
        return waiter

    async def warm_up(self, request: EmailRequest) -> None:
        """Ask the registry on another thread, once; from then on handing over never waits for anything."""
        if self._warm:
            return
        async with self._warming:
            if not self._warm:
                await asyncio.to_thread(self._sender.serialize, request)
                await asyncio.to_thread(self._sender.leave_reports)
                self._warm = True

    def _look_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._looking:
            self._looking = True
            loop.call_later(_TICK, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Collect what has been answered, and come again while anything has not."""
        self._looking = False  # first: whatever fails here, the next request looks again
        if self._sender.poll():
            self._look_soon(loop)


def _settle(waiter: asyncio.Future[Delivery], done: Future[Delivery]) -> None:
    """Runs on the loop, inside of `send` or of `poll`."""
    if waiter.done():  # the request was cancelled
        return
    error = done.exception()
    if error is None:
        waiter.set_result(done.result())
    else:
        waiter.set_exception(error)
