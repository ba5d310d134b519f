"""The 90 cases of the reference, whose answers are those of Apache Avro for Java."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compat_checks import InvalidSchema, check_pair

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))


def answered(case: dict[str, Any]) -> tuple[str, list[dict[str, str]], str]:
    """Verdict, incompatibilities and error that the engine gives for a case."""
    try:
        verdict = check_pair(case["reader"], case["writer"])
    except InvalidSchema:
        return "refused", [], ""
    found = [
        {"type": str(one.type), "location": one.location, "message": one.message} for one in verdict.incompatibilities
    ]
    if verdict.error:
        return "error", found, verdict.error
    return "compatible" if verdict.compatible else "incompatible", found, ""


@pytest.mark.parametrize("case", CASES, ids=[f"row {case['row']}" for case in CASES])
def test_a_case_gets_the_answer_of_java(case: dict[str, Any]) -> None:
    """Verdict, types, locations, messages and their order."""
    expected = case["verdict"], case["incompatibilities"], case.get("error", "")

    assert answered(case) == expected


def test_every_row_is_there() -> None:
    """Rows 1 to 90; a row of two parts has a second entry with a letter."""
    assert [case["row"] for case in CASES if isinstance(case["row"], int)] == list(range(1, 91))
