"""Where a consumer group stands: for tests and benchmarks that share topics with others."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

PARTITIONS: Final = 6  # of email_requests and email_requests_retry
_TIMEOUT: Final = 20.0
_NO_LEADER: Final = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)


def skip(bootstrap: str, group: str, topics: Sequence[str]) -> None:
    """Let a group begin behind what is in the topics; no member of it may be there."""
    with _consumer(bootstrap, group) as consumer:
        places = [place for topic in topics for place in _places(topic)]
        for place in places:
            place.offset = _end(consumer, place)
        consumer.commit(offsets=places, asynchronous=False)


def ends(bootstrap: str, topic: str) -> list[int]:
    """The offset after the last record of each partition."""
    with _consumer(bootstrap, "places") as consumer:
        return [_end(consumer, place) for place in _places(topic)]


def committed(bootstrap: str, group: str, topic: str) -> list[int]:
    """The committed offset of each partition; 0 where there is none."""
    with _consumer(bootstrap, group) as consumer:
        return [max(0, place.offset) for place in consumer.committed(_places(topic), _TIMEOUT)]


def _end(consumer: Consumer, place: TopicPartition) -> int:
    """The offset after the last record; waits for the leader of a topic that was just made."""
    deadline = time.monotonic() + _TIMEOUT
    while True:
        try:
            return int(consumer.get_watermark_offsets(place, _TIMEOUT)[1])
        except KafkaException as error:
            if error.args[0].code() not in _NO_LEADER or time.monotonic() > deadline:
                raise
            consumer.poll(0.1)


def _places(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in range(PARTITIONS)]


@contextmanager
def _consumer(bootstrap: str, group: str) -> Iterator[Consumer]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
    try:
        yield consumer
    finally:
        consumer.close()
