"""The broker that the stack chose, and the embedded one: what every test of the project relies on."""

import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services.local_stack import Stack, StackOptions, start_stack

pytestmark = pytest.mark.stack
DEADLINE = 20.0


@pytest.fixture(scope="module")
def embedded() -> Iterator[Stack]:
    """A stack of nothing but the embedded broker."""
    with start_stack(StackOptions(("broker",), providers={"broker": "embedded"})) as running:
        yield running


@pytest.fixture(params=["stack", "embedded"])
def bootstrap(request: pytest.FixtureRequest) -> str:
    """The address of each broker in turn."""
    running: Stack = request.getfixturevalue(request.param)
    return running.environment["KAFKA_BOOTSTRAP_SERVERS"]


def create(bootstrap: str, name: str) -> None:
    """Creates the topic with two partitions."""
    # In a variable: the futures fail when the client is collected before they are done.
    client = AdminClient({"bootstrap.servers": bootstrap})
    client.create_topics([NewTopic(name, 2, 1)])[name].result(DEADLINE)


@pytest.fixture
def topic(bootstrap: str) -> str:
    """A new topic with two partitions."""
    name = f"stack-{uuid.uuid4()}"
    create(bootstrap, name)
    return name


def produce(bootstrap: str, topic: str, *values: bytes) -> None:
    """Sends the values under one key and waits for the acknowledgements."""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": True})
    for value in values:
        producer.produce(topic, value, b"key")
    assert producer.flush(DEADLINE) == 0


def consume(bootstrap: str, topic: str, count: int, **settings: str) -> list[bytes | None]:
    """Reads that many messages as the group "readers", commits them and leaves."""
    fixed: dict[str, str | int | bool] = {
        "bootstrap.servers": bootstrap,
        "group.id": f"readers-{topic}",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        # noida-db answers a fetch with more than the default allows.
        "receive.message.max.bytes": 1_000_000_000,
    }
    consumer = Consumer(fixed | {name.replace("_", "."): value for name, value in settings.items()})
    consumer.subscribe([topic])
    try:
        messages = consumer.consume(count, DEADLINE)
        consumer.commit(asynchronous=False)
        return [message.value() for message in messages]
    finally:
        consumer.close()


def test_delivers_what_was_produced(bootstrap: str, topic: str) -> None:
    """What an idempotent producer sent comes out, in the order of its key."""
    produce(bootstrap, topic, b"one", b"two")
    assert consume(bootstrap, topic, 2) == [b"one", b"two"]


def test_group_resumes_where_it_committed(bootstrap: str, topic: str) -> None:
    """A member that joins later reads on after the committed offset."""
    produce(bootstrap, topic, b"one")
    consume(bootstrap, topic, 1)
    produce(bootstrap, topic, b"two")
    assert consume(bootstrap, topic, 1) == [b"two"]


def test_watermarks_follow(bootstrap: str, topic: str) -> None:
    """The high watermark counts what was produced, which lag is computed from."""
    produce(bootstrap, topic, b"one", b"two", b"three")
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "nobody"})
    marks = [consumer.get_watermark_offsets(TopicPartition(topic, each), DEADLINE) for each in (0, 1)]
    consumer.close()
    assert sum(high for _, high in marks) == 3


@pytest.mark.apache_kafka("auto.create.topics.enable is its setting")
def test_creates_no_topic_by_itself(stack: Stack) -> None:
    """A misspelt topic is an error, not a new topic with default settings."""
    settings = {"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]}
    producer = Producer(settings | {"topic.metadata.propagation.max.ms": "0"})
    errors: list[object] = []
    producer.produce(
        f"misspelt-{uuid.uuid4()}",
        b"value",
        on_delivery=lambda error, _: errors.append(error and error.code()),
    )
    producer.flush(DEADLINE)
    assert errors == [KafkaError.UNKNOWN_TOPIC_OR_PART]


@pytest.mark.apache_kafka("KIP-848 groups")
def test_speaks_the_new_group_protocol(stack: Stack) -> None:
    """Groups of the consumer protocol work, which the embedded broker does not know."""
    bootstrap = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    name = f"stack-{uuid.uuid4()}"
    create(bootstrap, name)
    produce(bootstrap, name, b"one")
    assert consume(bootstrap, name, 1, group_protocol="consumer") == [b"one"]
