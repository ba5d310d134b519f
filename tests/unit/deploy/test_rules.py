"""The rules are right as promtool sees it, their tests can fail, and each alert has its runbook."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.deploy.exposed import ROOT
from tests.unit.deploy.files import DEPLOY, RULE_TESTS, RUNBOOKS, rules

ALERTS = [rule["alert"] for rule in rules("alert")]
_PROMTOOL = shutil.which("promtool")
with_promtool = pytest.mark.skipif(
    _PROMTOOL is None, reason="promtool is not on PATH; Debian's package prometheus has it"
)


def _promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert _PROMTOOL
    return subprocess.run([_PROMTOOL, *arguments], capture_output=True, text=True, check=False, timeout=120)


def _runbook_name(alert: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", alert.removeprefix("Eccs")).lower() + ".md"


@with_promtool
def test_the_configuration_and_its_rules_are_valid() -> None:
    """As Prometheus itself would read them."""
    done = _promtool("check", "config", DEPLOY / "prometheus" / "prometheus.yml")

    assert done.returncode == 0, done.stdout + done.stderr


@with_promtool
def test_the_unit_tests_of_the_rules_pass() -> None:
    """Each threshold, each `for`, each text."""
    done = _promtool("test", "rules", RULE_TESTS)

    assert done.returncode == 0, done.stdout + done.stderr


@with_promtool
@pytest.mark.parametrize(("expression", "fires"), [("vector(0) > 1", False), ("vector(1)", True)])
def test_the_unit_tests_notice_each_broken_alert(expression: str, fires: bool, tmp_path: Path) -> None:
    """One that never fires, by where it should; one that always does, by where it should not."""
    alerts = [{"alert": alert, "expr": expression} for alert in ALERTS]
    _write(tmp_path / "rules.yml", {"groups": [{"name": "broken", "rules": alerts}]})
    tests: dict[str, Any] = yaml.safe_load(RULE_TESTS.read_text("utf-8"))
    tests |= {"rule_files": ["rules.yml"], "group_eval_order": ["broken"]}
    tests["tests"] = [
        {**test, "promql_expr_test": [], "alert_rule_test": [one for one in cases if bool(one["exp_alerts"]) != fires]}
        for test in tests["tests"]
        if (cases := test.get("alert_rule_test"))
    ]
    _write(tmp_path / "tests.yml", tests)

    done = _promtool("test", "rules", tmp_path / "tests.yml")

    assert set(re.findall(r"alertname: (\w+)", done.stdout + done.stderr)) == set(ALERTS)


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


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_the_links_of_a_runbook_lead_somewhere(path: Path) -> None:
    """Somebody follows them at night."""
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []
