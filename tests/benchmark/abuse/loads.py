"""What a hostile client does, each in a context that ends it."""

from __future__ import annotations

import selectors
import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from eccs_contracts import EmailDlq, EmailRequest
from eccs_contracts.clients import RawProducer
from eccs_contracts.serde import ContractSerializer, Registry
from eccs_contracts.settings import kafka_config
from tests.benchmark.abuse.wire import Line, bearer, get, post
from tests.unit.cli.letters import envelope, request

_ITEM: Final = {"to": "mallory@good.example", "subject": "s", "body": "b" * 200}
_LARGEST: Final = 4_194_304  # bytes, as the topic of dead letters takes them
_READ: Final = bearer("mallory", "dlq:read dlq:personal")


@dataclass(frozen=True, slots=True)
class Target:
    """What is attacked: the ports of the services, and the environment of the stack."""

    email: int
    notification: int
    console: int
    env: Mapping[str, str]


Load = Callable[[Target], AbstractContextManager[None]]


@contextmanager
def nothing(_: Target) -> Iterator[None]:
    """The quiet value."""
    yield


@contextmanager
def idle_connections(target: Target) -> Iterator[None]:
    """1,000 connections to each service that send one byte."""
    with _threads(3, lambda number, stop: _hold((target.email, target.notification, target.console)[number], stop)):
        yield


def _hold(port: int, stop: threading.Event) -> None:
    """Keep 1,000 connections open; what the server closes is opened again."""
    selector = selectors.DefaultSelector()
    while not stop.wait(0.05):
        for key, _ in selector.select(0):
            selector.unregister(key.fileobj)
            key.data.close()
        for _ in range(min(50, 1_000 - len(selector.get_map()))):
            with suppress(OSError):
                one = socket.create_connection(("127.0.0.1", port), timeout=5)
                one.sendall(b"G")
                selector.register(one, selectors.EVENT_READ, one)
    for key in list(selector.get_map().values()):
        key.data.close()
    selector.close()


@contextmanager
def large_batches(target: Target) -> Iterator[None]:
    """16 connections of one user that send batches of 500, without a pause."""
    batch = post("/api/emails/batch", [_ITEM] * 500, bearer("mallory"))
    with _threads(16, lambda _, stop: _repeat(target.email, batch, stop)):
        yield


@contextmanager
def poison(target: Target) -> Iterator[None]:
    """10,000 messages in Kafka: templates that there are not, schema ids that there are not, and noise."""
    serialize = ContractSerializer(Registry.from_env(target.env), EmailRequest, subject=EmailRequest.SUBJECT)
    producer = RawProducer(kafka_config(target.env))
    for number in range(10_000):
        key = uuid.uuid4()
        kinds = (
            lambda key=key: serialize(request(0, id=key, to="m@good.example", user_id="mallory", template_id="nope")),
            lambda: b"\x00\x7f\xff\xff\xff\x02",
            lambda number=number: b"\xff\xfe" + bytes([number % 256]) * 100,
        )
        producer.send(EmailRequest.TOPIC, kinds[number % 3](), key=str(key), headers=[])
    producer.close()
    yield


@contextmanager
def large_letter(target: Target) -> Iterator[None]:
    """A dead letter of 1 MB that the masking has much to do with, shown by four readers without a pause."""
    original = request(0, body="a@b.example " * 40_000, metadata={"text": "@" * 60_000})
    raw = ContractSerializer(Registry.from_env(target.env), EmailRequest, subject=EmailRequest.SUBJECT)(original)
    letters = ContractSerializer(Registry.from_env(target.env), EmailDlq, subject=EmailDlq.SUBJECT)
    producer = RawProducer({**kafka_config(target.env), "message.max.bytes": _LARGEST})
    place = producer.send(EmailDlq.TOPIC, letters(envelope(original, raw)), key=str(original.id), headers=[])
    producer.close()
    found = place.result(30)
    page = get(f"/letters/{found.partition}/{found.offset}", {**_READ, "Accept": "text/html"})
    with _threads(4, lambda _, stop: _repeat(target.console, page, stop)):
        yield


LOADS: Final[Mapping[str, Load]] = {
    "quiet": nothing,
    "1,000 idle connections to each service": idle_connections,
    "16 x 500-item batches of one user": large_batches,
    "a 1 MB letter in the console": large_letter,
    "10,000 poison messages": poison,
}


def _repeat(port: int, content: bytes, stop: threading.Event) -> None:
    line = Line(port)
    while not stop.is_set():
        line.ask(content)
    line.close()


@contextmanager
def _threads(count: int, work: Callable[[int, threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(number, stop), daemon=True) for number in range(count)]
    for one in threads:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in threads:
            one.join(30)
