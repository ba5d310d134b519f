"""`python -m tests.benchmark.delivery.faststreamed`: the tutorial's handler under FastStream's confluent broker.

Acknowledged after the handler, and not where it fails: of FastStream's policies the one that delivers at least once.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any

import aiosmtplib
from faststream import AckPolicy, FastStream
from faststream.confluent import KafkaBroker
from pymongo import AsyncMongoClient
from pymongo.errors import DuplicateKeyError

from eccs_contracts import EmailRequest
from tests.benchmark.delivery import plain

broker = KafkaBroker(os.environ["KAFKA_BOOTSTRAP_SERVERS"], logger=None)
decode = plain.decoder()
client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["MONGODB_URI"])
entries = client.get_default_database().get_collection(plain.COLLECTION, write_concern=plain.DURABLE)


async def raw(message: Any) -> bytes:
    """The bytes of a message as they came: no JSON is looked for in them."""
    return bytes(message.body)


@broker.subscriber(
    EmailRequest.TOPIC,
    group_id=os.environ["KAFKA_GROUP_ID"],
    auto_offset_reset="earliest",
    ack_policy=AckPolicy.NACK_ON_ERROR,
    decoder=raw,
)
async def deliver(value: bytes) -> None:
    """Send one mail and write it down."""
    request = plain.decoded(decode, value)
    host, port = plain.SMTP
    await aiosmtplib.send(plain.mail(request), hostname=host, port=port)
    with suppress(DuplicateKeyError):  # it came again after a crash: at least once
        await entries.insert_one(plain.document(request))


if __name__ == "__main__":
    asyncio.run(FastStream(broker, logger=None).run())
