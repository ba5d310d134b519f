"""A folder per rule: a schema that breaks it, one that keeps it, and what must be found."""

from __future__ import annotations

import re

import pytest

from compat_checks.contracts import CATEGORIES
from compat_checks.lint import LINT_RULES
from tests.unit.lint.fixtures import IDS, RULES, expected, load, shown, strict, unfixed

HEADINGS = ["What it does:", "Why it matters:", "Example:", "Use instead:"]

# How many suggestions the bad side of a rule gets.
SUGGESTIONS = {
    "LOGICAL_TYPE_IGNORED": 1,
    "LOGICAL_TYPE_ON_FIELD": 3,
    "MISSPELT_ATTRIBUTE": 8,
    "MISPLACED_ATTRIBUTE": 2,
    "TAGS_WELL_FORMED": 1,
    "ALIAS_UNIQUE": 3,
    "NAMESPACE_GIVEN": 1,
    "UNUSED_IGNORE": 2,
    "FIELD_NAME_CAMEL_CASE": 3,
    "NULLABLE_DEFAULT_NULL_FIRST": 5,
    "ENUM_HAS_DEFAULT": 2,
    "TIME_HAS_LOGICAL_TYPE": 4,
    "UNION_OF_SEVERAL": 3,
    "PII_TAG_REQUIRED": 4,
    "UUID_FOR_IDENTITY": 3,
}


@pytest.mark.parametrize("rule", IDS)
def test_the_bad_side_gives_the_expected_findings_and_no_other(rule: str) -> None:
    """File, line, column, element and message of every finding of the strict category."""
    assert [shown(finding) for finding in strict(*load(rule, "bad"))] == expected(rule)


@pytest.mark.parametrize("rule", IDS)
def test_the_good_side_is_clean(rule: str) -> None:
    """What the rule asks for instead breaks no rule at all."""
    assert [shown(finding) for finding in strict(*load(rule, "good"))] == []


@pytest.mark.parametrize("rule", IDS)
def test_without_its_rule_a_fixture_gives_another_result(rule: str) -> None:
    """No rule can be taken out of the table unnoticed."""
    others = [one for one in LINT_RULES if one.id != rule]

    assert [shown(finding) for finding in strict(*load(rule, "bad"), others)] != expected(rule)


def test_every_rule_has_a_fixture_and_every_fixture_a_rule() -> None:
    """The folders are the ids."""
    assert sorted(path.name for path in RULES.iterdir()) == sorted(IDS)


@pytest.mark.parametrize("rule", LINT_RULES, ids=IDS)
def test_every_rule_is_documented_under_the_four_headings(rule: object) -> None:
    """The docs page is made from them."""
    text = str(getattr(rule, "text", ""))
    lines = text.splitlines()

    assert [line for line in lines if re.fullmatch(r"\S.*:", line)] == HEADINGS
    assert lines[0].endswith(".")
    assert all(re.search(rf"^{heading}\n    \S", text, re.MULTILINE) for heading in HEADINGS)


def test_ids_are_unique_and_upper_snake() -> None:
    """They are written into configuration and schemas, so they look alike and stay."""
    assert len(set(IDS)) == len(IDS)
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", rule) for rule in IDS)


def test_every_category_has_rules() -> None:
    """Each category adds to the one before it."""
    assert list(dict.fromkeys(rule.category for rule in LINT_RULES)) == list(CATEGORIES)


@pytest.mark.parametrize("rule", IDS)
def test_each_suggestion_ends_its_finding(rule: str) -> None:
    """Applied alone it leaves a schema that is valid, and that the rule has nothing to say about at that element."""
    assert unfixed(rule) == (SUGGESTIONS.get(rule, 0), [])
