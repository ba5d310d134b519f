"""Our clients and confluent-kafka's own understand each other, on a real broker and registry."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from eccs_contracts import EmailRequest, EmailRequestsConsumer, EmailRequestsProducer, Received
from eccs_contracts.errors import BrokerUnavailable, FramingError, MessageTooLarge, UnknownSchema
from services.local_stack import Stack

pytestmark = pytest.mark.stack
_PATIENCE = 30.0  # seconds; other tests leave thousands of messages in the topic
CONTEXT = SerializationContext("email_requests", MessageField.VALUE)


def _request() -> EmailRequest:
    return EmailRequest(
        id=uuid.uuid4(),
        to="a@example.com",
        subject="Grüße",
        body="Text",
        user_id="u1",
        timestamp=datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        template_data={"n": 1, "x": 1.5, "b": True, "s": "t", "z": None},
    )


def _find(stack: Stack, key: str) -> Received[EmailRequest]:
    """The message of a key, as our consumer reads it."""
    env = {**stack.environment, "KAFKA_GROUP_ID": f"test-{uuid.uuid4()}"}
    with EmailRequestsConsumer.from_env(env=env) as consumer:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            received = consumer.poll(0.2)
            if received is not None and received.key == key.encode():
                return received
    raise AssertionError(f"no message has the key {key}")


def _produce(stack: Stack, key: str, value: bytes | None, headers: Any = None) -> None:
    producer = Producer({"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]})
    producer.produce("email_requests", value, key, headers=headers)
    assert producer.flush(20) == 0


def _client(stack: Stack) -> SchemaRegistryClient:
    return SchemaRegistryClient({"url": stack.environment["SCHEMA_REGISTRY_URL"]})


def test_avro_deserializer_reads_what_our_producer_wrote(stack: Stack) -> None:
    """With the same registry and no knowledge of us."""
    request = _request()
    with EmailRequestsProducer.from_env(stack.environment) as producer:
        producer.send(request).result(20)
    received = _find(stack, str(request.id))

    found: Any = AvroDeserializer(_client(stack))(received.raw, CONTEXT)
    assert (found["id"], found["subject"], found["timestamp"]) == (request.id, "Grüße", request.timestamp)
    assert received.value == request


def test_our_consumer_reads_what_avro_serializer_wrote(stack: Stack) -> None:
    """An older version, too: written as v1, read as v2."""
    request = _request()
    text = Path("schemas/history/email_requests-value/v1.avsc").read_text()
    serialize = AvroSerializer(_client(stack), text, conf={"auto.register.schemas": False})
    names = {one: value for one, value in request.to_json().items() if one != "expiresAt"}
    value = serialize({**names, "timestamp": request.timestamp}, CONTEXT)
    _produce(stack, str(request.id), value)

    assert _find(stack, str(request.id)).value == request


def test_json_of_the_older_producers_is_read(stack: Stack) -> None:
    """It starts with a brace and says nothing of its type."""
    request = _request()
    _produce(stack, str(request.id), json.dumps(request.to_json()).encode())

    assert _find(stack, str(request.id)).value == request


@pytest.mark.parametrize(("value", "error"), [(b"\x07abcdef", FramingError), (b"\0\x7f\xff\xff\xff\0", UnknownSchema)])
def test_what_cannot_be_decoded_keeps_its_bytes(stack: Stack, value: bytes, error: type[Exception]) -> None:
    """The error is raised when the value is asked for, and not before."""
    key = str(uuid.uuid4())
    _produce(stack, key, value)
    received = _find(stack, key)

    assert received.raw == value
    with pytest.raises(error):
        _ = received.value


def test_a_message_over_the_limit_of_the_broker_is_refused(stack: Stack) -> None:
    """With an error that says trying again does not help."""
    request = _request()
    request.body = "x" * 2_000_000
    with EmailRequestsProducer.from_env(stack.environment) as producer, pytest.raises(MessageTooLarge):
        producer.send(request).result(20)


def test_what_the_broker_does_not_commit_is_an_error(stack: Stack) -> None:
    """An error of ours, which names the topic."""
    env = {**stack.environment, "KAFKA_GROUP_ID": f"test-{uuid.uuid4()}"}
    received: Received[EmailRequest] = Received("no-such-topic", 0, 0, key=None, headers=[], raw=None)

    with (
        EmailRequestsConsumer.from_env(env=env) as consumer,
        pytest.raises(BrokerUnavailable, match=r"^no-such-topic: not committed: "),
    ):
        consumer.commit(received)
