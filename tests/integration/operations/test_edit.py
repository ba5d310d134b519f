"""A dead letter is corrected and sent again: under its id, once, and both versions are in the audit record."""

from __future__ import annotations

import io
import json
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest
from pymongo.database import Database

from eccs_contracts import EmailRequest
from eccs_contracts.dead_letters.letters import REDRIVE_COUNT
from eccs_contracts.dead_letters.store import EDITS, RUNS
from eccs_contracts.headers import EDITED, listed, text
from eccs_contracts.serde import ContractDeserializer, Registry
from services.local_stack import Stack
from tests.integration.operations.operating import Operator, ends, fill, originals, redriven

pytestmark = pytest.mark.stack

# An editor: notes the file's modes, and makes the replacements that its arguments say, one at each call.
EDITOR: Final = """
import os, pathlib, sys
log, file = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[-1])
old, new = sys.argv[2 + 2 * len(log.read_text().splitlines()) :][:2]
with log.open("a") as said:
    said.write(f"{file.stat().st_mode & 0o777:o} {file.parent.stat().st_mode & 0o777:o} {file}\\n")
file.write_text(file.read_text().replace(old, new))
"""


@pytest.fixture
def place(stack: Stack, operator: Operator, mark: str) -> str:
    """The place of a letter to somebody who is gone."""
    fill(stack, mark, originals(1))
    (found,) = operator.answer("dlq", "list", "--where", f"dlqMetadata.serviceInstance={mark}")
    return str(found["place"])


def shown(operator: Operator, place: str) -> Any:
    """The letter at a place, whole."""
    return operator.answer("dlq", "show", place, "--show-personal-data")[0]


def test_a_corrected_letter_is_delivered(
    stack: Stack, operator: Operator, database: Database[dict[str, Any]], place: str, service: str
) -> None:
    """It goes out under its id, counted by the loop guard; the letter stays as it is."""
    assert service
    before, since = shown(operator, place), ends(stack)
    said = operator.answer("dlq", "edit", place, "--set", "to=ada@fine.example", "--note", "typo", "--yes")

    assert (said["done"], said["changed"], said["state"]) == (True, ["to"], "sent")
    (message,) = redriven(stack, since)
    headers, request = (
        listed(message.headers()),
        ContractDeserializer(Registry.from_env(), EmailRequest)(message.value()),
    )
    assert request is not None
    assert (str(request.id), request.to) == (before["letter"]["originalData"]["id"], "ada@fine.example")
    assert message.key() == str(request.id).encode()
    assert (text(headers, REDRIVE_COUNT), text(headers, EDITED)) == ("1", said["run"])
    assert operator.answer("dlq", "audit", said["run"], "--wait", "30")["ends"] == {"delivered": 1}
    assert shown(operator, place) == before

    run, versions = database[RUNS].find_one({"_id": said["run"]}), database[EDITS].find_one({"_id": said["run"]})
    assert run is not None
    assert versions is not None
    assert (run["note"], run["options"], "@" in run["by"]) == ("typo", {"edit": place, "fields": ["to"]}, True)
    assert json.loads(versions["before"])["to"] == "user0@gone.example"
    assert json.loads(versions["after"])["to"] == "ada@fine.example"
    assert "example" not in operator.run("dlq", "audit", said["run"])[1]


def test_a_letter_is_corrected_once(stack: Stack, operator: Operator, place: str) -> None:
    """And not redriven after that: it was sent."""
    since = ends(stack)
    assert operator.run("dlq", "edit", place, "--set", "subject=New", "--yes")[0] == 0
    code, _, error = operator.run("dlq", "edit", place, "--set", "subject=Newer", "--yes")

    assert (code, "was sent again by" in error) == (1, True)
    assert operator.answer("dlq", "redrive", "--id", place)["left"] == {"already": 1}
    assert len(redriven(stack, since)) == 1


def test_nothing_is_sent_without_a_yes(
    stack: Stack, operator: Operator, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The difference is shown, masked; a program is told that nothing was done."""
    since = ends(stack)
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    code, output, error = operator.run("dlq", "edit", place, "--set", "to=ada@fine.example")

    assert (code, "nothing was sent" in error) == (1, True)
    assert "+to: <masked, 16 characters>" in output
    assert "example" not in output
    assert operator.answer("dlq", "edit", place, "--set", "to=ada@fine.example")["done"] is False
    assert redriven(stack, since) == []


def test_an_editor_is_opened_until_the_contract_holds(
    operator: Operator, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is its owner's, and gone in the end."""
    log, script = tmp_path / "log", tmp_path / "editor.py"
    log.touch()
    script.write_text(EDITOR)
    edits = ["user0@gone.example", "nobody", '"nobody"', '"ada@fine.example"']
    monkeypatch.setenv("VISUAL", shlex.join([sys.executable, str(script), str(log), *edits]))
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\ny\n"))
    code, output, error = operator.run("dlq", "edit", place, "--show-personal-data")

    assert (code, "+to: ada@fine.example" in output) == (0, True)
    assert "to: an e-mail address" in error
    assert "nobody" not in error
    opened = [line.split(" ", 2) for line in log.read_text().splitlines()]
    assert [one[:2] for one in opened] == [["600", "700"], ["600", "700"]]
    assert not Path(opened[0][2]).parent.exists()
    assert not list(Path(tempfile.gettempdir()).glob("eccs-*/letter-*.json"))


def test_who_gives_up_sends_nothing(
    stack: Stack, operator: Operator, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an editor that changed nothing, for example."""
    since = ends(stack)
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    code, _, error = operator.run("dlq", "edit", place)

    assert (code, "nothing is changed" in error, "nothing was sent" in error) == (1, True, True)
    assert redriven(stack, since) == []


def test_a_file_holds_a_correction(stack: Stack, operator: Operator, place: str, tmp_path: Path) -> None:
    """As JSON; what it must not change is refused with the reason."""
    since = ends(stack)
    tree = shown(operator, place)["letter"]["originalData"]
    wrong, right = tmp_path / "wrong.json", tmp_path / "right.json"
    wrong.write_text(json.dumps({**tree, "userId": "mallory"}))
    right.write_text(json.dumps({**tree, "subject": "Right"}))
    code, _, error = operator.run("dlq", "edit", place, "--file", str(wrong), "--yes")

    assert (code, "userId: it cannot be changed" in error) == (1, True)
    assert operator.run("dlq", "edit", place, "--file", str(right), "--yes")[0] == 0
    assert len(redriven(stack, since)) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["x"], 2, "PARTITION/OFFSET is expected"),
        (["0/999999999"], 1, "no dead letter is at 0/999999999"),
        (["0/0", "--set", "to=a@b.de", "--file", "-"], 2, "exclude each other"),
    ],
)
def test_what_cannot_be_corrected_is_told(operator: Operator, arguments: list[str], code: int, said: str) -> None:
    """With exit codes as everywhere."""
    found = operator.run("dlq", "edit", *arguments)

    assert (found[0], said in found[2]) == (code, True)
