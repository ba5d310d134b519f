"""The rules are right as promtool sees it, their tests can fail, and each alert has its runbook."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.exposed import ROOT
from tests.deploy.files import DEPLOY, RULE_TESTS, RUNBOOKS, promtool, rules

Mutation = Callable[[dict[str, Any]], dict[str, Any]]
_THRESHOLD = re.compile(r"> ([\d.]+)\s*$")
ALERTS = [rule["alert"] for rule in rules("alert")]


def _runbook_name(alert: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", alert.removeprefix("Eccs")).lower() + ".md"


def test_the_configuration_and_its_rules_are_valid() -> None:
    """As Prometheus itself would read them."""
    done = promtool("check", "config", DEPLOY / "prometheus" / "prometheus.yml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_unit_tests_of_the_rules_pass() -> None:
    """Each threshold, each `for`, each text."""
    done = promtool("test", "rules", *RULE_TESTS)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("expression", "fires"), [("vector(0) > 1", False), ("vector(1)", True)])
def test_the_unit_tests_notice_each_broken_alert(expression: str, fires: bool, tmp_path: Path) -> None:
    """One that never fires, by where it should; one that always does, by where it should not."""
    alerts = [{"alert": alert, "expr": expression} for alert in ALERTS]

    def only_where_it_matters(test: dict[str, Any]) -> dict[str, Any]:
        cases = [one for one in test.get("alert_rule_test", []) if bool(one["exp_alerts"]) != fires]
        return {**test, "promql_expr_test": [], "alert_rule_test": cases}

    assert _noticed(alerts, tmp_path, only_where_it_matters) == set(ALERTS)


def _raised(rule: dict[str, Any]) -> dict[str, Any]:
    return rule | {"expr": _THRESHOLD.sub(lambda found: f"> {float(found[1]) * 1.5 or 2}", rule["expr"])}


def _lowered(rule: dict[str, Any]) -> dict[str, Any]:
    return rule | {"expr": _THRESHOLD.sub(lambda found: f"> {float(found[1]) / 1.5}", rule["expr"])}


def _at_once(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != "for"}


def _of_no_weight(rule: dict[str, Any]) -> dict[str, Any]:
    return rule | {"labels": {"severity": "none"}}


@pytest.mark.parametrize(
    ("mutation", "alerts"),
    [
        (_raised, {one["alert"] for one in rules("alert") if _THRESHOLD.search(one["expr"])}),
        (_lowered, {one["alert"] for one in rules("alert") if re.search(r"> (?!0$)[\d.]+$", one["expr"].strip())}),
        (_at_once, {one["alert"] for one in rules("alert") if "for" in one}),
        (_of_no_weight, set(ALERTS)),
    ],
)
def test_the_unit_tests_notice_each_changed_alert(mutation: Mutation, alerts: set[str], tmp_path: Path) -> None:
    """A threshold half as high again, or by a third lower; no wait before it fires; another severity."""
    changed = [mutation(rule) if "alert" in rule else rule for rule in (*rules("record"), *rules("alert"))]

    assert alerts
    assert _noticed(changed, tmp_path) >= alerts


def test_the_unit_tests_notice_each_changed_recording(tmp_path: Path) -> None:
    """Twice of what it should be."""
    doubled = [rule | {"expr": f"2 * ({rule['expr']})"} for rule in rules("record")]

    assert _noticed([*doubled, *rules("alert")], tmp_path) >= {rule["record"] for rule in doubled}


def _noticed(changed: list[dict[str, Any]], folder: Path, only: Mutation = lambda test: test) -> set[str]:
    """The alerts and expressions that the unit tests find to be otherwise than they should be."""
    _write(folder / "rules.yml", {"groups": [{"name": "changed", "rules": changed}]})
    for path in RULE_TESTS:
        document: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        tests = [only(test) for test in document["tests"]]
        ours = {"rule_files": ["rules.yml"], "group_eval_order": ["changed"], "tests": tests}
        _write(folder / path.name, document | ours)
    done = promtool("test", "rules", *(folder / path.name for path in RULE_TESTS))
    return set(re.findall(r"(?:alertname|expr): \"?([\w:]+)", done.stdout + done.stderr))


def _write(path: Path, document: object) -> None:
    path.write_text(yaml.safe_dump(document), "utf-8")


@pytest.mark.parametrize("rule", rules("alert"), ids=ALERTS)
def test_an_alert_links_its_runbook(rule: dict[str, Any]) -> None:
    """Relative to the repository, named after the alert, and headed by it."""
    link = ROOT / rule["annotations"]["runbook_url"]

    assert link == RUNBOOKS / _runbook_name(rule["alert"])
    assert link.read_text("utf-8").startswith(f"# {rule['alert']}\n\n{rule['labels']['severity']} · ")


def test_each_runbook_has_its_alert() -> None:
    """None is left over from an alert that is gone."""
    found = {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"}

    assert found == {_runbook_name(alert) for alert in ALERTS}
