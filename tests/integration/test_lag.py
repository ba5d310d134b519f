"""The lag that the notification service tells, against a real broker."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services.local_stack import Stack
from services.local_stack.processes import Patience
from services.notification_service import lag
from services.notification_service.lag import LagWatch
from services.notification_service.metrics import Metrics

pytestmark = pytest.mark.stack


@pytest.fixture
def topic(stack: Stack) -> Iterator[str]:
    """A topic with two partitions: five records in the first, none in the second."""
    bootstrap: dict[str, str | int | float | bool] = {"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]}
    admin, name = AdminClient(bootstrap), f"lag-{uuid.uuid4()}"
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(20)
    producer = Producer(bootstrap)
    for number in range(5):
        producer.produce(name, str(number), partition=0)
    assert producer.flush(20) == 0
    yield name
    admin.delete_topics([name])[name].result(20)


def test_the_lag_is_what_lies_behind_the_committed_offset(
    stack: Stack, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the log where nothing is committed; and a topic that is missing is named."""
    monkeypatch.setattr(lag, "_EVERY", 0.05)
    config = {"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]}
    group, metrics = f"lag-{uuid.uuid4()}", Metrics()
    watch = LagWatch(config, group, [topic, "no-such-topic"], metrics)

    def told(wanted: dict[tuple[str, int], tuple[int, int]]) -> bool:
        return Patience(20, threading.Event()).until(lambda: watch.reach == wanted)

    watch.start()
    try:
        assert told({(topic, 0): (0, 5), (topic, 1): (0, 0)})
        assert watch.missing == "no-such-topic"
        consumer = Consumer({**config, "group.id": group})
        consumer.commit(offsets=[TopicPartition(topic, 0, 3)], asynchronous=False)
        consumer.close()
        assert told({(topic, 0): (3, 5), (topic, 1): (0, 0)})
        lags = {one.labels["partition"]: one.value for each in metrics.lag.collect() for one in each.samples}
        assert lags == {"0": 2.0, "1": 0.0}
    finally:
        watch.stop()
