"""`compat-checks diff`, `changelog`, `impact`, `snapshot`, `explain` and `completion`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from compat_checks.__main__ import main
from compat_checks.commands.completion import script
from compat_checks.rules import RULES
from tests.unit.commands.folders import REQUEST, ROOT, changed, ours

SCHEMAS = str(ROOT / "schemas")
CAMPAIGN = {"type": ["null", "string"], "default": None}


def test_a_diff_says_what_changed(capsys: pytest.CaptureFixture[str]) -> None:
    """As a person would."""
    assert main(["diff", "email_requests-value", "v1", "v2", "--schemas", SCHEMAS]) == 0
    assert capsys.readouterr().out == "field `expiresAt` added: optional timestamp-millis, default null\n"


def test_a_diff_is_there_for_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest published version against the current schema, with the line."""
    schemas = changed(tmp_path, campaign=CAMPAIGN)
    assert main(["diff", "email_requests-value", "--schemas", str(schemas), "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)["changes"]

    assert [(one["element"], one["kind"], one["structural"]) for one in said] == [
        ("EmailRequest.campaign", "added", True)
    ]
    assert said[0]["path"] == REQUEST


def test_a_changelog_is_written_and_then_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not published yet is in it."""
    schemas = changed(tmp_path, campaign=CAMPAIGN)
    check = ["changelog", "--check", "--schemas", str(schemas)]

    assert main(check) == 1
    assert main(["changelog", "--schemas", str(schemas)]) == 0
    assert main(check) == 0
    assert "campaign" in (schemas / "CHANGELOG.md").read_text("utf-8")
    assert capsys.readouterr().err == ""


def test_impact_names_the_readers_that_break(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A team that reads with v1 cannot read what has no userId."""
    schemas = changed(tmp_path, userId=None)
    reader = schemas / "readers" / "billing" / "email_requests-value.avsc"
    reader.parent.mkdir(parents=True)
    reader.write_text((schemas / "history" / "email_requests-value" / "v1.avsc").read_text("utf-8"), "utf-8")

    assert main(["impact", "--schemas", str(schemas)]) == 1
    said = capsys.readouterr().out
    assert "billing, email_requests-value" in said
    assert "com.eccs.email.EmailDlq" not in said.partition("files")[0]
    assert "email_dlq-value" in said


def test_a_snapshot_publishes_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the version that contracts.toml was raised to, and the day; a check passes behind it."""
    schemas = ours(tmp_path)
    path = schemas / "com/eccs/email/EmailDlq.avsc"
    path.write_text(path.read_text("utf-8").replace("A dead letter:", "One dead letter:"), "utf-8")
    snapshot = ["snapshot", "--schemas", str(schemas), "--date", "2026-12-01"]

    assert main(snapshot) == 1
    assert "raise version" in capsys.readouterr().err
    contracts = schemas / "contracts.toml"
    before, subject, after = contracts.read_text("utf-8").partition("[subjects.email_dlq-value]")
    contracts.write_text(before + subject + after.replace('"1.0.0"', '"1.0.1"', 1), "utf-8")
    assert [main(snapshot), main(snapshot)] == [0, 0]
    assert "everything is published" in capsys.readouterr().out
    assert "2026-12-01" in (schemas / "history/email_dlq-value/versions.toml").read_text("utf-8")
    assert main(["check", "--schemas", str(schemas), "--fail-on", "warning"]) == 0


def test_every_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them are listed, and one is told in full, whatever the case of its letters."""
    assert main(["explain"]) == 0
    listed = capsys.readouterr().out
    assert [rule.id for rule in RULES if rule.id not in listed] == []
    assert main(["explain", "time_unit_changed"]) == 0
    assert "Why it matters:" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_completion_script_is_one(shell: str) -> None:
    """The shell itself reads it."""
    done = subprocess.run(["bash", "-n"], input=script(shell), text=True, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes_an_option() -> None:
    """Of the command that stands before it."""
    typed = 'COMP_WORDS=(compat-checks check --ag); COMP_CWORD=2; _compat_checks; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash"], input=f"{script('bash')}\n{typed}", text=True, capture_output=True, check=True)

    assert done.stdout.split() == ["--against"]
