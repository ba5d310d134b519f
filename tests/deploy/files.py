"""What lies in deploy/, read once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.deploy.exposed import ROOT

DEPLOY: Final = ROOT / "deploy"
RULES: Final = DEPLOY / "prometheus" / "rules"
RULE_TESTS: Final = tuple(sorted((DEPLOY / "prometheus" / "tests").glob("*.yml")))
RUNBOOKS: Final = ROOT / "docs" / "runbooks"


@dataclass(frozen=True, slots=True)
class Expression:
    """A PromQL expression and where it stands."""

    place: str
    text: str


def promtool(*arguments: str | Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """How a command of promtool ended; a failure without it where ECCS_REQUIRE_PROMTOOL is set, else a skip."""
    program = shutil.which("promtool")
    if program is None:
        missing = pytest.fail if os.environ.get("ECCS_REQUIRE_PROMTOOL") else pytest.skip
        missing("promtool is not on PATH; `make rules` brings Debian's")
    return subprocess.run([program, *arguments], input=given, capture_output=True, text=True, check=False, timeout=120)


@cache
def rules(kind: str) -> tuple[dict[str, Any], ...]:
    """The rules that are an `alert`, or a `record`."""
    groups = [
        group for path in sorted(RULES.glob("*.yml")) for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
    ]
    return tuple(rule for group in groups for rule in group["rules"] if kind in rule)


@cache
def dashboard() -> dict[str, Any]:
    """The Grafana dashboard."""
    loaded: dict[str, Any] = json.loads((DEPLOY / "grafana" / "dashboards" / "eccs.json").read_text("utf-8"))
    return loaded


def expressions() -> tuple[Expression, ...]:
    """Every expression of rules and dashboard."""
    found = [Expression(rule[kind], rule["expr"]) for kind in ("record", "alert") for rule in rules(kind)]
    found += [
        Expression(f"panel {panel['title']}", target["expr"])
        for panel in dashboard()["panels"]
        for target in panel["targets"]
    ]
    return tuple(found)
