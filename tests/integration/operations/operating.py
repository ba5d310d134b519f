"""An operator at the stack: runs commands, and looks at what they did with the broker's own clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from eccs_contracts import EmailDlq, EmailRequest
from eccs_contracts._cli import main
from eccs_contracts.clients import RawProducer
from eccs_contracts.dead_letters.letters import REDRIVE_OF
from eccs_contracts.dead_letters.reading import TopicReader
from eccs_contracts.headers import listed
from eccs_contracts.serde import ContractSerializer, Registry
from eccs_contracts.settings import kafka_config
from services.local_stack import Stack
from services.local_stack.processes import ROOT
from tests.unit.cli.letters import envelope, request

GONE: Final = 10  # of so many letters one cannot be delivered


class Operator:
    """Runs commands against the stack."""

    def __init__(self, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
        """Take where things are."""
        self.environment = {**os.environ, **stack.environment}
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

    def begin(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """A process of Python that goes on."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def process(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """A process of Python, to its end."""
        return ended(self.begin(*arguments, **environment))


def ended(process: subprocess.Popen[str], timeout: float = 60) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    with process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, output, errors


def originals(count: int) -> list[EmailRequest]:
    """New requests; every tenth to somebody who is gone."""
    return [
        request(number, id=uuid.uuid4(), to=f"user{number}@{'gone' if number % GONE == 0 else 'fine'}.example")
        for number in range(count)
    ]


def fill(stack: Stack, mark: str, letters: list[EmailRequest], **fields: Any) -> list[bytes | None]:
    """Write the dead letters of requests; the bytes of the originals."""
    registry = Registry.from_env(stack.environment)
    dead = ContractSerializer(registry, EmailDlq, subject=EmailDlq.SUBJECT)
    requests = ContractSerializer(registry, EmailRequest, subject=EmailRequest.SUBJECT)
    values = [requests(one) for one in letters]
    now = datetime.now(UTC)
    records: list[tuple[bytes, bytes | None, Any]] = []
    for one, value in zip(letters, values, strict=True):
        letter = envelope(one, value, service_instance=mark, **{"failed_at": now, **fields})
        records.append((str(one.id).encode(), dead(letter), []))
    write(stack, EmailDlq.TOPIC, records)
    return values


def write(stack: Stack, topic: str, records: list[tuple[bytes, bytes | None, Any]]) -> None:
    """Write keys, values and headers as they are, acknowledged."""
    producer = RawProducer({**kafka_config(stack.environment), "message.max.bytes": 4_194_304})
    answers = [producer.send(topic, value, key=key, headers=headers) for key, value, headers in records]
    producer.close()
    for answer in answers:
        answer.result()


def ends(stack: Stack, topic: str = EmailRequest.TOPIC) -> dict[int, int]:
    """Where a topic ends at this moment."""
    with TopicReader(kafka_config(stack.environment), topic) as reader:
        return {number: one.high for number, one in reader.bounds().items()}


def redriven(stack: Stack, since: Mapping[int, int]) -> list[Any]:
    """The messages of email_requests since then that a redrive wrote."""
    with TopicReader(kafka_config(stack.environment), EmailRequest.TOPIC) as reader:
        end = {number: one.high for number, one in reader.bounds().items()}
        found = [message for batch in reader.batches(since, end) for message in batch]
    return [message for message in found if REDRIVE_OF in dict(listed(message.headers()))]
