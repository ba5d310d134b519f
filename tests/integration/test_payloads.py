"""Records that are read again by their offsets, against a real broker."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from eccs_contracts.delivery import Stub
from services.local_stack import Stack
from services.local_stack.processes import Patience
from services.notification_service import payloads as payloads_module
from services.notification_service.payloads import Answer, Payloads

pytestmark = pytest.mark.stack

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RECORDS = 1000  # in each of two partitions


@pytest.fixture
def topic(stack: Stack) -> Iterator[str]:
    """A topic whose first 100 records of the first partition are deleted."""
    bootstrap: dict[str, str | int | float | bool] = {"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]}
    admin, name = AdminClient(bootstrap), f"payloads-{uuid.uuid4()}"
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(20)
    producer = Producer(bootstrap)
    for number in range(RECORDS):
        for partition in range(2):
            producer.produce(name, f"{partition}/{number}", str(number), partition=partition, headers={"n": b"v"})
    assert producer.flush(20) == 0
    for deleted in admin.delete_records([TopicPartition(name, 0, 100)]).values():
        deleted.result(20)
    yield name
    admin.delete_topics([name])[name].result(20)


def _answers(payloads: Payloads, stubs: list[Stub[tuple[str, int]]]) -> list[Answer]:
    answers: list[Answer] = []
    payloads.ask(stubs)

    def complete() -> bool:
        answers.extend(payloads.answers())
        return payloads.idle

    assert Patience(30, threading.Event()).until(complete)
    return answers


def test_the_very_records_come_back(stack: Stack, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any order that they are asked for; what retention deleted is gone, what the log does not have yet is not."""
    monkeypatch.setattr(payloads_module, "_PATIENCE", 1.0)
    places = [(0, 950), (1, 3), (0, 99), (1, 999), (0, 100), (1, 4), (1, 500), (0, 0), (1, 1000), (0, 101)]
    stubs = [Stub((topic, partition), offset, 1, NOW, 1024) for partition, offset in places]
    payloads = Payloads({"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]}, f"p-{uuid.uuid4()}")
    payloads.start()
    try:
        first, again = _answers(payloads, stubs), _answers(payloads, stubs[:1])
    finally:
        payloads.stop()
    found = {(one.stub.partition[1], one.stub.offset): one for one in first}

    assert len(first) == len(places)
    assert {place for place, one in found.items() if one.gone} == {(0, 0), (0, 99)}
    assert all(one.record is None for one in found.values() if one.gone)
    assert found[1, 1000] == Answer(stubs[8])
    records = {place: one.record for place, one in found.items() if one.record is not None}
    assert {place: record.value for place, record in records.items()} == {
        place: b"%d/%d" % place for place in places if place not in {(0, 0), (0, 99), (1, 1000)}
    }
    assert all((record.place[1], record.offset) == place for place, record in records.items())
    assert all((record.key, record.headers) == (b"%d" % place[1], [("n", b"v")]) for place, record in records.items())
    assert [one.record.value for one in again if one.record is not None] == [b"0/950"]
