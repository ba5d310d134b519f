"""Every kind of message of the older services, sent by kafkajs: none is lost, and none is changed silently.

`tests/node/legacy/ends.json` says how each kind ends; docs/migration.md shows the same.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fastavro
import httpx
import pytest

from eccs_contracts.dead_letters.letters import Letter
from eccs_contracts.dead_letters.reading import LetterReader, TopicReader
from eccs_contracts.serde import Registry
from eccs_contracts.settings import kafka_config
from services.local_stack import Fault, SmtpSink, Stack
from services.local_stack.processes import Patience, Server, run_server
from tests.conftest import running_stack
from tests.console_harness import bearer, running_console
from tests.integration.operations.operating import Operator
from tests.node.legacy import End, NoNode, Sent, expected, send_all

pytestmark = [
    pytest.mark.stack,
    pytest.mark.apache_kafka,  # transactions, and all four compressions
    pytest.mark.timeout(400),
]
_SETTLED = 120.0  # seconds; a schema that the registry does not know is asked for again for a while
_FAULTS = (
    Fault("RCPT", "550 5.1.1 no such user", r".*@gone\.example"),
    Fault("RCPT", "451 4.3.0 try again", r".*@down\.example"),
)


class Legacy:
    """What was sent, and how it ended."""

    def __init__(self, stack: Stack, sink: SmtpSink, port: int, sent: list[Sent]) -> None:
        """Take where things are, and what was produced."""
        self.environment, self._sink, self._port = stack.environment, sink, port
        self.sent = {one.kind: one for one in sent}
        self.places = {one.place for one in sent}

    def letters(self) -> dict[tuple[str, int, int], Letter]:
        """Dead letters of the service by the place of their original."""
        return {
            (one.metadata.original_topic, one.metadata.original_partition, one.metadata.original_offset): one
            for one in self.all_letters()
            if one.metadata is not None and not one.older
        }

    def all_letters(self) -> list[Letter]:
        """Everything in the DLQ."""
        with LetterReader(kafka_config(self.environment), Registry.from_env(self.environment)) as reader:
            return [letter for batch in reader.letters() for letter in batch]

    def mails(self) -> Counter[tuple[str, str]]:
        """Recipient and subject of the mails that arrived."""
        found = Counter[tuple[str, str]]()
        for mail in self._sink.messages:
            message = email.message_from_bytes(mail.data, policy=email.policy.default)
            found[mail.recipients[0], str(message["Subject"])] += 1
        return found

    def ends(self) -> dict[str, End]:
        """How each kind ended so far; letters that were in the DLQ from the start apart."""
        mails, letters = self.mails(), self.letters()
        found = {}
        for kind, one in self.sent.items():
            if one.place[0] == "email_dlq":
                continue
            letter = letters.get(one.place)
            if mails[one.to, one.subject]:
                found[kind] = End("sent")
            elif letter is not None and letter.metadata is not None:
                found[kind] = End(letter.category, letter.reason, letter.metadata.total_attempts)
            else:
                found[kind] = End("not sent")
        return found

    def metric(self, name: str) -> dict[str, float]:
        """Samples of a metric with one label."""
        lines = httpx.get(f"http://127.0.0.1:{self._port}/metrics", timeout=5).text.splitlines()
        pairs = (line.removeprefix(f"{name}{{").split("} ") for line in lines if line.startswith(f"{name}{{"))
        return {labels.split('"')[1]: float(value) for labels, value in pairs}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack of its own: its dead letters are in no other test's way, nor those of others in its."""
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def legacy(stack: Stack) -> Iterator[Legacy]:
    """The notification service, after every kind was sent to it."""
    assert stack.sink is not None
    stack.sink.reset()
    stack.sink.script(*_FAULTS)
    group = f"legacy-{uuid.uuid4()}"
    environment = {**os.environ, **stack.environment, "KAFKA_GROUP_ID": group, "BASE_RETRY_DELAY": "100"}
    reset = ["groups", "reset", group, "--topic", "email_requests", "--topic", "email_requests_retry", "--to-latest"]
    subprocess.run([sys.executable, "-m", "eccs_contracts", *reset, "--yes"], env=environment, check=True, timeout=60)
    server = Server(
        "notification_service",
        lambda _, ports: ["env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", "services.notification_service"],
        lambda port: _is_ready(f"http://127.0.0.1:{port}/readyz"),
        environment=environment,
    )
    child, port = run_server(server, Patience(45, threading.Event()))
    try:
        yield Legacy(stack, stack.sink, port, _sent(stack))
    finally:
        child.stop()
        stack.sink.reset()


def _sent(stack: Stack) -> list[Sent]:
    try:
        return send_all(stack.environment)
    except NoNode as reason:
        if os.environ.get("ECCS_REQUIRE_NODE") == "1":
            pytest.fail(f"ECCS_REQUIRE_NODE=1, but {reason}", pytrace=False)
        pytest.skip(f"older producers need Node: {reason}")


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _until_settled(legacy: Legacy, wanted: dict[str, End]) -> dict[str, End]:
    """The ends, once all that are expected are there or time is up."""
    deadline = time.monotonic() + _SETTLED
    while True:
        ends = legacy.ends()
        if all(ends[kind].end == end.end for kind, end in wanted.items()) or time.monotonic() > deadline:
            return ends
        threading.Event().wait(1)


def test_each_kind_ends_as_the_contract_wants(legacy: Legacy) -> None:
    """With its reason and the retries that were made."""
    wanted = {kind: end for kind, end in expected().items() if not kind.startswith("letter-")}
    ends = _until_settled(legacy, wanted)

    assert set(ends) == set(wanted)
    wrong = {
        kind: (ends[kind], end)
        for kind, end in wanted.items()
        if (ends[kind].end, ends[kind].retries) != (end.end, end.retries)
        or (ends[kind].reason and end.reason not in ends[kind].reason)
    }
    assert wrong == {}


def test_no_mail_is_sent_twice_or_to_anybody_else(legacy: Legacy) -> None:
    """One mail for each kind that is sent, to its recipient, with its subject."""
    sent = [one for kind, one in legacy.sent.items() if expected()[kind].end == "sent"]

    assert legacy.mails() == Counter((one.to, one.subject) for one in sent)


def test_dead_letters_hold_the_bytes_that_were_produced(legacy: Legacy) -> None:
    """Also those of retries that were tried again as Avro."""
    produced = {topic: _values(legacy.environment, topic) for topic in ("email_requests", "email_requests_retry")}
    letters = {place: one for place, one in legacy.letters().items() if place in legacy.places}

    assert len(letters) > 50
    for (topic, partition, offset), letter in letters.items():
        assert letter.envelope is not None
        assert letter.envelope.original_payload == produced[topic][partition, offset]


def test_unknown_fields_are_counted(legacy: Legacy) -> None:
    """Each by its name, in as many messages as have it."""
    assert legacy.metric("migration_unknown_fields_total") == {
        "campaign": 1,
        "priority": 1,
        "attachments": 1,
        "a?[31m?": 1,
        "cc": 3,
        "bcc": 1,
        "html": 1,
        "from": 1,
        "_retry": 1,
    }


def test_older_letters_are_in_every_view(legacy: Legacy, operator: Operator, tmp_path: Path) -> None:
    """Of the command and of the console."""
    one = legacy.sent["letter-few-parts"]
    place = f"{one.place[1]}/{one.place[2]}"
    select = ["--id", one.id, "--id", f"{one.place[1]}/{one.place[2]}"]

    (listed,) = operator.answer("dlq", "list", *select)
    assert (listed["place"], listed["emailId"], listed["reason"], listed["category"]) == (
        place,
        one.id,
        "x",
        "PERMANENT",
    )
    (shown,) = operator.answer("dlq", "show", one.id)
    assert shown["letter"]["dlqMetadata"]["originalOffset"] == 17
    assert one.to not in json.dumps(shown)
    assert json.loads(operator.run("dlq", "export", *select)[1])["letter"] == shown["letter"]
    assert operator.answer("dlq", "stats", *select)["total"] == 1
    archive = tmp_path / "all.avro"
    assert operator.run("dlq", "archive", str(archive), "--group", f"archive-{uuid.uuid4()}")[0] == 0
    with archive.open("rb") as file:
        rows: list[Any] = list(fastavro.reader(file))
    kept = [row["raw"] for row in rows if (row["partition"], row["offset"]) == one.place[1:]]
    assert [json.loads(raw)["originalData"]["id"] for raw in kept] == [one.id]
    with running_console(operator.environment) as (_, address), httpx.Client(base_url=address, timeout=60) as client:
        for path in (f"/letters?id={one.id}", f"/letters/{place}"):
            assert one.id in client.get(path, headers=bearer()).raise_for_status().text


def test_letters_are_redriven_to_their_ends(legacy: Legacy, operator: Operator, sink_without_faults: SmtpSink) -> None:
    """Older ones by the request in them, exhausted retries of older services by their own bytes."""
    wanted = {kind: end for kind, end in expected().items() if kind.startswith("letter-")}
    places = {kind: f"{legacy.sent[kind].place[1]}/{legacy.sent[kind].place[2]}" for kind in wanted}
    retries = [kind for kind, end in expected().items() if end.end == "TRANSIENT_EXHAUSTED"]
    ids = [*places.values(), *(legacy.sent[kind].id for kind in retries)]

    done = operator.answer("dlq", "redrive", *(part for one in ids for part in ("--id", one)), "--yes")
    assert done["items"] == {"sent": sum(end.end == "redriven" for end in wanted.values()) + len(retries)}
    assert done["left"] == Counter(end.reason for end in wanted.values() if end.end == "left")
    arrived = {(legacy.sent[kind].to, legacy.sent[kind].subject) for kind in retries}
    arrived |= {(legacy.sent[kind].to, legacy.sent[kind].subject) for kind, end in wanted.items() if end.end != "left"}
    assert sink_without_faults.wait_for(lambda _: set(legacy.mails()) >= arrived, 60)
    items = operator.answer("dlq", "audit", "latest", "--items")["items"]
    assert {legacy.sent[kind].id for kind in retries} <= {one["emailId"] for one in items}


@pytest.fixture
def sink_without_faults(stack: Stack) -> SmtpSink:
    """The mail server, which takes everything from here on."""
    assert stack.sink is not None
    stack.sink.script()
    return stack.sink


def _values(environment: Mapping[str, str], topic: str) -> dict[tuple[int, int], bytes | None]:
    """The values of a topic by partition and offset."""
    with TopicReader(kafka_config(environment), topic) as reader:
        bounds = reader.bounds()
        start, end = ({number: getattr(one, name) for number, one in bounds.items()} for name in ("low", "high"))
        return {
            (message.partition() or 0, message.offset() or 0): _bytes(message.value())
            for batch in reader.batches(start, end)
            for message in batch
        }


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
