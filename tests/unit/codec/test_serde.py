"""The drop-ins, in confluent-kafka's own clients, beside its own serializers, with the embedded registry."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import DeserializingConsumer, SerializingProducer, TopicPartition
from confluent_kafka.aio import AsyncDeserializingConsumer, AsyncSerializingProducer
from confluent_kafka.schema_registry import (
    Schema,
    SchemaRegistryClient,
    header_schema_id_serializer,
    record_subject_name_strategy,
    topic_record_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from compat_checks.registry.server import EmbeddedRegistry
from eccs_contracts._once import Once
from eccs_contracts.errors import ConfigurationError, EncodeError, RegistryUnavailable, UnknownSchema
from eccs_contracts.models import EmailDlq, EmailRequest
from eccs_contracts.serde import (
    AsyncContractDeserializer,
    AsyncContractSerializer,
    ContractDeserializer,
    ContractSerializer,
    Pin,
    record_name,
    topic_record_name,
)
from tests.property.codec.values import write
from tests.unit.codec.examples import dead_letter, request

TOPIC = EmailRequest.TOPIC
V1 = (Path(__file__).parents[3] / "schemas/history/email_requests-value/v1.avsc").read_text("utf-8")


def _context(field: MessageField = MessageField.VALUE, headers: Any = None) -> SerializationContext:
    return SerializationContext(TOPIC, field, headers)


@contextmanager
def _running() -> Iterator[SchemaRegistryClient]:
    """confluent-kafka's client of a registry that has both versions of the request."""
    with EmbeddedRegistry() as embedded:
        client = SchemaRegistryClient({"url": embedded.url, "max.retries": 0, "timeout": 2})
        client.set_compatibility(level="NONE")
        for text in (V1, EmailRequest.SCHEMA):
            client.register_schema(EmailRequest.SUBJECT, Schema(text, "AVRO"))
        yield SchemaRegistryClient({"url": embedded.url, "max.retries": 0, "timeout": 2})


@pytest.fixture
def registry() -> Iterator[SchemaRegistryClient]:
    """A registry of its own for each test."""
    with _running() as client:
        yield client


def _theirs(registry: SchemaRegistryClient, **more: Any) -> AvroSerializer:
    def to_dict(value: EmailRequest, _: Any) -> dict[str, Any]:
        return value.to_json() | {"id": str(value.id), "timestamp": value.timestamp}

    made: AvroSerializer = AvroSerializer(
        registry, EmailRequest.SCHEMA, to_dict, {"auto.register.schemas": False, "use.latest.version": True, **more}
    )
    return made


def test_the_bytes_are_those_of_their_serializer(registry: SchemaRegistryClient) -> None:
    """The prefix, the id, the value."""
    value = request(source="s", metadata={"a": "b"})

    assert ContractSerializer(registry, EmailRequest)(value, _context()) == _theirs(registry)(value, _context())


def test_header_framing_is_theirs(registry: SchemaRegistryClient) -> None:
    """The GUID is in the header where they put it; a second message replaces it."""
    ours: list[Any] = [("x", b"y"), ("__value_schema_id", b"old")]
    theirs: list[Any] = [("x", b"y")]
    serialize = ContractSerializer(registry, EmailRequest, framing="header")
    other = _theirs(registry, **{"schema.id.serializer": header_schema_id_serializer})

    assert serialize(request(), _context(headers=ours)) == other(request(), _context(headers=theirs))
    assert ours == theirs


@pytest.mark.parametrize("framing", ["prefix", "header"])
def test_each_reads_the_other(registry: SchemaRegistryClient, framing: Any) -> None:
    """Their deserializer reads ours in both framings, and so does ours."""
    headers: list[Any] = []
    context = _context(headers=headers)
    data = ContractSerializer(registry, EmailRequest, framing=framing)(request(), context)

    assert ContractDeserializer(registry, EmailRequest)(data, context) == request()
    found = AvroDeserializer(registry)(data, context)
    assert found["subject"] == "Hello"


def test_header_framing_of_keys_has_a_header_of_its_own(registry: SchemaRegistryClient) -> None:
    """Key and value do not take each other's."""
    headers: dict[str, Any] = {}
    context = _context(MessageField.KEY, headers)
    data = ContractSerializer(registry, EmailRequest, subject=EmailRequest.SUBJECT, framing="header")(
        request(), context
    )

    assert list(headers) == ["__key_schema_id"]
    assert ContractDeserializer(registry, EmailRequest)(data, context) == request()


def test_a_guid_needs_headers(registry: SchemaRegistryClient) -> None:
    """The error says what to do."""
    with pytest.raises(EncodeError, match="give the message headers"):
        ContractSerializer(registry, EmailRequest, framing="header")(request(), _context())


STRATEGIES = [
    (record_name, "com.eccs.email.EmailRequest"),
    (record_subject_name_strategy, "com.eccs.email.EmailRequest"),
    (topic_record_name, "email_requests-com.eccs.email.EmailRequest"),
    (topic_record_subject_name_strategy, "email_requests-com.eccs.email.EmailRequest"),
    (lambda _, name: f"team.{name}", "team.com.eccs.email.EmailRequest"),
    ("by-hand", "by-hand"),
]


@pytest.mark.parametrize(("strategy", "subject"), STRATEGIES)
def test_subjects(registry: SchemaRegistryClient, strategy: Any, subject: str) -> None:
    """Ours, theirs, your own, or simply a name."""
    serialize = ContractSerializer(registry, EmailRequest, subject=strategy)
    with pytest.raises(UnknownSchema, match=subject):
        serialize(request(), _context())

    made = registry.register_schema(subject, Schema(EmailRequest.SCHEMA, "AVRO"))
    data = serialize(request(), _context())

    assert data is not None
    assert int.from_bytes(data[1:5], "big") == made


def test_without_a_context_the_subject_is_that_of_the_model(registry: SchemaRegistryClient) -> None:
    """For those who call it themselves."""
    assert ContractSerializer(registry, EmailRequest)(request()) is not None


@pytest.mark.parametrize("pin", [Pin(schema_id=2), Pin(version=2)])
def test_a_pin_chooses_the_schema(registry: SchemaRegistryClient, pin: Pin) -> None:
    """By id or by version, where the text alone would not be found."""
    data = ContractSerializer(registry, EmailRequest, subject=EmailRequest.SUBJECT, pin=pin)(request())

    assert data is not None
    assert int.from_bytes(data[1:5], "big") == 2


@pytest.mark.parametrize("pin", [Pin(schema_id=1), Pin(version=1)])
def test_a_pin_on_another_schema_is_refused(registry: SchemaRegistryClient, pin: Pin) -> None:
    """Its bytes would be read as something else."""
    with pytest.raises(ConfigurationError, match="is not the schema of EmailRequest"):
        ContractSerializer(registry, EmailRequest, subject=EmailRequest.SUBJECT, pin=pin)(request())


def test_what_is_known_survives_an_outage() -> None:
    """Known schemas go on, both ways; unknown ones are an infrastructure error, which is retryable."""
    with _running() as registry:
        serialize = ContractSerializer(registry, EmailRequest)
        deserialize = ContractDeserializer(registry, EmailRequest)
        data = serialize(request(), _context())
        assert deserialize(data, _context()) == request()

    assert serialize(request(), _context()) == data
    assert deserialize(data, _context()) == request()
    nobody = SchemaRegistryClient({"url": "http://127.0.0.1:9", "max.retries": 0, "timeout": 2})
    with pytest.raises(RegistryUnavailable) as caught:
        ContractSerializer(nobody, EmailDlq)(dead_letter(), _context())
    assert caught.value.retryable


def test_an_older_message_is_read(registry: SchemaRegistryClient) -> None:
    """What version 1 wrote is resolved."""
    value = request()
    datum = value.to_json() | {"id": str(value.id), "timestamp": value.timestamp}
    data = b"\0\0\0\0\1" + write(V1, datum)

    assert ContractDeserializer(registry, EmailRequest)(data, _context()) == value


def test_many_waiters_ask_once() -> None:
    """Ten threads that want one answer cause one question; they get an error as well, which is then forgotten."""
    once: Once[str, int] = Once()
    questions: list[int] = []
    waiting = threading.Barrier(10)

    def ask() -> int:
        questions.append(1)
        if len(questions) == 1:
            raise ConnectionError
        return 7

    def want(_: int) -> int | str:
        waiting.wait(5)
        try:
            return once.get("k", ask)
        except ConnectionError:
            return "down"

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(want, range(10)))

    assert set(answers) <= {7, "down"}
    assert "down" in answers
    assert once.get("k", ask) == 7
    assert len(questions) == 2


def test_a_slow_answer_is_awaited_by_all() -> None:
    """Who comes while the question is under way does not ask again."""
    once: Once[str, int] = Once()
    asked, answer = threading.Event(), threading.Event()
    questions: list[int] = []

    def ask() -> int:
        questions.append(1)
        asked.set()
        answer.wait(5)
        return 7

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(once.get, "k", ask)
        asked.wait(5)
        others = [pool.submit(once.get, "k", ask) for _ in range(4)]
        answer.set()

        assert [one.result(5) for one in (first, *others)] == [7] * 5
    assert len(questions) == 1


def _address(list_topics: Callable[..., Any]) -> str:
    """Where the mock broker inside of a producer listens."""
    broker = next(iter(list_topics(timeout=10).brokers.values()))
    return f"{broker.host}:{broker.port}"


_CONSUMER = {"group.id": "g", "auto.offset.reset": "earliest"}


def test_in_their_clients(registry: SchemaRegistryClient) -> None:
    """SerializingProducer takes the serializer, DeserializingConsumer the deserializer."""
    serialize = ContractSerializer(registry, EmailRequest, framing="header")
    producer = SerializingProducer({"test.mock.num.brokers": 1, "value.serializer": serialize})
    producer.produce(TOPIC, value=request(), headers=[], partition=0)
    assert producer.flush(10) == 0
    consumer = DeserializingConsumer(
        {
            **_CONSUMER,
            "bootstrap.servers": _address(producer.list_topics),
            "value.deserializer": ContractDeserializer(registry, EmailRequest),
        }
    )
    consumer.assign([TopicPartition(TOPIC, 0, 0)])
    message: Any = consumer.poll(20)
    consumer.close()

    assert message.value() == request()


def test_in_their_asyncio_clients(registry: SchemaRegistryClient) -> None:
    """The asyncio clients await the asyncio ones."""

    async def there_and_back() -> Any:
        producer = await AsyncSerializingProducer(
            {"test.mock.num.brokers": 1, "value.serializer": AsyncContractSerializer(registry, EmailRequest)}
        )
        delivery = await producer.produce(TOPIC, value=request(), partition=0)
        await producer.flush()
        await delivery
        metadata = await producer.list_topics(timeout=10)
        consumer = await AsyncDeserializingConsumer(
            {
                **_CONSUMER,
                "bootstrap.servers": _address(lambda **_: metadata),
                "value.deserializer": AsyncContractDeserializer(registry, EmailRequest),
            }
        )
        await consumer.assign([TopicPartition(TOPIC, 0, 0)])
        message = await consumer.poll(20)
        await consumer.close()
        await producer.close()
        return message.value()

    assert asyncio.run(there_and_back()) == request()
