"""Every rule about a change has a case: the versions before, the schema now, and exactly what is found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from compat_checks import comparison
from compat_checks.comparison import compare
from compat_checks.findings import Finding
from compat_checks.parse import parse_schema
from compat_checks.review import SubjectReview, Version
from compat_checks.rule import Rule
from compat_checks.rules import FIELD_RULES, HISTORY_RULES, TYPE_RULES, VERDICT_RULES
from compat_checks.source import Source
from tests.unit.rules.subjects import orders

CASES = Path(__file__).parent / "cases"
TABLES: tuple[tuple[Rule[Any], ...], ...] = (VERDICT_RULES, TYPE_RULES, FIELD_RULES, HISTORY_RULES)
RULES = {rule.id: rule for table in TABLES for rule in table}


def reviewed(rule: str, level: str = "FULL_TRANSITIVE") -> SubjectReview:
    """The review of a case."""
    folder = CASES / rule
    olds = [_version(path) for path in sorted(folder.glob("v*.avsc"))]
    return compare(orders(level), _version(folder / "new.avsc").schema, olds, "history")


def _version(path: Path) -> Version:
    text = path.read_text("utf-8")
    return Version(path.stem, text, parse_schema(Source(text, path.name)))


def described(review: SubjectReview) -> list[dict[str, Any]]:
    """The findings as expected.json has them."""
    return [
        {
            "rule": one.rule,
            "severity": one.severity,
            "at": _at(one),
            "element": one.element,
            "message": one.message,
            "against": list(one.against),
            "breaks": list(one.breaks),
            "cause": list(one.cause),
            "fixes": [fix.title for fix in one.fixes],
        }
        for one in review.findings
    ]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_case_gives_exactly_its_findings(rule: str) -> None:
    """With severity, place, element, message, who breaks, cause and fixes."""
    expected = json.loads((CASES / rule / "expected.json").read_text("utf-8"))

    assert described(reviewed(rule)) == expected


def test_every_rule_has_a_case_that_it_finds() -> None:
    """The folders are the rules, and each rule is in what its own case expects."""
    found = {
        folder.name: {one["rule"] for one in json.loads((folder / "expected.json").read_text("utf-8"))}
        for folder in CASES.iterdir()
    }

    assert {name: name in rules for name, rules in found.items()} == dict.fromkeys(RULES, True)


@pytest.mark.parametrize("rule", sorted(rule.id for table in TABLES[1:] for rule in table))
def test_no_rule_can_be_taken_out_unnoticed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a rule its case loses findings: a mutation of the table that this suite sees."""
    before = [(one.rule, one.message) for one in reviewed(rule).findings]
    for table in ("TYPE_RULES", "FIELD_RULES", "HISTORY_RULES"):
        monkeypatch.setattr(comparison, table, _without(rule, getattr(comparison, table)))

    left = [(one.rule, one.message) for one in reviewed(rule).findings]
    assert left == [one for one in before if one[0] != rule] != before


@pytest.mark.parametrize("rule", sorted(rule.id for rule in VERDICT_RULES))
def test_no_type_of_the_verdict_can_be_taken_out_unnoticed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A type of incompatibility without its rule is an error, never a pass."""
    monkeypatch.delitem(comparison._VERDICT, rule)

    with pytest.raises(KeyError, match=rule):
        reviewed(rule)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_documents_itself(rule: Rule[Any]) -> None:
    """A purpose, and the four headings in their order."""
    headings = [line for line in rule.text.splitlines() if line.endswith(":") and not line.startswith(" ")]

    assert headings == ["What it does:", "Why it matters:", "Example:", "Use instead:"]
    assert rule.purpose.endswith(".")


def _at(finding: Finding) -> str | None:
    position = finding.place.position if finding.place else None
    return f"{position.line}:{position.column}" if position else None


def _without(rule: str, rules: Sequence[Rule[Any]]) -> tuple[Rule[Any], ...]:
    return tuple(one for one in rules if one.id != rule)
