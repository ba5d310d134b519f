"""The fast part of the fault suite; `make faults` runs all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, TopicPartition

from eccs_contracts import EmailRetry
from services.local_stack import Stack
from tests.fault.case import Case, run
from tests.fault.cases import CASES
from tests.fault.cases_order import retries_in_one_partition
from tests.fault.rig import GROUP, Rig

pytestmark = [pytest.mark.stack, pytest.mark.apache_kafka("brokers are killed, and the figures are about it")]
_FAST = [case for case in CASES if case.fast]


@pytest.fixture(scope="module")
def rig(stack: Stack) -> Iterator[Rig]:
    """Parts of its own, for they are broken; the stack only says whether there is a Kafka to be had."""
    assert stack.kafka_is_apache
    with Rig() as rig:
        yield rig


@pytest.mark.parametrize("case", _FAST, ids=[f"{case.number}: {case.title}" for case in _FAST])
def test_a_fault_costs_what_it_may(rig: Rig, case: Case) -> None:
    """It fires, nothing is lost, duplicates are within the bound, and no hand is needed."""
    row = run(case, rig)

    assert (row.problems, row.books.lost) == ((), 0)
    assert row.injected.count >= 1
    assert row.books.duplicates <= row.injected.bound


def test_a_retry_that_is_due_later_holds_nobody_up(rig: Rig) -> None:
    """One due in 60 s lies ahead of one due in 1 s in the same partition; its place is not committed meanwhile."""
    rig.begin()
    instance = rig.start(MAX_RETRY_DELAY="60000")
    later, soon = retries_in_one_partition(rig, (60, 1))
    rig.until(lambda: len(rig.sink.messages) == 1, "the second one", 10)
    late = rig.sink.messages[0].time - soon.retry.scheduled_at.timestamp()
    waiting = instance.metric("email_retry_queue_depth")
    code = instance.end()
    to_commit = _committed(rig)
    rig.stop_all()
    rig.skip_the_rest()

    assert str(soon.id) in (rig.sink.messages[0].message_id or "")
    assert 0 <= late < 2
    assert (waiting, code) == (1, 0)
    assert to_commit == _end(rig) - 2
    assert rig.states() == {str(soon.id): "sent"}
    assert later.retry.scheduled_at > soon.retry.scheduled_at


def _committed(rig: Rig) -> int:
    consumer = _consumer(rig)
    low = consumer.get_watermark_offsets(TopicPartition(EmailRetry.TOPIC, 0), 10)[0]
    found = consumer.committed([TopicPartition(EmailRetry.TOPIC, 0)], 10)[0].offset
    consumer.close()
    return max(low, found)


def _end(rig: Rig) -> int:
    consumer = _consumer(rig)
    high = consumer.get_watermark_offsets(TopicPartition(EmailRetry.TOPIC, 0), 10)[1]
    consumer.close()
    return high


def _consumer(rig: Rig) -> Consumer:
    return Consumer({"bootstrap.servers": rig.broker.address, "group.id": GROUP, "enable.auto.commit": False})
