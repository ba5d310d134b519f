"""What all candidates share: one broker, one database, one registry, one mail server, and the messages."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, Self
from urllib.parse import urlsplit

import pymongo

from eccs_contracts import EmailRequest, EmailRetry, RetryMetadata
from eccs_contracts.clients import RawProducer, message_headers
from eccs_contracts.headers import ORIGINAL_TOPIC
from eccs_contracts.ledger import COLLECTION, EmailState
from eccs_contracts.serde import ContractSerializer, Registry
from services.local_stack import StackOptions, start_stack
from services.local_stack.processes import Child
from services.local_stack.up import apply_contracts

_PROVIDERS: Final = {"broker": "kafka", "registry": "embedded", "mongo": "embedded"}
_MONGO: Final = "directConnection=true&serverMonitoringMode=poll"
_BODY: Final = ("Your order is on its way. " * 12)[:300]
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_QUEUE: Final = 50_000  # messages handed to the producer before the first of them is waited for
_STAMP: Final = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as the sink saw it: when MAIL came and when the final dot did, in seconds as `time.time()`."""

    id: str
    began: float
    ended: float


class Sink:
    """The mail server, a process of its own."""

    def __init__(self, child: Child, port: int, control: int) -> None:
        self.child, self.port = child, port
        self._file = socket.create_connection(("127.0.0.1", control)).makefile("rw")

    def ask(self, **question: Any) -> dict[str, Any]:
        """One question, one answer; see `sink`."""
        self._file.write(json.dumps(question) + "\n")
        self._file.flush()
        return dict(json.loads(self._file.readline()))

    @property
    def count(self) -> int:
        """Mails since the last `take`."""
        return int(self.ask()["count"])

    def take(self) -> list[Mail]:
        """All mails, which are forgotten there."""
        return [Mail(*each) for each in self.ask(take=True)["mails"]]


class Process:
    """A candidate at work."""

    def __init__(self, child: Child) -> None:
        self._child = child
        file = child.directory / "pid"
        until(lambda: file.exists() and file.read_text() != "", "the process starts", 20)
        self.pid = int(file.read_text())

    def rss(self) -> int:
        """Bytes of memory that are in use."""
        fields = Path(f"/proc/{self.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def alive(self) -> bool:
        """True; raises RuntimeError where it has ended."""
        code = self._child.exit_code()
        if code is not None:
            raise RuntimeError(f"it ended with exit code {code}:\n{self._child.tail()}")
        return True

    def end(self) -> int:
        """SIGTERM, and the exit code."""
        self.alive()
        os.kill(self.pid, 15)
        until(lambda: self._child.exit_code() is not None, "it ends after SIGTERM", 60)
        return self._child.exit_code() or 0


class Stage:
    """The parts; a context manager."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say, self._cleanup = say, ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            stack = cleanup.enter_context(start_stack(StackOptions(tuple(_PROVIDERS), (), _PROVIDERS), self.say))
            self.parts = {choice.part: choice.why.partition(" at ")[0] for choice in stack.choices}
            apply_contracts(stack.environment)
            self.environment = dict(stack.environment)
            self.database = stack.environment["MONGODB_URI"]
            self.broker = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
            self.sink = _sink()
            cleanup.callback(self.sink.child.stop)
            self.client: pymongo.MongoClient[dict[str, Any]] = cleanup.enter_context(
                pymongo.MongoClient(self.database, tz_aware=True)
            )
            self.pids = {
                "broker": _listening(urlsplit(f"//{self.broker}").port or 0),
                "database": _listening(urlsplit(self.database).port or 0),
                "sink": _listening(self.sink.port),
            }
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    @contextmanager
    def running(self, module: str, name: str, **settings: str) -> Iterator[Process]:
        """A candidate with a group and a database of its own, `name`; it is ended and its database dropped."""
        environment = {
            **os.environ,
            **self.environment,
            "MONGODB_URI": f"{self.database}{name}?{_MONGO}",
            "KAFKA_GROUP_ID": name,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.sink.port),
            "HTTP_PORT": "0",
            **settings,
        }
        child = _child([sys.executable, "-m", module], environment)
        try:
            yield Process(child)
        finally:
            child.stop()
            self.client.drop_database(name)

    def entries(self, name: str) -> Any:
        """The ledger of a candidate."""
        return self.client[name][COLLECTION]

    def feed(self, count: int, seed: int = 7) -> list[str]:
        """Produce so many distinct requests; their ids."""
        random = Random(seed)
        requests = [_request(random) for _ in range(count)]
        serialize = ContractSerializer(self._registry, EmailRequest, subject=EmailRequest.SUBJECT)
        self._produce(EmailRequest.TOPIC, iter(requests), serialize)
        return [str(one.id) for one in requests]

    def feed_retries(self, delays: Sequence[float], name: str | None, ahead: float) -> dict[str, datetime]:
        """Produce a retry for each delay, in that order; the instants by id.

        The ledger `name` knows them as it knows retries; None if there is no ledger.

        The delays count from `ahead` seconds after the ledger knows all of them.
        """
        random = Random(11)
        fields = [_fields(random) for _ in delays]
        known = [{"_id": str(one["id"]), "state": EmailState.RETRYING, "attempt": 0, "redrive": 0} for one in fields]
        if name is not None:
            self.entries(name).insert_many(known, ordered=False)
        base = datetime.now(UTC) + timedelta(seconds=ahead)
        base = base.replace(microsecond=0)  # the schema has milliseconds
        due = [base + timedelta(milliseconds=round(delay * 1000)) for delay in delays]
        retries = [_retry(one, at) for one, at in zip(fields, due, strict=True)]
        serialize = ContractSerializer(self._registry, EmailRetry, subject=EmailRetry.SUBJECT)
        self._produce(EmailRetry.TOPIC, iter(retries), serialize)
        if datetime.now(UTC) > base:
            raise RuntimeError(f"{len(delays)} retries are not produced within {ahead:g} s")
        return {str(one.id): one.retry.scheduled_at for one in retries}

    @property
    def _registry(self) -> Registry:
        return Registry.from_env(self.environment)

    def _produce(self, topic: str, values: Iterator[Any], serialize: Any) -> None:
        producer = RawProducer({"bootstrap.servers": self.broker, "queue.buffering.max.messages": 2 * _QUEUE})
        for number, value in enumerate(values):
            headers = {**message_headers(value, version=type(value).VERSION), ORIGINAL_TOPIC: EmailRequest.TOPIC}
            producer.send(topic, serialize(value), key=str(value.id), headers=list(headers.items()))
            if number % _QUEUE == _QUEUE - 1:
                producer.flush(60)
        producer.close(60)


def cpu(pid: int) -> float:
    """Seconds of processor time of a process so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Wait for something to become true.

    Raises:
        RuntimeError: it does not within so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds:g} s: {what}")
        pause(0.02)


def pause(seconds: float) -> None:
    """Let time pass for the processes that are measured."""
    threading.Event().wait(seconds)


def unique(what: str) -> str:
    """A name for a group and a database."""
    return f"bench_{what}_{uuid.uuid4().hex[:8]}"


def _child(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Child:
    return Child(command, Path(tempfile.mkdtemp(prefix="eccs-bench-")), environment=environment)


def _sink() -> Sink:
    child = _child([sys.executable, "-m", "tests.benchmark.delivery.sink"])
    until(lambda: child.log.exists() and child.log.read_text().endswith("\n"), "the mail server starts", 20)
    smtp, control = map(int, child.log.read_text().split())
    return Sink(child, smtp, control)


def _listening(port: int) -> int:
    """The process that listens on a loopback port, as the kernel's tables say (Linux)."""
    sockets = {
        line.split()[9]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if int(line.split()[1].rpartition(":")[2], 16) == port and line.split()[3] == "0A"
    }
    wanted = {f"socket:[{one}]" for one in sockets}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) in wanted:
                return int(link.parts[2])
        except OSError:
            continue
    raise RuntimeError(f"nobody listens on port {port}")


def _fields(random: Random) -> dict[str, Any]:
    number = random.getrandbits(128)
    return {
        "id": uuid.UUID(int=number, version=4),
        "to": f"user{number % 10**9}@example.com",
        "subject": f"Your order {number % 10**6} is on its way",
        "body": _BODY,
        "user_id": f"u-{number % 10**5}",
        "timestamp": _STAMP + timedelta(milliseconds=number % 10**9),
        "source": "billing",
    }


def _request(random: Random) -> EmailRequest:
    return EmailRequest(**_fields(random))


def _retry(fields: dict[str, Any], due: datetime) -> EmailRetry:
    metadata = RetryMetadata(
        attempt=1,
        previous_error="RCPT: 451 4.3.0",
        scheduled_at=due,
        backoff_delay_ms=1000,
        original_topic=EmailRequest.TOPIC,
    )
    return EmailRetry(**fields, retry=metadata)
