"""Runbooks and documents name what there is: commands, variables, metrics, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eccs_contracts._cli import main
from tests.deploy.exposed import ROOT, defined_metrics, unread
from tests.deploy.files import RUNBOOKS, rules

_PAGES = [*sorted(RUNBOOKS.glob("*.md")), ROOT / "docs" / "deploy.md", ROOT / "docs" / "security.md"]
_CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
_COMMAND = re.compile(r"eccs-contracts ((?:[a-z]+ ?)+)")
_METRIC = re.compile(r"\b(?:kafka|smtp|emails?|http|dependency)_[a-z_]+\b")
_VARIABLE = re.compile(
    r"\b(?:KAFKA|SMTP|JWT|MONGODB|SCHEMA_REGISTRY|DLQ|MAX|RETRY|DRAIN|RATE|CORS|STARTUP|TEMPLATES)_[A-Z_]+\b"
)
_NO_METRICS = frozenset(("email_requests", "email_requests_retry", "email_dlq", "email_log", "email_service"))
pages = pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)


def _code(page: Path) -> str:
    return "\n".join(_CODE.findall(page.read_text("utf-8")))


@pages
def test_the_links_lead_somewhere(page: Path) -> None:
    """Somebody follows them at night."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pages
def test_the_commands_are_ours(page: Path) -> None:
    """Each has help to give; what is none has not."""
    found = {tuple(words.split()) for words in _COMMAND.findall(_code(page))}

    assert [words for words in found if main([*words, "--help"]) != 0] == []


def test_a_command_that_is_none_has_no_help() -> None:
    """Or the test above would pass for everything."""
    assert main(["groups", "restart", "--help"]) == 2


@pages
def test_the_variables_are_read(page: Path) -> None:
    """A setting that nobody reads helps nobody."""
    assert unread(_VARIABLE.findall(_code(page))) == set()


def test_a_name_that_is_none_is_not_read() -> None:
    """Or the test above would pass for everything."""
    names = {"SMTP_HOSTS", "KAFKA_SASL_USERNAMES"}

    assert unread({*names, "SMTP_HOST", "KAFKA_SASL_USERNAME_FILE"}) == names


@pages
def test_the_metrics_are_exposed(page: Path) -> None:
    """Under these names."""
    exposed = defined_metrics("notification_service") | defined_metrics("email_service")

    assert set(_METRIC.findall(_code(page))) - exposed - _NO_METRICS == set()


def test_the_table_of_alerts_has_each_with_its_severity() -> None:
    """In docs/deploy.md."""
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| \[(\w+)\]\(runbooks/[\w-]+\.md\) \|.*\| (\w+) \|$", text, re.MULTILINE))

    assert rows == {rule["alert"]: rule["labels"]["severity"] for rule in rules("alert")}
