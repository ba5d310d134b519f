"""The rights on the broker: each program's own, for the topics and the group that it uses."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.deploy.acl_file import Right, rights
from tests.deploy.exposed import ROOT
from tests.deploy.files import DEPLOY


def test_the_script_gives_these_rights(tmp_path: Path) -> None:
    """And no others: a new one is a decision."""
    assert sorted(rights(tmp_path)) == sorted(
        [
            Right("email-service", "topic", "email_requests", "Write"),
            Right("notification-service", "topic", "email_requests", "Read"),
            Right("notification-service", "topic", "email_requests_retry", "Read"),
            Right("notification-service", "topic", "email_requests_retry", "Write"),
            Right("notification-service", "topic", "email_dlq", "Write"),
            Right("notification-service", "group", "notification-group", "Read"),
            Right("dlq-console", "topic", "email_dlq", "Read"),
            Right("dlq-console", "topic", "email_requests", "Read"),
            Right("dlq-console", "topic", "email_requests", "Write"),
            Right("dlq-console", "topic", "email_requests_retry", "Read"),
            Right("dlq-console", "topic", "email_requests_retry", "Write"),
            Right("dlq-console", "group", "eccs-contracts-reader", "Describe"),
            *(
                Right("contracts", "topic", topic, operation)
                for topic in ("email_requests", "email_requests_retry", "email_dlq")
                for operation in ("Create", "Alter", "AlterConfigs")
            ),
        ]
    )


def test_the_topics_and_principals_are_ours(tmp_path: Path) -> None:
    """A misspelt name gives a right to nobody, and takes one away."""
    found = rights(tmp_path)
    contracts = tomllib.loads((ROOT / "schemas" / "contracts.toml").read_text("utf-8"))
    programs = {path.stem for path in (DEPLOY / "kubernetes").glob("*.yaml")}

    assert {one.name for one in found if one.kind == "topic"} == set(contracts["topics"])
    assert {one.principal for one in found} <= programs
