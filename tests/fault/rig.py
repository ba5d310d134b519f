"""Everything that a fault needs: real parts behind proxies, instances of the service as processes, and what was fed."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import jwt
import pymongo
from confluent_kafka import Consumer, KafkaException, TopicPartition

from eccs_contracts import EmailRequest, EmailRequestsRetryConsumer, EmailRetry
from eccs_contracts.clients import Delivery, RawProducer
from eccs_contracts.ledger import COLLECTION
from eccs_contracts.serde import ContractSerializer, Registry
from services.local_stack import SmtpSink, StackOptions, start_stack
from services.local_stack.books import read_all
from services.local_stack.processes import Child, Patience, Server, run_server
from services.local_stack.up import apply_contracts
from tests.fault.broker import Broker
from tests.fault.proxy import TcpProxy

Place = tuple[str, int, int]
SLOTS = 8  # SMTP_SESSIONS: what a crash can leave sent and not marked
GROUP = "fault-suite"
DEFAULTS = {
    "BASE_RETRY_DELAY": "250",
    "MAX_RETRY_DELAY": "1000",
    "MAX_RETRY_ATTEMPTS": "3",
    "CLAIM_LEASE": "2000",
    "GREYLIST_DELAY": "2000",
    "KAFKA_SESSION_TIMEOUT": "3000",
    "SMTP_SESSIONS": str(SLOTS),
    "SMTP_TIMEOUT": "2000",
    "SMTP_TIMEOUT_DOT": "2000",
    "SMTP_BREAKER_PAUSE": "300",
    "KAFKA_GROUP_ID": GROUP,
    "ECCS_TEST_FAULTS": "1",
}
_MONGO = "directConnection=true&serverMonitoringMode=poll"
_METRIC = re.compile(r"^(\w+)(?:\{([^}]*)\})? (\S+)$", re.MULTILINE)


@dataclass(slots=True)
class Instance:
    """One process of the service."""

    child: Child
    port: int

    @property
    def pid(self) -> int:
        """Of the service itself, not of its supervisor."""
        return int((self.child.directory / "pid").read_text())

    def signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def wait(self, seconds: float) -> int | None:
        """The exit code; None where it still runs after so long."""
        deadline = time.monotonic() + seconds
        while (code := self.child.exit_code()) is None and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        return code

    def end(self, seconds: float = 30) -> int | None:
        """SIGTERM, and the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def get(self, path: str) -> int:
        """The status of a page; 0 where nobody answers."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=5).status_code
        except httpx.HTTPError:
            return 0

    def metric(self, name: str, **labels: str) -> float:
        """The sum over a metric's samples that have these labels."""
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(
            float(value)
            for found, given, value in _METRIC.findall(text)
            if found == name and all(one in given for one in wanted)
        )

    def log(self) -> list[dict[str, Any]]:
        """What it has logged; the file goes with the process's directory."""
        lines = self.child.log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@dataclass(slots=True)
class Fed:
    """What one fault was fed with."""

    values: dict[Place, bytes | None] = field(default_factory=dict)
    ids: dict[Place, str] = field(default_factory=dict)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))


class Rig:
    """All parts, for all faults; each fault has a ledger of its own and leaves the topics drained."""

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._say, self._cleanup = say, ExitStack()
        self.fed = Fed()
        self.instances: list[Instance] = []

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            self.broker = cleanup.enter_context(Broker())
            options = StackOptions(
                ("registry", "mongo", "smtp"), (), dict.fromkeys(("registry", "mongo", "smtp"), "embedded")
            )
            stack = cleanup.enter_context(start_stack(options, self._say))
            assert stack.sink is not None
            self.sink: SmtpSink = stack.sink
            self.direct = {**stack.environment, "KAFKA_BOOTSTRAP_SERVERS": self.broker.address}
            apply_contracts(self.direct)
            registry, mongo = urlsplit(self.direct["SCHEMA_REGISTRY_URL"]), urlsplit(self.direct["MONGODB_URI"])
            self.registry = cleanup.enter_context(TcpProxy("127.0.0.1", registry.port or 0))
            self.mongo = cleanup.enter_context(TcpProxy("127.0.0.1", mongo.port or 0))
            self.smtp = cleanup.enter_context(TcpProxy(self.sink.host, self.sink.port))
            self.client: pymongo.MongoClient[dict[str, Any]] = cleanup.enter_context(
                pymongo.MongoClient(self.direct["MONGODB_URI"], tz_aware=True)
            )
            self._producer = RawProducer({"bootstrap.servers": self.broker.address, "message.max.bytes": 2_000_000})
            cleanup.callback(self._producer.stop)
            self.serialize = ContractSerializer(
                Registry.from_env(self.direct), EmailRequest, subject=EmailRequest.SUBJECT
            )
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()
        self._cleanup.close()

    def begin(self) -> None:
        """Forget the fault before: what it broke is whole, sink, ledger and books are empty."""
        self.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        for proxy in (self.registry, self.mongo, self.smtp):
            proxy.resume()
            proxy.cuts = 0
            proxy.up()
        self.database = f"fault_{uuid.uuid4().hex[:8]}"
        self.fed = Fed()
        self.sink.reset()

    def environment(self, **settings: str) -> dict[str, str]:
        """What an instance is told."""
        return {
            **os.environ,
            **DEFAULTS,
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.address,
            "SCHEMA_REGISTRY_URL": f"http://127.0.0.1:{self.registry.port}",
            # Directly: the driver would go on to the address that the server gives, around the proxy. By polling:
            # SecantusDB holds an awaited hello for 10 s, whatever happens meanwhile.
            "MONGODB_URI": f"mongodb://127.0.0.1:{self.mongo.port}/{self.database}?{_MONGO}",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.smtp.port),
            **settings,
        }

    def start(self, *, ready: str = "/readyz", **settings: str) -> Instance:
        """Start an instance and wait until it says that it is ready."""
        server = Server(
            name="notification_service",
            command=lambda _, ports: [
                "env",
                f"HTTP_PORT={ports[0]}",
                sys.executable,
                "-m",
                "services.notification_service",
            ],
            answers=lambda port: _answers(f"http://127.0.0.1:{port}{ready}"),
            environment=self.environment(**settings),
        )
        child, port = run_server(server, Patience(45, threading.Event()))
        instance = Instance(child, port)
        self.instances.append(instance)
        return instance

    @contextmanager
    def api(self) -> Iterator[Callable[[], int]]:
        """The e-mail service as a process; gives what sends one e-mail through it, and the status of its answer."""
        secret = "fault-suite-" * 4
        bearer = jwt.encode({"sub": "u1", "exp": int(time.time()) + 600}, secret, algorithm="HS256")
        server = Server(
            name="email_service",
            command=lambda _, ports: ["env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", "services.email_service"],
            answers=lambda port: _answers(f"http://127.0.0.1:{port}/readyz"),
            environment=self.environment(JWT_SECRET=secret),
        )
        child, port = run_server(server, Patience(45, threading.Event()))
        email = {"to": "api@ok.example", "subject": "s", "body": "b"}

        def send() -> int:
            headers = {"Authorization": f"Bearer {bearer}"}
            url = f"http://127.0.0.1:{port}/api/emails/send"
            return httpx.post(url, json=email, headers=headers, timeout=60).status_code

        try:
            yield send
        finally:
            child.stop()

    def stop_all(self) -> None:
        """End every instance that still runs."""
        for instance in self.instances:
            instance.child.stop()
        self.instances.clear()

    def feed(self, count: int, domain: str = "ok.example", **fields: Any) -> list[str]:
        """Produce requests, each third one as JSON; their ids, known to the broker."""
        requests = [new_request(f"{uuid.uuid4().hex[:12]}@{domain}", **fields) for _ in range(count)]
        answers = []
        for number, request in enumerate(requests):
            value = json.dumps(request.to_json()).encode() if number % 3 == 0 else self.serialize(request)
            answers.append(self.put(value, str(request.id)))
        for request, answer in zip(requests, answers, strict=True):
            self.fed.ids[_place(answer.result(30))] = str(request.id)
        return [str(request.id) for request in requests]

    def put(
        self, value: bytes | None, key: str, *, headers: Any = (), topic: str = EmailRequest.TOPIC
    ) -> Future[Delivery]:
        """Produce bytes as they are, and note them."""
        answer = self._producer.send(topic, value, key=key, headers=list(headers))
        if topic == EmailRequest.TOPIC:
            self.fed.values[_place(answer.result(30))] = value
        return answer

    def again(self, place: Place, *, headers: Any = ()) -> None:
        """Produce the same bytes once more, which nobody is to notice."""
        self._producer.send(place[0], self.fed.values[place], key=self.fed.ids[place], headers=list(headers)).result(30)

    def skip_the_rest(self) -> None:
        """Let the group go on behind what a failed case left in the topics: the next case has books of its own."""
        consumer = Consumer({"bootstrap.servers": self.broker.address, "group.id": GROUP, "enable.auto.commit": False})
        places = [
            TopicPartition(name, number) for name in (EmailRequest.TOPIC, EmailRetry.TOPIC) for number in range(6)
        ]
        for place in places:
            place.offset = consumer.get_watermark_offsets(place, 10)[1]

        def committed() -> bool:
            """Not as long as the group has a member, maybe one that was killed."""
            try:
                consumer.commit(offsets=places, asynchronous=False)
            except KafkaException:
                return False
            return True

        try:
            self.until(committed, "the group goes on behind what is left")
        finally:
            consumer.close()

    def copy_retries(self) -> int:
        """Produce every retry of this fault once more; how many."""
        ids = set(self.fed.ids.values())
        found = [one for one in read_all(EmailRequestsRetryConsumer, self.direct) if str(one.value.id) in ids]
        for one in found:
            self._producer.send(one.topic, one.raw, key=one.key, headers=one.headers).result(30)
        return len(found)

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 40) -> None:
        """Wait for something to become true, and fail where it does not."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
            pause(0.05)

    @contextmanager
    def login_wanted(self, user: str, password: str) -> Iterator[None]:
        """Let the mail server take nothing without a login; connections that stand stay as they are."""
        options = self.sink.options
        self.sink.options = replace(options, credentials=(user, password))
        try:
            yield
        finally:
            self.sink.options = options

    @property
    def ledger(self) -> Any:
        """The ledger of this fault, without a proxy."""
        return self.client[self.database][COLLECTION]

    def states(self) -> Mapping[str, str]:
        """State by e-mail id."""
        return {one["_id"]: one["state"] for one in self.ledger.find({}, {"state": 1})}

    @contextmanager
    def fail_commands(self, commands: list[str], mode: Any = "alwaysOn", **data: Any) -> Iterator[None]:
        """Let MongoDB fail commands, as its own failpoint does."""
        arm = {"configureFailPoint": "failCommand", "mode": mode, "data": {"failCommands": commands, **data}}
        self.client.admin.command(arm)
        try:
            yield
        finally:
            self.client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def new_request(to: str, **fields: Any) -> EmailRequest:
    """A request that nobody has produced yet."""
    values = {"subject": "A fault", "body": "Hello", "user_id": "u1", **fields}
    return EmailRequest(id=uuid.uuid4(), to=to, timestamp=datetime.now(UTC), **values)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _place(delivery: Delivery) -> Place:
    return delivery.topic, delivery.partition, delivery.offset


def pause(seconds: float) -> None:
    """Let time pass for real processes, where nothing can be waited for."""
    threading.Event().wait(seconds)
