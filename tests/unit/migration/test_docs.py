"""docs/migration.md: its examples do what it says, and its table is that of the expectations."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from eccs_contracts._older_letters import letter_from_json
from eccs_contracts.migration import request_from_json, retry_from_json
from tests.node.legacy import expected, table
from tests.unit.migration.older import ID, NOW

PAGE = Path("docs/migration.md").read_text("utf-8")
REQUEST, RETRY, LETTER = (
    found.encode() for found in re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
)


def test_the_table_is_made_of_the_expectations() -> None:
    """`tests.node.legacy.table` gives its lines."""
    assert PAGE.endswith("\n".join(table()) + "\n")


def test_no_kind_ends_without_a_reason() -> None:
    """Except the mails that go out."""
    ends = expected()

    assert Counter(end.end for end in ends.values())["sent"] > 60
    assert [kind for kind, end in ends.items() if not end.reason and end.end not in ("sent", "redriven")] == []


def test_the_example_of_a_request_is_read() -> None:
    """With its unknown field."""
    found = request_from_json(REQUEST, NOW)

    found.request.validate()
    assert found.unknown == ("cc",)


def test_the_example_of_a_retry_is_read() -> None:
    """With its state."""
    found = retry_from_json(RETRY, [], NOW)

    found.request.validate()
    assert found.retry is not None
    assert (found.unknown, found.retry.to_json()["backoffDelayMs"], found.retry.attempt) == ((), 2000, 2)


def test_the_example_of_a_letter_is_read() -> None:
    """Its original keeps what the contract does not have."""
    found = letter_from_json(LETTER, [], NOW)

    assert found.original_data is not None
    assert (str(found.original_data.id), found.dlq_metadata.original_offset) == (ID, 17)
    assert json.loads(found.original_payload or b"")["cc"] == "grace@example.com"


def test_the_program_for_producers_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """It prints what it says; its line is the first example with the timestamp of today."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"line": REQUEST.replace(b"2026-11-28", b"2025-11-28")}
    exec(re.sub(r"^   ", "", program, flags=re.MULTILINE), names)  # noqa: S102  an example of ours

    assert capsys.readouterr().out == "('cc',)\n"


@pytest.mark.parametrize(
    ("kind", "section"), [("_retry", "Retries"), ("dlqMetadata", "Dead letters"), ("drop", "Fields")]
)
def test_each_form_has_its_section(kind: str, section: str) -> None:
    """So that links to it stay good."""
    (found,) = re.findall(rf"^## {section}.*?(?=^## )", PAGE, re.DOTALL | re.MULTILINE)

    assert f"`{kind}`" in found or f'"{kind}"' in found
