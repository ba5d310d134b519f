"""`compat-checks check`: baselines, waivers, reports and exit codes."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from compat_checks.__main__ import main
from tests.docs.review import git
from tests.unit.commands.folders import REQUEST, changed, ours

OPTIONAL: dict[str, Any] = {"type": ["null", "string"], "default": None}


def result(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON report of a check."""
    code = main(["check", "--format", "json", *arguments])
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, said


def rules(report: dict[str, Any]) -> set[str]:
    """The rules of all findings."""
    found = [one for subject in report["subjects"] for one in subject["findings"]] + report["findings"]
    return {one["rule"] for one in found}


def test_our_own_contracts_are_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    """Against the history, with nothing to warn of but what is waived."""
    code, report = result(capsys, "--fail-on", "warning")

    assert (code, [one for subject in report["subjects"] for one in subject["findings"] if not one["waived"]]) == (
        0,
        [],
    )


def test_an_optional_field_is_compatible_and_asks_for_a_minor_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its envelope has to carry it, too."""
    schemas = changed(tmp_path, campaign=OPTIONAL)
    code, report = result(capsys, "--schemas", str(schemas))

    assert code == 1
    assert rules(report) == {"VERSION_TOO_LOW", "NOT_PUBLISHED", "ENVELOPE_DRIFT"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose `main` has our schemas; the working folder."""
    ours(tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Publish")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _break(folder: Path) -> None:
    path = folder / "schemas" / REQUEST
    path.write_text(path.read_text("utf-8").replace('"name": "userId"', '"name": "accountNumber"'), "utf-8")


def test_a_git_baseline_leaves_the_checkout_alone(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is read from the objects; what is changed and not committed stays."""
    _break(repository)
    before = (repository / "schemas" / REQUEST).read_text("utf-8")
    code, report = result(capsys, "--against", "git:main")

    assert (code, "READER_FIELD_MISSING_DEFAULT_VALUE" in rules(report)) == (1, True)
    assert (repository / "schemas" / REQUEST).read_text("utf-8") == before


def test_a_folder_and_a_file_are_baselines(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of schemas, a folder of published versions, and a single file find the same break."""
    shutil.copytree(repository / "schemas", repository / "before")
    _break(repository)
    specs = ["dir:before", "dir:before/history", "file:before/history/email_requests-value/v2.avsc"]
    found = [result(capsys, "--subject", "email_requests-value", "--against", spec) for spec in specs]

    assert [code for code, _ in found] == [1, 1, 1]
    assert ["READER_FIELD_MISSING_DEFAULT_VALUE" in rules(report) for _, report in found] == [True, True, True]


def test_what_is_on_main_and_not_published_counts_as_a_version(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change that was merged and not yet published has its own label: the ref."""
    path = repository / "schemas" / REQUEST
    schema = json.loads(path.read_text("utf-8"))
    schema["fields"].append({"name": "campaign", "doc": "New.", **OPTIONAL})
    path.write_text(json.dumps(schema), "utf-8")
    git(repository, "commit", "-q", "-a", "-m", "Merge")
    _, report = result(capsys, "--against", "git:main", "--subject", "email_requests-value")

    assert report["subjects"][0]["versions"] == ["v1", "v2", "main"]


def test_baselines_that_say_the_same_are_told_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """History and main hold the same versions here."""
    _break(repository)
    _, report = result(capsys, "--against", "history", "--against", "git:main")

    assert [one["baseline"] for one in report["subjects"]] == ["history, git:main"] * 3


def test_a_removed_subject_is_noticed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The baseline has it, contracts.toml has it no more."""
    path = repository / "schemas" / "contracts.toml"
    text = path.read_text("utf-8")
    start = text.index("[subjects.email_dlq-value]")
    path.write_text(text[:start] + text[text.index("[lint]") :], "utf-8")
    code, report = result(capsys, "--against", "git:main")

    assert (code, rules(report)) == (0, {"SUBJECT_REMOVED"})


WAIVER = """version = 1
[[waivers]]
rule = "{rule}"
subject = "{subject}"
element = "{element}"
fingerprint = "{fingerprint}"
reason = "Nobody reads it."
owner = "email-platform"
expires = {expires}
"""


def _waive(schemas: Path, finding: dict[str, Any], days: int = 30, fingerprint: str = "") -> None:
    day = datetime.now(UTC).date() + timedelta(days=days)
    known = {key: finding[key] for key in ("rule", "subject", "element")}
    text = WAIVER.format(**known, fingerprint=fingerprint or finding["fingerprint"], expires=day)
    (schemas / "waivers.toml").write_text(text, "utf-8")


def _finding(report: dict[str, Any], rule: str) -> dict[str, Any]:
    found = [one for subject in report["subjects"] for one in subject["findings"]] + report["findings"]
    return next(one for one in found if one["rule"] == rule)


def test_a_waived_finding_does_not_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It stays in the report, with the reason."""
    schemas = changed(tmp_path, campaign=OPTIONAL)
    _, report = result(capsys, "--schemas", str(schemas))
    drift = _finding(report, "ENVELOPE_DRIFT")
    _waive(schemas, drift)
    _, after = result(capsys, "--schemas", str(schemas))

    assert "Nobody reads it." in _finding(after, "ENVELOPE_DRIFT")["waived"]
    assert rules(after) == rules(report)


@pytest.mark.parametrize(
    ("days", "fingerprint", "rule"),
    [(-1, "", "WAIVER_EXPIRED"), (30, "0" * 16, "WAIVER_CHANGED")],
)
def test_a_waiver_that_no_longer_holds_fails(
    days: int, fingerprint: str, rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Past its day, or given for another change: the finding is open again."""
    schemas = changed(tmp_path, campaign=OPTIONAL)
    _, report = result(capsys, "--schemas", str(schemas))
    _waive(schemas, _finding(report, "ENVELOPE_DRIFT"), days, fingerprint)
    code, after = result(capsys, "--schemas", str(schemas))

    assert (code, rules(after) - rules(report)) == (1, {rule})
    assert not _finding(after, "ENVELOPE_DRIFT")["waived"]


def test_a_waiver_of_nothing_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise it would accept the next break unseen."""
    schemas = ours(tmp_path)
    unused = {"rule": "TYPE_MISMATCH", "subject": "email_dlq-value", "element": "EmailDlq.x", "fingerprint": "1"}
    _waive(schemas, unused)

    assert result(capsys, "--schemas", str(schemas))[0] == 1
    assert rules(result(capsys, "--schemas", str(schemas))[1]) == {"WAIVER_UNUSED"}


@pytest.mark.parametrize("name", ["email_requests-value/v1.avsc", "email_dlq-value/versions.toml"])
def test_an_altered_history_fails(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A published version never changes."""
    schemas = ours(tmp_path)
    path = schemas / "history" / name
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    code, report = result(capsys, "--schemas", str(schemas))

    assert (code, rules(report)) == (1, {"HISTORY_ALTERED"})


def test_an_unlisted_version_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody would notice if it were altered."""
    schemas = ours(tmp_path)
    path = schemas / "history" / "SHA256SUMS"
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[1:]), "utf-8")
    code, report = result(capsys, "--schemas", str(schemas))

    assert (code, rules(report)) == (1, {"HISTORY_UNLISTED"})


def test_several_reports_go_to_their_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the one without a file to standard output."""
    reports = {name: tmp_path / name for name in ("json", "sarif", "junit", "gitlab", "markdown")}
    asked = [part for name, path in reports.items() for part in ("--report", f"{name}={path}")]

    assert main(["check", "--report", "text", *asked]) == 0
    assert "check passed" in capsys.readouterr().out
    assert all(path.stat().st_size for path in reports.values())
