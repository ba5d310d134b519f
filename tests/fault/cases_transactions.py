"""Producers with transactions: markers and aborted records lie between the messages, and at the end of the log."""

from __future__ import annotations

import time
import uuid

from confluent_kafka import KafkaError, Message, Producer

from eccs_contracts import EmailRequest
from tests import places
from tests.fault.case import Injected, fault
from tests.fault.rig import GROUP, Rig, new_request, pause

_QUIET = 27.0  # seconds: 10 looks of 2 s, and the age of what the lag's thread knows


@fault("33", "Transactions: committed, aborted, and markers at the end of each partition")
def transactions(rig: Rig) -> Injected:
    """The lag comes to 0, no consumer counts as starved, aborted records are not delivered, and what follows is."""
    instance = rig.start()
    _transaction(rig, 12, commit=True)
    _transaction(rig, 12, commit=False)
    _transaction(rig, 6, commit=True)
    _transaction(rig, 6, commit=False)
    rig.until(lambda: len(rig.sink.messages) == 18, "what was committed arrives")
    ends = places.ends(rig.broker.address, EmailRequest.TOPIC)

    def caught_up() -> bool:
        return places.committed(rig.broker.address, GROUP, EmailRequest.TOPIC) == ends

    rig.until(caught_up, "the commits move over the markers", 15)
    rig.until(lambda: instance.metric("kafka_consumer_lag", topic=EmailRequest.TOPIC) == 0, "the lag is 0", 15)
    pause(_QUIET)
    assert instance.metric("kafka_consumer_renewed_total") == 0
    rig.feed(6)
    lifted = time.monotonic()
    return Injected(4, note=f"lag 0, no consumer replaced in {_QUIET:g} s", lifted=lifted)


def _transaction(rig: Rig, count: int, *, commit: bool) -> None:
    """Produce requests to all partitions in turn within one transaction; those that are committed are fed."""
    producer = Producer({"bootstrap.servers": rig.broker.address, "transactional.id": f"fault-{uuid.uuid4()}"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for number in range(count):
        request = new_request(f"{uuid.uuid4().hex[:12]}@ok.example")
        value, key = rig.serialize(request), str(request.id)

        def written(error: KafkaError | None, message: Message, value: bytes | None = value, key: str = key) -> None:
            assert error is None, error
            if commit:
                place = (str(message.topic()), message.partition() or 0, message.offset() or 0)
                rig.fed.values[place], rig.fed.ids[place] = value, key

        producer.produce(EmailRequest.TOPIC, value, key, partition=number % places.PARTITIONS, on_delivery=written)
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)
