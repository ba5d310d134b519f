"""`python -m tests.benchmark.delivery.tutorial`: poll, decode, connect and send, insert, commit; one by one."""

from __future__ import annotations

import os
import signal
import smtplib
import threading
from contextlib import suppress

from confluent_kafka import Consumer
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

from eccs_contracts import EmailRequest
from tests.benchmark.delivery import plain


def main() -> None:
    """Work until SIGTERM."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    decode = plain.decoder()
    client: MongoClient[dict[str, object]] = MongoClient(os.environ["MONGODB_URI"])
    entries = client.get_default_database().get_collection(plain.COLLECTION, write_concern=plain.DURABLE)
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
            "group.id": os.environ["KAFKA_GROUP_ID"],
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([EmailRequest.TOPIC])
    while not stopping.is_set():
        message = consumer.poll(1.0)
        if message is None or message.error():
            continue
        value = message.value()
        assert isinstance(value, bytes)
        request = plain.decoded(decode, value)
        with smtplib.SMTP(*plain.SMTP) as server:
            server.send_message(plain.mail(request))
        with suppress(DuplicateKeyError):  # it came again after a crash: at least once
            entries.insert_one(plain.document(request))
        consumer.commit(message=message, asynchronous=False)
    consumer.close()


if __name__ == "__main__":
    main()
