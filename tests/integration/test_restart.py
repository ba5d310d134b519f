"""A process that is killed with a held message, and the one after it; transactions that end a partition."""

from __future__ import annotations

import os
import re
import signal
import threading
import uuid

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from eccs_contracts import EmailRequest, EmailRetry
from eccs_contracts.delivery import decode_note
from eccs_contracts.serde import ContractSerializer, Registry
from services.local_stack import SmtpSink, Stack
from services.local_stack.processes import Patience
from tests import places
from tests.integration.test_head_of_line import produced, retry, service, stopped

pytestmark = [pytest.mark.stack]


def test_what_was_finished_after_a_held_message_is_not_looked_up_again(stack: Stack, sink: SmtpSink) -> None:
    """SIGKILL with one retry that waits before 30 that are sent: the commit's note spares the next process 30 looks."""
    group, broker = f"note-{uuid.uuid4().hex[:8]}", stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    places.skip(broker, group, [EmailRequest.TOPIC, EmailRetry.TOPIC])
    with service(stack, group) as (child, _):
        partition, first = produced(stack, retry(90), *(retry(1) for _ in range(30)))
        assert sink.wait_for(lambda each: len(each.messages) == 30, timeout=40)
        noted = Patience(20, threading.Event()).until(
            lambda: _noted(broker, group, partition, first) == [range(first + 1, first + 31)]
        )
        os.kill(int((child.directory / "pid").read_text()), signal.SIGKILL)
    with service(stack, group) as (child, port):
        assert produced(stack, retry(0.1))[0] == partition
        arrived = sink.wait_for(lambda each: len(each.messages) == 31, timeout=60)
        looked_up = _metric(port, "email_dedup_hits_total")
        exit_code = stopped(child)

    assert noted
    assert arrived
    assert looked_up == 0
    assert exit_code == 0
    assert places.committed(broker, group, EmailRetry.TOPIC)[partition] == first
    assert _noted(broker, group, partition, first) == [range(first + 1, first + 32)]


def test_a_retry_outside_of_the_window_is_on_time(stack: Stack, sink: SmtpSink) -> None:
    """One payload fits in; the others are read again, none is early, and each is sent once."""
    group, broker = f"window-{uuid.uuid4().hex[:8]}", stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    places.skip(broker, group, [EmailRequest.TOPIC, EmailRetry.TOPIC])
    with service(stack, group, RETRY_WINDOW="4") as (child, port):
        retries = {str(one.id): one for one in (retry(14 + number % 7 / 2) for number in range(40))}
        partition, first = produced(stack, *retries.values())
        waiting = Patience(10, threading.Event()).until(lambda: _metric(port, "email_retry_queue_depth") == 40)
        arrived = sink.wait_for(lambda each: len(each.messages) == 40, timeout=60)
        read = _metric(port, "email_retry_payloads_total", 'result="read"')
        exit_code = stopped(child)
    late = [
        mail.time - retries[(mail.message_id or "")[1:].partition("@")[0]].retry.scheduled_at.timestamp()
        for mail in sink.messages
    ]

    assert waiting
    assert arrived
    assert len({mail.message_id for mail in sink.messages}) == 40
    assert min(late) >= 0
    assert max(late) < 10
    assert read >= 30
    assert exit_code == 0
    assert places.committed(broker, group, EmailRetry.TOPIC)[partition] == first + 40


def test_the_lag_comes_to_nothing_after_transactions(stack: Stack, sink: SmtpSink) -> None:
    """The marker of a commit, and aborted records with theirs, lie at the end: the commit moves over them."""
    group, broker = f"tx-{uuid.uuid4().hex[:8]}", stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    places.skip(broker, group, [EmailRequest.TOPIC, EmailRetry.TOPIC])
    with service(stack, group) as (child, _):
        for number, commit in enumerate((True, False, True, False)):
            _transaction(stack, f"{number}@tx.example", commit=commit)
        arrived = sink.wait_for(lambda each: len(each.messages) == 2, timeout=40)
        end = places.ends(broker, EmailRequest.TOPIC)
        caught_up = Patience(20, threading.Event()).until(
            lambda: places.committed(broker, group, EmailRequest.TOPIC) == end
        )
        exit_code = stopped(child)

    assert arrived
    assert sorted(mail.recipients[0] for mail in sink.messages) == ["0@tx.example", "2@tx.example"]
    assert caught_up
    assert exit_code == 0


def _transaction(stack: Stack, to: str, *, commit: bool) -> None:
    serialize = ContractSerializer(Registry.from_env(stack.environment), EmailRequest, subject=EmailRequest.SUBJECT)
    broker = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    producer = Producer({"bootstrap.servers": broker, "transactional.id": f"tx-{uuid.uuid4()}"})
    producer.init_transactions(30)
    producer.begin_transaction()
    one = retry(0)
    request = EmailRequest(id=one.id, to=to, subject="s", body="b", user_id="u", timestamp=one.timestamp)
    producer.produce(EmailRequest.TOPIC, serialize(request), str(request.id), partition=0)
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


def _noted(broker: str, group: str, partition: int, offset: int) -> list[range] | None:
    """What the commit of a partition of the retry topic says of later messages; None if it is at another offset."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": group})
    try:
        [found] = consumer.committed([TopicPartition(EmailRetry.TOPIC, partition)], 20)
    finally:
        consumer.close()
    return decode_note(offset, found.metadata or "") if found.offset == offset else None


def _metric(port: int, name: str, label: str = "") -> float:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    pattern = re.compile(rf"^{name}(?:\{{([^}}]*)\}})? (\S+)$", re.MULTILINE)
    return sum(float(value) for labels, value in pattern.findall(text) if label in labels)
