"""Where retries and dead letters are written, each confirmed by the broker before anybody goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from eccs_contracts import EmailDlq, EmailRetry
from eccs_contracts.clients import RawProducer, message_headers
from eccs_contracts.errors import ContractsError, EncodeError, InfrastructureError, MessageTooLarge
from eccs_contracts.headers import Headers, kept
from eccs_contracts.headers import replace as replace_headers
from eccs_contracts.serde import ContractSerializer
from services.notification_service.logs import log
from services.notification_service.metrics import Metrics

T = TypeVar("T")
_INSIST: Final = 0.25  # seconds between tries to write what must not be lost, doubled up to
_INSIST_LONGEST: Final = 5.0


class Outbox:
    """Writes envelopes; belongs to the loop it is used on."""

    def __init__(
        self,
        producer: RawProducer,
        retries: ContractSerializer[EmailRetry],
        dead_letters: ContractSerializer[EmailDlq],
        metrics: Metrics,
    ) -> None:
        self._producer = producer
        self._retries, self._dead_letters, self._metrics = retries, dead_letters, metrics
        self._failing_since: float | None = None

    @property
    def failing_for(self) -> float:
        """Seconds since the first of the failures that no confirmation has followed; 0 where all is well."""
        return 0.0 if self._failing_since is None else time.monotonic() - self._failing_since

    @property
    def waiting(self) -> int:
        """Messages that the broker has not confirmed yet."""
        return self._producer.waiting

    async def send(self, envelope: EmailRetry | EmailDlq, key: bytes | None, headers: tuple[Headers, Any]) -> None:
        """Write one envelope and wait for the broker; a dead letter that does not fit goes without its decoded half.

        Args:
            envelope: what to write.
            key: of the record.
            headers: those of the producer, and ours, which take the place of those of the same name.

        Raises:
            ContractsError: it is not acknowledged; InfrastructureError where trying again can help.
        """
        try:
            await self._send(envelope, key, headers)
        except (EncodeError, MessageTooLarge):
            if not isinstance(envelope, EmailDlq) or envelope.original_data is None:
                raise
            await self._send(replace(envelope, original_data=None), key, headers)

    async def _send(self, envelope: EmailRetry | EmailDlq, key: bytes | None, headers: tuple[Headers, Any]) -> None:
        serialize: Any = self._retries if isinstance(envelope, EmailRetry) else self._dead_letters
        value = await asyncio.to_thread(serialize, envelope)
        theirs, ours = headers
        ours = {**message_headers(envelope, version=type(envelope).VERSION), **ours}
        whole = replace_headers(kept(theirs), ours)
        answer = self._producer.send(type(envelope).TOPIC, value, key=key, headers=whole)
        try:
            await asyncio.wrap_future(answer)
        except InfrastructureError:
            self._failed()
            raise
        self._failing_since = None

    def check(self, timeout: float) -> None:
        """See that the broker answers; raises BrokerUnavailable where it does not within `timeout` seconds."""
        self._producer.check(timeout)

    def stop(self) -> None:
        """Stop at once; whoever waits for a confirmation is not told."""
        self._producer.stop()

    def _failed(self) -> None:
        self._metrics.delivery_failures.inc()
        self._failing_since = self._failing_since or time.monotonic()


async def insist(action: Callable[[], Awaitable[T]]) -> T:
    """Do what must be done before the offset may be committed, however long the dependency is away.

    Raises:
        ContractsError: trying again cannot help.
    """
    pause = _INSIST
    while True:
        try:
            return await action()
        except ContractsError as error:
            if not error.retryable:
                raise
            log("warning", "insisting", reason=str(error))
        await asyncio.sleep(pause)
        pause = min(pause * 2, _INSIST_LONGEST)
