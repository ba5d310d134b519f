"""The dashboard is one that Grafana can show, and agrees with the alerts."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.files import dashboard, expressions, promtool, rules

_LEGEND = re.compile(r"\{\{(\w+)\}\}")


def _panels() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = dashboard()["panels"]
    return panels


def _cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
    place = panel["gridPos"]
    columns = range(place["x"], place["x"] + place["w"])
    return set(itertools.product(columns, range(place["y"], place["y"] + place["h"])))


def test_panels_fill_the_grid_and_do_not_overlap() -> None:
    """Grafana has 24 columns and moves what overlaps."""
    cells = [cell for panel in _panels() for cell in _cells(panel)]

    assert len(set(cells)) == len(cells)
    assert {column for column, _ in cells} == set(range(24))


def test_panels_have_numbers_and_titles_of_their_own() -> None:
    """Links to a panel go by its number."""
    panels = _panels()

    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    assert all(panel["description"] for panel in panels)


@pytest.mark.parametrize(
    ("panel", "alert"),
    [
        ("Requests that wait", "EccsConsumerLagHigh"),
        ("Retries that wait", "EccsRetryDepthHigh"),
        ("Attempt p99", "EccsProcessingSlow"),
        ("How late a retry starts", "EccsRetriesLate"),
        ("Oldest message in work", "EccsOldestUncommittedOld"),
    ],
)
def test_a_panel_turns_red_where_its_alert_fires(panel: str, alert: str) -> None:
    """One threshold, in two files."""
    found = next(one for one in _panels() if one["title"] == panel)
    steps = found["fieldConfig"]["defaults"]["thresholds"]["steps"]
    rule = next(one for one in rules("alert") if one["alert"] == alert)

    assert str(steps[-1]["value"]) == rule["expr"].split(" > ")[1]


def test_the_expressions_of_the_panels_are_promql(tmp_path: Path) -> None:
    """Each is checked as a rule would be."""
    texts = [one.text for one in expressions() if one.place.startswith("panel ")]
    checked = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(texts)]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": checked}]}), "utf-8")

    done = promtool("check", "rules", path)

    assert f"SUCCESS: {len(texts)} rules found" in done.stdout, done.stdout + done.stderr
