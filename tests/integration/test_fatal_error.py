"""A producer that met a fatal error, against a real broker.

`enable.gapless.guarantee` makes one of what is harmless without it: a message that the broker finds too large.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from eccs_contracts import Delivery
from eccs_contracts.clients import RawProducer
from eccs_contracts.errors import DeliveryFailed, MessageTooLarge
from services.local_stack import Stack
from services.local_stack.processes import Patience

pytestmark = pytest.mark.stack
_PATIENCE = 20.0  # seconds
_LARGE = b"x" * 5_000


@pytest.fixture
def topic(stack: Stack) -> Iterator[str]:
    """A topic that takes small messages only."""
    admin, name = AdminClient(_servers(stack)), f"fatal-{uuid.uuid4()}"
    small = NewTopic(name, 1, 1, config={"max.message.bytes": "1000"})
    admin.create_topics([small])[name].result(_PATIENCE)
    yield name
    admin.delete_topics([name])[name].result(_PATIENCE)


def _servers(stack: Stack) -> dict[str, str | int | float | bool]:
    return {"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]}


@pytest.mark.parametrize("by_caller", [False, True], ids=["thread", "caller"])
def test_the_next_message_after_a_fatal_error_is_written(
    stack: Stack, topic: str, caplog: pytest.LogCaptureFixture, by_caller: bool
) -> None:
    """Whoever collects the broker's answers; and the log says that it happened."""
    producer = RawProducer({**_servers(stack), "enable.gapless.guarantee": True})
    if by_caller:
        producer.leave_reports()

    def send(value: bytes) -> Future[Delivery]:
        answer = producer.send(topic, value, key="k", headers=[])
        until = Patience(_PATIENCE, threading.Event()).until
        assert until(lambda: (by_caller and producer.poll() == 0) or answer.done())
        return answer

    def written(value: bytes) -> bool:
        try:
            return send(value).result(_PATIENCE).topic == topic
        except DeliveryFailed:
            return False

    try:
        assert written(b"before")
        with pytest.raises((DeliveryFailed, MessageTooLarge)):
            send(_LARGE).result(_PATIENCE)
        with caplog.at_level(logging.WARNING, "librdkafka"):
            assert Patience(_PATIENCE, threading.Event()).until(lambda: written(b"after"))
        assert "fatal error" in caplog.text
    finally:
        producer.stop()
