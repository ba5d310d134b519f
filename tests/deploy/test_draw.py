"""What the picture of the dashboard shows."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest

from tests.deploy.files import dashboard
from tests.images.draw import Series, draw_dashboard, nice_top, shown


def _texts(svg: str) -> list[str]:
    return [unescape(one.text or "") for one in ET.fromstring(svg).iter() if one.tag.endswith("text")]  # noqa: S314


def test_each_panel_is_there_and_the_caption() -> None:
    """With `no data` in those that have none: an empty panel must not look like a zero."""
    panels = dashboard()["panels"]
    data = {panels[0]["id"]: [Series("a", [(0.0, 1.0), (1.0, 2.0)])]}

    texts = _texts(draw_dashboard("Title", "Not <Grafana>", panels, data).svg)

    assert [panel["title"] for panel in panels if panel["title"] not in texts] == []
    assert texts.count("no data") == len(panels) - 1
    assert (texts[0], texts[-1]) == ("Title", "Not <Grafana>")


def test_a_line_goes_through_its_points() -> None:
    """The largest value at the top of its scale, the first point at the left."""
    panel = {
        "id": 1,
        "type": "timeseries",
        "title": "T",
        "gridPos": {"x": 0, "y": 0, "w": 24, "h": 8},
        "fieldConfig": {"defaults": {"unit": "short"}},
    }
    series = Series("a", [(0.0, 0.0), (10.0, 5.0), (20.0, 2.5)])
    drawn = draw_dashboard("T", "", [panel], {1: [series]}).svg
    points = [tuple(map(float, one.split(","))) for one in re.findall(r"[\d.]+,[\d.]+", drawn.split("<polyline")[1])]

    (x0, y0), (x1, y1), (x2, y2) = points
    assert x1 - x0 == pytest.approx(x2 - x1)
    assert (y0 - y1) / 2 == pytest.approx(y0 - y2)


def test_no_series_is_without_its_label() -> None:
    """However many rows they take."""
    labels = [f"a series with a long name {number}" for number in range(9)]
    panel = next(one for one in dashboard()["panels"] if one["type"] == "timeseries")
    data = {panel["id"]: [Series(label, [(0.0, 1.0), (1.0, 1.0)]) for label in labels]}

    texts = _texts(draw_dashboard("T", "", [panel], data).svg)

    assert [label for label in labels if label not in texts] == []


@pytest.mark.parametrize(("value", "top"), [(0.0, 1.0), (1.0, 1.0), (3.0, 5.0), (70.0, 100.0), (0.02, 0.02)])
def test_a_scale_ends_at_a_round_number(value: float, top: float) -> None:
    """1, 2 or 5, times a power of ten."""
    assert nice_top(value) == pytest.approx(top)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.25, "s", "250 ms"), (12.5, "s", "12.5 s"), (1500.0, "short", "1.5k"), (3.0, "reqps", "3/s"), (0.0, "s", "0 s")],
)
def test_a_number_is_short_and_has_its_unit(value: float, unit: str, text: str) -> None:
    """As one reads it from across the room."""
    assert shown(value, unit) == text
