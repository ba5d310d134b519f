"""Producers and consumers of one contract; the generated classes fill in which one.

A message counts as sent when the broker has acknowledged it, and as read when its offset is committed; neither
happens behind the caller's back.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka import Producer as KafkaProducer

from eccs_contracts import headers as names
from eccs_contracts._contract import Contract, M
from eccs_contracts._registry import Registry
from eccs_contracts.errors import (
    BrokerUnavailable,
    ConfigurationError,
    ContractsError,
    DeliveryFailed,
    EncodeError,
    MessageTooLarge,
)
from eccs_contracts.serde import ContractDeserializer, ContractSerializer
from eccs_contracts.settings import kafka_config, setting

# librdkafka repeats itself while a broker is away; who wants to read it gives this logger a handler.
_LOGGER: Final = logging.getLogger("librdkafka")
_LOGGER.addHandler(logging.NullHandler())

_C = TypeVar("_C")
_SLICE: Final = 0.5  # seconds that Ctrl-C waits for: librdkafka does not hear it

PRODUCER_SETTINGS: Final = {
    "enable.idempotence": True,
    "acks": "all",
    "partitioner": "murmur2_random",  # as Java and kafkajs: one id, one partition, whatever the language
    "linger.ms": 5,
    "delivery.timeout.ms": 30_000,
}
CONSUMER_SETTINGS: Final = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "earliest",
    "receive.message.max.bytes": 1_000_000_000,
}


def made(kind: Callable[..., _C], config: Mapping[str, Any]) -> _C:
    """A client of librdkafka, its log in the hands of Python's `logging`.

    Raises:
        ConfigurationError: a setting is not usable, for example a certificate that is not there.
    """
    try:
        return kind({**config}, logger=_LOGGER)
    except KafkaException as error:
        raise ConfigurationError(f"the settings of Kafka are not usable: {error.args[0].str()}; see KAFKA_*") from None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the broker put a message."""

    topic: str
    partition: int
    offset: int


class RawProducer:
    """Bytes to a broker, each answered by a future; a thread of its own collects the broker's answers.

    A fatal error (librdkafka's term: what idempotence promises is lost, and nothing is written from then on) ends as
    DeliveryFailed for what is not acknowledged; what is sent after it is written under a new producer id.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Take librdkafka's settings; idempotence, `acks=all` and the murmur2 partitioner are given."""
        self._servers = config.get("bootstrap.servers", "")
        self._config = {**PRODUCER_SETTINGS, "error_cb": self._note, **config}
        self._trouble: str | None = None
        self._producer = made(KafkaProducer, self._config)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="delivery-reports", daemon=True)
        self._thread.start()

    def send(
        self, topic: str, value: bytes | None, *, key: bytes | str | None, headers: names.Headers
    ) -> Future[Delivery]:
        """Hand a message over; the future has its place, or DeliveryFailed or MessageTooLarge."""
        answer: Future[Delivery] = Future()

        def report(error: KafkaError | None, message: Message) -> None:
            if error is None:
                place = Delivery(str(message.topic()), message.partition() or 0, message.offset() or 0)
                answer.set_result(place)
            else:
                answer.set_exception(delivery_error(error, topic))

        try:
            self._producer.produce(topic, value, key, headers=headers, on_delivery=report)
        except BufferError:
            answer.set_exception(DeliveryFailed(f"{topic}: the queue of the producer is full"))
        except KafkaException as error:
            answer.set_exception(delivery_error(error.args[0], topic))
        return answer

    @property
    def waiting(self) -> int:
        """Messages that were handed over and are not answered."""
        return len(self._producer)

    def check(self, timeout: float) -> None:
        """Ask the broker for anything.

        Raises:
            BrokerUnavailable: it does not answer within `timeout` seconds.
        """
        try:
            self._producer.list_topics(timeout=timeout)
        except KafkaException as error:
            reason = self._trouble or error.args[0].str()
            raise BrokerUnavailable(
                f"no broker answers at {self._servers} ({reason}); set KAFKA_BOOTSTRAP_SERVERS"
            ) from None

    def flush(self, timeout: float) -> None:
        """Wait until everything that was handed over is answered.

        Raises:
            DeliveryFailed: something is not, after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while left := self._serve(self._producer.flush, min(_SLICE, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                raise DeliveryFailed(f"{left} messages are not acknowledged after {timeout:g} s")

    def close(self, timeout: float = 30.0) -> None:
        """Flush and stop; errors as `flush`."""
        try:
            self.flush(timeout)
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop at once; what is not acknowledged yet stays unanswered."""
        self._closed.set()
        self._thread.join()

    def leave_reports(self) -> None:
        """Leave it to the caller to collect the broker's answers, by `poll`; the thread that did it ends here."""
        self._closed.set()
        self._thread.join()

    def poll(self) -> int:
        """Settle, on this thread, the futures of what the broker has answered; how many are left. Never waits."""
        return self._serve(self._producer.poll, 0)

    def _note(self, error: KafkaError) -> None:
        """Keep what went wrong last: a refused password or certificate, where a question only ends by its time."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  librdkafka's own code
            self._trouble = error.str()

    def _serve(self, answers: Callable[[float], int], timeout: float) -> int:
        """Collect the broker's answers; how many are left. What is fatal is raised here, to one thread only."""
        try:
            answers(timeout)
        except KafkaException as error:
            if not error.args[0].fatal():
                raise
            self._renew(error.args[0])
        return len(self._producer)

    def _renew(self, error: KafkaError) -> None:
        """Go on with a new producer, at once: the old one would leave what it holds unanswered until its time is up."""
        _LOGGER.warning("a new producer takes the place of one that met a fatal error: %s", error.str())
        old, self._producer = self._producer, made(KafkaProducer, self._config)
        old.purge()
        old.flush()  # answers what was purged, without which somebody would wait for ever

    def _poll(self) -> None:
        while not self._closed.is_set():
            self._serve(self._producer.poll, 0.1)


def delivery_error(error: KafkaError, topic: str) -> ContractsError:
    """What librdkafka's error means for the sender."""
    if error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD):
        return MessageTooLarge(f"{topic}: the message is larger than the broker takes")
    return DeliveryFailed(f"{topic}: not acknowledged: {error.str()}")


class Producer(Generic[M]):
    """Writes one contract's messages to its topic."""

    contract: ClassVar[Contract[Any]]

    def __init__(self, config: Mapping[str, Any], registry: Registry) -> None:
        """Take librdkafka's settings and a registry."""
        self._raw = RawProducer(config)
        self._serialize = ContractSerializer(registry, self.contract.model, subject=self.contract.subject)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """A producer of the environment's broker and registry.

        Raises:
            ConfigurationError: KAFKA_BOOTSTRAP_SERVERS or SCHEMA_REGISTRY_URL is not set.
        """
        return cls(kafka_config(env), Registry.from_env(env))

    def send(self, value: M, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> Future[Delivery]:
        """Check, encode and hand over; the future has the place once the broker acknowledged.

        Args:
            value: the message.
            key: needed where the contract makes no key of the value.
            headers: further headers; ours take the place of those of the same name.

        Raises:
            ValidationError: the value breaks the contract.
            EncodeError: the value does not fit the schema, or a key is needed.
            UnknownSchema: the schema is not registered.
            RegistryUnavailable: the schema's id is not known yet and the registry does not answer.
        """
        value.validate()
        if key is None and self.contract.key is not None:
            key = self.contract.key(value)
        if key is None:
            raise EncodeError(f"a message of {self.contract.topic.name} needs a key")
        data = self._serialize(value)
        ours = message_headers(value, version=self.contract.version)
        extra: names.Headers = list((headers or {}).items())
        return self._raw.send(self.contract.topic.name, data, key=key, headers=names.replace(extra, ours))

    def serialize(self, value: M) -> bytes | None:
        """The framed bytes that `send` writes; errors as `send`."""
        return self._serialize(value)

    def flush(self, timeout: float = 30.0) -> None:
        """Wait until everything is acknowledged; raises DeliveryFailed where something is not in time."""
        self._raw.flush(timeout)

    def check(self, timeout: float = 5.0) -> None:
        """See that the broker answers; raises BrokerUnavailable where it does not."""
        self._raw.check(timeout)

    def close(self) -> None:
        """Flush and stop; raises DeliveryFailed where something is not acknowledged in time."""
        self._raw.close()

    def stop(self) -> None:
        """Stop at once; what is not acknowledged yet stays unanswered."""
        self._raw.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncProducer(Producer[M]):
    """The same from asyncio: sends are awaited without blocking the loop."""

    def leave_reports(self) -> None:
        """End the thread that collects the broker's answers: from now on that is `poll`, called on the loop.

        For who sends so much that waking the loop from another thread, once for each answer, is what it costs.
        """
        self._raw.leave_reports()

    def poll(self) -> int:
        """Settle, on this thread, the futures of what the broker has answered; how many are left. Never waits."""
        return self._raw.poll()

    async def deliver(self, value: M, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> Delivery:
        """Send and wait for the broker; errors as `send`, and DeliveryFailed or MessageTooLarge."""
        answer = await asyncio.to_thread(self.send, value, key=key, headers=headers)
        return await asyncio.wrap_future(answer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)


def message_headers(value: Any, *, version: str) -> dict[str, str]:
    """The headers of a new message, as far as its record has what they say."""
    found = {names.EMAIL_ID: getattr(value, "id", None), names.USER_ID: getattr(value, "user_id", None)}
    return {
        **{name: str(item) for name, item in found.items() if item is not None},
        names.TIMESTAMP: names.millis(datetime.now(UTC)),
        names.CONTENT_TYPE: names.AVRO,
        names.SCHEMA_VERSION: version,
    }


@dataclass(frozen=True, slots=True)
class Received(Generic[M]):
    """A message as it came, decoded where that was possible.

    Attributes:
        raw: the value, byte for byte.
        error: why it could not be decoded; None where it could.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: names.Headers
    raw: bytes | None
    decoded: M | None = field(repr=False, default=None)
    error: ContractsError | None = None

    @property
    def value(self) -> M:
        """The decoded value.

        Raises:
            ContractsError: it could not be decoded; the bytes are in `raw`.
        """
        if self.error is not None:
            raise self.error
        assert self.decoded is not None  # noqa: S101  one of the two is always there
        return self.decoded


class Consumer(Generic[M]):
    """Reads one contract's messages. Nothing is committed unless `commit` is called."""

    contract: ClassVar[Contract[Any]]

    def __init__(self, config: Mapping[str, Any], registry: Registry) -> None:
        """Take librdkafka's settings, `group.id` among them, and a registry."""
        self._consumer = made(KafkaConsumer, {**CONSUMER_SETTINGS, **config})
        self._consumer.subscribe([self.contract.topic.name])
        self._deserialize = ContractDeserializer(registry, self.contract.model)

    @classmethod
    def from_env(cls, group_id: str | None = None, env: Mapping[str, str] | None = None) -> Self:
        """A consumer of the environment's broker and registry; the group is KAFKA_GROUP_ID where none is given.

        Raises:
            ConfigurationError: a variable is not set.
        """
        group = group_id or setting("KAFKA_GROUP_ID", env=env)
        return cls({**kafka_config(env), "group.id": group}, Registry.from_env(env))

    def poll(self, timeout: float = 1.0) -> Received[M] | None:
        """The next message, or None after `timeout` seconds.

        Raises:
            BrokerUnavailable: the broker answers with an error.
            RegistryUnavailable: the schema is not known yet and the registry does not answer; the message comes again.
        """
        try:
            message = self._consumer.poll(timeout)
        except KafkaException as fatal:
            raise BrokerUnavailable(f"{self.contract.topic.name}: {fatal.args[0].str()}") from None
        if message is None:
            return None
        if (error := message.error()) is not None:
            raise BrokerUnavailable(f"{self.contract.topic.name}: {error.str()}")
        return self._received(message)

    def __iter__(self) -> Iterator[Received[M]]:
        """Messages without end."""
        while True:
            if (received := self.poll()) is not None:
                yield received

    def remaining(self, timeout: float = 10.0) -> int:
        """How many messages of the topic lie between this group's place and the end, at this moment.

        Raises:
            BrokerUnavailable: no answer within `timeout` seconds.
        """
        name = self.contract.topic.name
        try:
            partitions = self._consumer.list_topics(name, timeout).topics[name].partitions
            places = self._consumer.committed([TopicPartition(name, number) for number in partitions], timeout)
            marks = [self._consumer.get_watermark_offsets(place, timeout) for place in places]
        except KafkaException as error:
            raise BrokerUnavailable(f"{name}: {error.args[0].str()}") from None
        return sum(high - max(low, place.offset) for place, (low, high) in zip(places, marks, strict=True))

    def commit(self, received: Received[M]) -> None:
        """Note in the group that this message, and all before it in its partition, need no more reading.

        Raises:
            BrokerUnavailable: it is not noted, and the message comes again: the broker is away, or the partition
                belongs to another member by now.
        """
        place = TopicPartition(received.topic, received.partition, received.offset + 1)
        try:
            (answer,) = self._consumer.commit(offsets=[place], asynchronous=False)
            error = answer.error
        except KafkaException as refused:
            error = refused.args[0]
        if error is not None:
            raise BrokerUnavailable(f"{received.topic}: not committed: {error.str()}")

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _received(self, message: Message) -> Received[M]:
        raw, headers = message.value(), names.listed(message.headers())
        decoded, failure = None, None
        try:
            decoded = self._decode(raw, headers)
        except ContractsError as error:
            if error.retryable:
                place = TopicPartition(str(message.topic()), message.partition() or 0, message.offset() or 0)
                self._consumer.seek(place)
                raise
            failure = error
        key = message.key()
        return Received(
            topic=str(message.topic()),
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            key=key.encode() if isinstance(key, str) else key,
            headers=headers,
            raw=raw if raw is None else bytes(raw),
            decoded=decoded,
            error=failure,
        )

    def _decode(self, raw: Any, headers: names.Headers) -> M:
        from eccs_contracts.decoding import decode_value

        value: M = decode_value(self._deserialize, self.contract.model, raw, headers)
        return value
