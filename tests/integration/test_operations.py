"""The operator's commands as processes, on a real broker; and every command of docs/operations.md."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import fastavro
import httpx
import pymongo
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from pymongo.database import Database

from eccs_contracts import EmailDlq, EmailRequest, ErrorCategory, headers
from eccs_contracts._cli import main
from eccs_contracts.clients import RawProducer
from eccs_contracts.dead_letters.letters import REDRIVE_COUNT, REDRIVE_OF
from eccs_contracts.dead_letters.reading import TopicReader
from eccs_contracts.dead_letters.store import RUNS
from eccs_contracts.headers import listed
from eccs_contracts.ledger import COLLECTION
from eccs_contracts.serde import ContractSerializer, Registry
from eccs_contracts.settings import kafka_config
from services.local_stack import Fault, SmtpSink, Stack
from services.local_stack.processes import ROOT, Patience, Server, run_server
from tests.unit.cli.letters import envelope, request

PAGE: Final = ROOT / "docs" / "operations.md"
LETTERS: Final = 5_000
DELIVERED: Final = int(os.environ.get("ECCS_REDRIVE_DELIVERED", "300"))  # as many as the machine has time for
PATIENCE: Final = 30 + DELIVERED // 20  # seconds until the service must have brought them to their ends
GONE: Final = 10  # of so many letters one cannot be delivered this time either

pytestmark = [pytest.mark.stack, pytest.mark.timeout(90 + PATIENCE)]

# Kills the command in the middle of its n-th write to the audit record: before it, or after it.
KILLED: Final = """
import os, signal, sys
from eccs_contracts._cli import main
from eccs_contracts.dead_letters.store import AuditStore

when, count, write, seen = sys.argv[1], int(sys.argv[2]), AuditStore.write, []

def deadly(store, batch):
    seen.append(batch)
    if len(seen) == count and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    write(store, batch)
    if len(seen) == count:
        os.kill(os.getpid(), signal.SIGKILL)

AuditStore.write = deadly
sys.exit(main(sys.argv[3:]))
"""

# Runs a line of the page in a shell that finds our command.
SHELL: Final = """
import os, pathlib, subprocess, sys

folder, line = pathlib.Path(sys.argv[1]), sys.argv[2]
command = folder / "bin" / "eccs-contracts"
command.parent.mkdir(exist_ok=True)
command.write_text(f'#!/bin/sh\\nPYTHONPATH="{os.getcwd()}" exec "{sys.executable}" -m eccs_contracts "$@"\\n')
command.chmod(0o755)
path = f"{command.parent}:{os.environ['PATH']}"
sys.exit(subprocess.run(["bash", "-c", line], cwd=folder, env={**os.environ, "PATH": path}).returncode)
"""


class Operator:
    """Runs commands against the stack."""

    def __init__(self, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
        self._environment = {**os.environ, **stack.environment}
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """One command, in this process: exit code, output, errors."""
        self._capsys.readouterr()
        code = main(list(arguments))
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def answer(self, *arguments: str) -> Any:
        """What one command says in JSON."""
        return json.loads(self.run(*arguments, "--format", "json")[1])

    def process(self, *arguments: str) -> tuple[int, str, str]:
        """A process of Python."""
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def operator(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Operator:
    """An operator whose environment is the stack's."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return Operator(stack, capsys)


@pytest.fixture
def database(stack: Stack) -> Iterator[Database[dict[str, Any]]]:
    """The database of the ledger and of the audit record."""
    with pymongo.MongoClient[dict[str, Any]](stack.environment["MONGODB_URI"]) as client:
        yield client["eccs"]


@pytest.fixture
def mark() -> str:
    """What a test's own letters are told by: their service instance."""
    return f"test-{uuid.uuid4()}"


def fill(stack: Stack, mark: str, originals: list[EmailRequest], **fields: Any) -> list[bytes | None]:
    """Write the dead letters of requests; the bytes of the originals."""
    registry = Registry.from_env(stack.environment)
    letters = ContractSerializer(registry, EmailDlq, subject=EmailDlq.SUBJECT)
    requests = ContractSerializer(registry, EmailRequest, subject=EmailRequest.SUBJECT)
    producer = RawProducer(kafka_config(stack.environment))
    values = [requests(original) for original in originals]
    now = datetime.now(UTC)
    for original, value in zip(originals, values, strict=True):
        letter = envelope(original, value, service_instance=mark, **{"failed_at": now, **fields})
        producer.send(EmailDlq.TOPIC, letters(letter), key=str(original.id), headers=[])
    producer.close()
    return values


def originals(count: int) -> list[EmailRequest]:
    """New requests; every tenth to somebody who is gone."""
    return [
        request(number, id=uuid.uuid4(), to=f"user{number}@{'gone' if number % GONE == 0 else 'fine'}.example")
        for number in range(count)
    ]


def redriven(stack: Stack, since: Mapping[int, int]) -> list[Any]:
    """The messages of email_requests since then that a redrive wrote."""
    with TopicReader(kafka_config(stack.environment), EmailRequest.TOPIC) as reader:
        end = {number: one.high for number, one in reader.bounds().items()}
        found = [message for batch in reader.batches(since, end) for message in batch]
    return [message for message in found if REDRIVE_OF in dict(listed(message.headers()))]


def ends(stack: Stack) -> dict[int, int]:
    """Where email_requests ends at this moment."""
    with TopicReader(kafka_config(stack.environment), EmailRequest.TOPIC) as reader:
        return {number: one.high for number, one in reader.bounds().items()}


@pytest.fixture
def service(stack: Stack, operator: Operator, sink: SmtpSink) -> Iterator[None]:
    """The notification service, which begins at the end of its topics."""
    sink.script(Fault("RCPT", "550 5.1.1 no such user", r".*@gone\.example"))
    group = f"operations-{uuid.uuid4()}"
    topics = ["--topic", "email_requests", "--topic", "email_requests_retry"]
    moved = operator.run("groups", "reset", group, *topics, "--to-latest", "--yes")
    assert moved[0] == 0, moved
    server = Server(
        "notification_service",
        lambda _, ports: ["env", f"HTTP_PORT={ports[0]}", sys.executable, "-m", "services.notification_service"],
        lambda port: _is_ready(f"http://127.0.0.1:{port}/readyz"),
        environment={**os.environ, **stack.environment, "KAFKA_GROUP_ID": group},
    )
    child, _ = run_server(server, Patience(45, threading.Event()))
    yield
    child.stop()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _as_dead(database: Database[dict[str, Any]], letters: list[EmailRequest]) -> None:
    """Entries as the service leaves them; only a ledger that counts redrives lets such an e-mail live again."""
    if hasattr(headers, "REDRIVE_COUNT"):
        dead = {"state": "dead", "attempt": 0, "updatedAt": datetime.now(UTC) - timedelta(hours=1)}
        database[COLLECTION].insert_many([{"_id": str(one.id), **dead} for one in letters])


def test_what_is_redriven_is_what_came(stack: Stack, operator: Operator, mark: str) -> None:
    """Key, value and headers, byte for byte; a second run sends nothing; a letter that comes back is counted."""
    (original,), since = originals(1), ends(stack)
    kept = [("x-user-id", b"u1"), ("custom", b"\xff\x00"), ("custom", None)]
    (value,) = fill(stack, mark, [original], headers=[*kept, (REDRIVE_COUNT, b"1")], key=b"\xfekey")
    command = ["dlq", "redrive", "--id", str(original.id)]

    dry = operator.answer(*command)
    assert (dry["done"], dry["send"], dry["again"], dry["left"]) == (False, 1, 1, {})
    assert redriven(stack, since) == []

    assert operator.answer(*command, "--yes", "--note", "why")["items"] == {"sent": 1}
    (message,) = redriven(stack, since)
    assert (message.key(), message.value()) == (b"\xfekey", value)
    assert listed(message.headers())[:4] == [*kept, (REDRIVE_COUNT, b"2")]

    assert operator.answer(*command, "--yes")["left"] == {"already": 1}
    assert len(redriven(stack, since)) == 1
    assert operator.answer("dlq", "stats", "--id", str(original.id))["redrivenBefore"] == 1


def test_two_redrives_do_not_work_at_once(operator: Operator, database: Database[dict[str, Any]]) -> None:
    """The process that holds the lock lives: here it is the parent of this one."""
    host, other = os.uname().nodename, os.getppid()
    database[RUNS].insert_one({"_id": "lock", "host": host, "pid": other, "beat": datetime.now(UTC)})
    code, _, error = operator.run("dlq", "redrive", "--all", "--yes")
    database[RUNS].delete_one({"_id": "lock"})

    assert (code, f"process {other}" in error) == (1, True)


def test_a_message_that_is_too_large_is_counted_and_the_others_are_sent(
    stack: Stack, operator: Operator, mark: str
) -> None:
    """With the headers of the redrive it is more than its topic takes."""
    small, large = originals(2)
    large.body = "x" * 1_048_300
    values = fill(stack, mark, [small])
    registry = Registry.from_env(stack.environment)
    letters = ContractSerializer(registry, EmailDlq, subject=EmailDlq.SUBJECT)
    producer = RawProducer({**kafka_config(stack.environment), "message.max.bytes": 4_194_304})
    letter = envelope(
        large,
        b"x" * 1_048_500,
        service_instance=mark,
        failed_at=datetime.now(UTC),
        error_category=ErrorCategory.VALIDATION,
    )
    producer.send(EmailDlq.TOPIC, letters(letter), key="large", headers=[]).result(20)
    producer.close()
    code, output, _ = operator.run(
        "dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--yes", "--format", "json"
    )

    assert len(values) == 1
    assert (code, json.loads(output)["items"]) == (1, {"sent": 1, "failed": 1})


def test_an_archive_holds_what_is_new_and_then_moves_on(
    stack: Stack, operator: Operator, mark: str, tmp_path: Path
) -> None:
    """Whole letters; unreadable ones as bytes; readable for the owner only; never over another file."""
    group = ["--group", f"archive-{mark}"]
    letters = originals(3)
    values = fill(stack, mark, letters)
    producer = RawProducer(kafka_config(stack.environment))
    producer.send(EmailDlq.TOPIC, b"junk", key=mark, headers=[("h", b"\xff")]).result(20)
    producer.close()
    first, second = tmp_path / "one.avro", tmp_path / "two.avro"
    assert operator.run("dlq", "archive", str(first), *group)[0] == 0
    assert operator.run("dlq", "archive", str(second), *group)[1] == "nothing new to archive\n"
    fill(stack, mark, letters[:1])
    assert operator.run("dlq", "archive", str(first), *group)[0] == 1
    assert operator.run("dlq", "archive", str(second), *group)[0] == 0

    with first.open("rb") as file:
        rows: list[Any] = list(fastavro.reader(file))
    ours = [row for row in rows if row["letter"] and row["letter"]["dlqMetadata"]["serviceInstance"] == mark]
    assert {row["letter"]["originalPayload"] for row in ours} == set(values)
    assert [(row["raw"], row["headers"]) for row in rows if row["key"] == mark.encode()] == [
        (b"junk", [{"name": "h", "value": b"\xff"}])
    ]
    assert first.stat().st_mode & 0o777 == 0o600
    with second.open("rb") as file:
        more: list[Any] = list(fastavro.reader(file))
    assert [row["letter"]["originalData"]["id"] for row in more] == [letters[0].id]


def test_letters_are_chosen_shown_and_exported(stack: Stack, operator: Operator, mark: str, tmp_path: Path) -> None:
    """By fields, time and category; masked unless asked."""
    letters = originals(3)
    ours = f"dlqMetadata.serviceInstance={mark}"
    fill(stack, mark, letters, error_category=ErrorCategory.VALIDATION)
    target = tmp_path / "export.jsonl"

    listed_ones = operator.answer("dlq", "list", "--where", ours, "--category", "validation", "--since", "10m")
    assert {one["emailId"] for one in listed_ones} == {str(one.id) for one in letters}
    assert operator.answer("dlq", "list", "--where", ours, "--until", "10m") == []
    assert "example" not in operator.run("dlq", "show", str(letters[0].id))[1]
    assert letters[0].to in operator.run("dlq", "show", str(letters[0].id), "--show-personal-data")[1]
    assert operator.run("dlq", "export", "--where", ours, "--to", str(target))[0] == 0
    lines = [json.loads(line)["letter"]["originalData"] for line in target.read_text().splitlines()]
    assert {(one["id"], one["to"]) for one in lines} == {
        (str(one.id), f"<masked, {len(one.to)} characters>") for one in letters
    }


def test_an_active_group_is_not_moved(stack: Stack, operator: Operator) -> None:
    """Its members would overwrite what is set; once they are gone, it is."""
    group = f"operations-{uuid.uuid4()}"
    settings = {"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"], "group.id": group}
    member = Consumer({**settings, "receive.message.max.bytes": 1_000_000_000, "auto.offset.reset": "earliest"})
    member.subscribe(["email_requests"])
    while not member.assignment():
        member.poll(0.1)
    member.commit(offsets=[TopicPartition("email_requests", 0, 0)], asynchronous=False)
    command = ["groups", "reset", group, "--to-latest", "--yes"]
    refused = operator.run(*command)
    seen = operator.answer("groups", "describe", group)
    member.close()

    assert (refused[0], "nothing is changed" in refused[2]) == (1, True)
    assert (seen["members"], seen["partitions"][0]["committed"]) == (1, 0)
    assert operator.run(*command)[0] == 0
    assert operator.answer("groups", "describe", group)["lag"] == 0
    assert operator.run("groups", "describe", group, "--max-lag", "0")[0] == 0


@pytest.mark.apache_kafka("the embedded broker keeps no such settings")
def test_what_costs_data_is_refused_until_it_is_named(stack: Stack, operator: Operator) -> None:
    """A retention that is longer than declared would be cut."""
    client = AdminClient({"bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"]})
    longer = ConfigEntry("retention.ms", "9999999999", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, "email_dlq", incremental_configs=[longer])
    for future in client.incremental_alter_configs([resource]).values():
        future.result(20)

    assert operator.run("topics", "describe", "email_dlq")[0] == 1
    code, output, _ = operator.run("topics", "apply", "--yes")
    assert (code, "--allow data-loss" in " ".join(output.split())) == (1, True)
    assert operator.run("topics", "apply", "--yes", "--allow", "data-loss")[0] == 0
    assert operator.run("topics", "plan")[:2] == (0, "the broker is as declared\n")


def test_a_file_is_sent_in_batches_and_can_be_found(operator: Operator, tmp_path: Path) -> None:
    """Each line acknowledged; bad ones are skipped where that is asked for."""
    user = f"u-{uuid.uuid4()}"
    good = [request(number, id=uuid.uuid4(), user_id=user).to_json() for number in range(5)]
    file = tmp_path / "emails.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in [*good, {"id": "bad"}]))

    code, output, error = operator.run("produce", "--file", str(file), "--batch", "2", "--skip-bad")
    assert (code, output) == (1, "5 sent to email_requests, 1 bad lines skipped\n")
    assert f"{file}:6: " in error
    found = operator.run(
        "consume",
        "--from-beginning",
        "--where",
        f"userId={user}",
        "--max",
        "5",
        "--timeout",
        "5",
        "--format",
        "json",
    )[1]
    assert {json.loads(line)["value"]["id"] for line in found.splitlines()} == {one["id"] for one in good}
    assert "user1@example.com" not in found


def test_every_command_of_the_page_works(
    stack: Stack, operator: Operator, mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is written, in the order of the page: commands of a shell in one, ours in this process."""
    fill(stack, mark, originals(30))
    monkeypatch.chdir(tmp_path)
    failed = [(command, said) for command in commands() if (said := _played(operator, tmp_path, command))]

    assert failed == []


def _played(operator: Operator, folder: Path, command: str) -> str:
    """What is wrong with a command; nothing where it ends well and its tables fit."""
    words = shlex.split(command)
    if words[0] == "eccs-contracts":
        expected = {0, 1} if words[-5:] == ["||", "test", "$?", "=", "1"] else {0}
        code, output, error = operator.run(*words[1 : -5 if len(expected) > 1 else None])
    else:
        code, output, error = operator.process("-c", SHELL, str(folder), command)
        expected = {0}
    if code not in expected:
        return f"exit code {code}: {output}{error}"
    wide = [line for line in output.splitlines() if len(line) > 80 and "json" not in words]
    return "\n".join(wide)


def commands() -> list[str]:
    """The commands of the page: lines that start with a dollar sign."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize(
    "operation",
    [
        *(f"topics {name}" for name in ("plan", "apply", "list", "describe")),
        *(f"groups {name}" for name in ("describe", "reset")),
        "produce",
        "consume",
        *(f"dlq {name}" for name in ("stats", "list", "show", "redrive", "audit", "archive", "export")),
    ],
)
def test_every_operation_is_on_the_page(operation: str) -> None:
    """With a command that the test above runs."""
    assert [command for command in commands() if command.startswith(f"eccs-contracts {operation}")]


@pytest.mark.usefixtures("service")
def test_each_letter_ends_once_and_the_audit_says_how(
    stack: Stack, operator: Operator, database: Database[dict[str, Any]], sink: SmtpSink, mark: str
) -> None:
    """Through the notification service, the redrive killed twice: delivered once, or dead once."""
    letters = originals(DELIVERED)
    fill(stack, mark, letters)
    _as_dead(database, letters)
    command = ["dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--yes", "--rate", "100"]
    assert operator.process("-c", KILLED, "after", "3", *command)[0] == -signal.SIGKILL
    assert operator.process("-c", KILLED, "before", "4", *command)[0] == -signal.SIGKILL
    assert operator.run(*command)[0] == 0

    gone = {str(one.id) for one in letters if one.to.endswith("@gone.example")}
    audit = operator.answer("dlq", "audit", "latest", "--items", "--wait", str(PATIENCE))
    assert audit["ends"] == {"delivered": DELIVERED - len(gone), "dead": len(gone)}
    assert {one["emailId"] for one in audit["items"] if one["end"] == "dead"} == gone
    mails = Counter(recipient for mail in sink.messages for recipient in mail.recipients)
    assert mails == {one.to: 1 for one in letters if str(one.id) not in gone}


# The last one: it leaves so many letters that reading the DLQ takes its time.
def test_a_redrive_killed_twice_sends_each_letter_once(stack: Stack, operator: Operator, mark: str) -> None:
    """Killed with an intention written and nothing sent, then with all sent and nothing written; the audit has all."""
    letters, since = originals(LETTERS), ends(stack)
    fill(stack, mark, letters)
    command = ["dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--yes"]

    first = operator.process("-c", KILLED, "after", "11", *command)
    second = operator.process("-c", KILLED, "before", "16", *command)
    third = operator.process("-m", "eccs_contracts", *command)
    assert (first[0], second[0], third[0]) == (-signal.SIGKILL, -signal.SIGKILL, 0), third[2]

    sent = redriven(stack, since)
    assert Counter(message.key() for message in sent) == {str(one.id).encode(): 1 for one in letters}
    items = operator.answer("dlq", "audit", "latest", "--items")["items"]
    places = {f"{message.topic()}/{message.partition()}/{message.offset()}" for message in sent}
    assert {(one["state"], one["target"]) for one in items} == {("sent", place) for place in places}
