"""Requests are produced and consumed; commands that are stopped, or that reach nobody, say one line."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import IO

import pytest

from services.local_stack import Stack
from services.local_stack.processes import ROOT
from tests.integration.operations.operating import Operator, ended, fill, originals, write
from tests.unit.cli.letters import request

NOBODY = "127.0.0.1:9"

pytestmark = pytest.mark.stack


def test_a_file_is_sent_in_batches_and_can_be_found(operator: Operator, tmp_path: Path) -> None:
    """Each line acknowledged; bad ones are skipped where that is asked for."""
    user = f"u-{uuid.uuid4()}"
    good = [request(number, id=uuid.uuid4(), user_id=user).to_json() for number in range(5)]
    file = tmp_path / "emails.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in [*good, {"id": "bad"}]))

    code, output, error = operator.run("produce", "--file", str(file), "--batch", "2", "--skip-bad")
    assert (code, output) == (1, "5 sent to email_requests, 1 bad lines skipped\n")
    assert f"{file}:6: " in error
    find = ["consume", "--from-beginning", "--where", f"userId={user}", "--max", "5", "--timeout", "5"]
    found = operator.run(*find, "--format", "json")[1]
    assert {json.loads(line)["value"]["id"] for line in found.splitlines()} == {one["id"] for one in good}
    assert "user1@example.com" not in found
    assert "user1@example.com" in operator.run(*find, "--show-personal-data")[1]


def test_what_cannot_be_decoded_is_shown_with_its_reason(stack: Stack, operator: Operator, mark: str) -> None:
    """Its bytes when they are asked for."""
    write(stack, "email_dlq", [(mark.encode(), b"junk of ada@example.com", [])])
    command = ["consume", "--dlq", "--since", "1m", "--timeout", "3", "--format", "json"]
    hidden, whole = (operator.run(*command, *more)[1] for more in ([], ["--show-personal-data"]))

    (masked,), (shown,) = ([json.loads(line) for line in text.splitlines() if mark in line] for text in (hidden, whole))
    assert (masked["bytes"], masked["error"]) == ("<masked, 23 bytes>", shown["error"])
    assert "first byte is 0x6a" in masked["error"]
    assert bytes.fromhex(shown["bytes"]) == b"junk of ada@example.com"


def test_an_interruption_is_one_line(operator: Operator) -> None:
    """Exit code 130, as shells count; nothing of Python is seen."""
    assert operator.run("produce")[0] == 0
    child = operator.begin("-m", "eccs_contracts", "consume", "--from-beginning", PYTHONUNBUFFERED="1")
    assert _first(child.stdout)
    child.send_signal(signal.SIGINT)
    code, _, error = ended(child)

    assert (code, error.strip()) == (130, "eccs-contracts: interrupted")


def test_an_interrupted_redrive_says_how_to_go_on(stack: Stack, operator: Operator, mark: str) -> None:
    """The same command finishes the same run."""
    letters = originals(6)
    fill(stack, mark, letters)
    command = ["dlq", "redrive", "--where", f"dlqMetadata.serviceInstance={mark}", "--yes"]
    slow = operator.begin("-m", "eccs_contracts", *command, "--rate", "0.2", PYTHONUNBUFFERED="1")
    begun = _first(slow.stdout)
    slow.send_signal(signal.SIGINT)
    code, _, error = ended(slow)
    assert (code, error.strip()) == (130, "eccs-contracts: interrupted: the same command continues")

    code, output, _ = operator.run(*command)
    assert (code, output.splitlines()[0]) == (0, begun.strip().replace("begins", "continues"))
    audit = operator.answer("dlq", "audit", "latest", "--items")["items"]
    assert {one["emailId"]: one["state"] for one in audit} == {str(one.id): "sent" for one in letters}


def _first(stream: IO[str] | None) -> str:
    """The first line of a process, which is at work then."""
    assert stream is not None
    return stream.readline()


def test_a_wait_is_seen_on_a_terminal(operator: Operator) -> None:
    """After two seconds, and gone when it is over."""
    ours, theirs = pty.openpty()
    script = [sys.executable, "-m", "eccs_contracts", "topics", "list", "--timeout", "4"]
    environment = {**operator.environment, "KAFKA_BOOTSTRAP_SERVERS": NOBODY}
    done = subprocess.run(
        script, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=False
    )
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)

    assert done.returncode == 3
    assert shown.startswith("\rwaiting for the broker, 2 s")
    assert shown.splitlines()[-1].rpartition("\r")[2].startswith("eccs-contracts: no broker answers")


@pytest.mark.parametrize(
    ("variable", "value", "arguments"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", NOBODY, ["consume", "--timeout", "1"]),
        ("SCHEMA_REGISTRY_URL", f"http://{NOBODY}", ["dlq", "list"]),
        ("SCHEMA_REGISTRY_URL", f"http://{NOBODY}", ["produce"]),
        ("SCHEMA_REGISTRY_URL", f"http://{NOBODY}", ["consume", "--dlq", "--from-beginning"]),
        ("MONGODB_URI", f"mongodb://{NOBODY}", ["dlq", "redrive", "--all", "--yes"]),
        ("MONGODB_URI", f"mongodb://{NOBODY}", ["dlq", "audit"]),
    ],
)
def test_a_server_that_is_not_there_is_exit_3(
    stack: Stack, operator: Operator, mark: str, variable: str, value: str, arguments: list[str]
) -> None:
    """In one line that names the variable."""
    fill(stack, mark, originals(1))
    code, _, error = operator.process("-m", "eccs_contracts", *arguments, **{variable: value})

    assert (code, len(error.splitlines())) == (3, 1), error
    assert variable in error
