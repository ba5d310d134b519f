"""A dashboard as SVG: panels on Grafana's grid, with the lines that Prometheus gave."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

_COLUMN: Final = 52  # pixels of one of the 24 columns
_ROW: Final = 24
_GAP: Final = 6
_FOOT: Final = 20
_LINE: Final = 14  # of the legend
_LEFT: Final = 46  # room for the numbers beside a graph
_COLOURS: Final = ("#3274d9", "#e0752d", "#37872d", "#a352cc", "#c4162a", "#8f8f00", "#0aa", "#777")
_UNITS: Final = {"s": " s", "ops": "/s", "reqps": "/s"}
_STYLE: Final = (
    "text{font:11px system-ui,sans-serif;fill:#333}.t{font-weight:600}.v{font-size:26px;font-weight:600;fill:#fff}"
    ".a{fill:#888;font-size:10px}.p{fill:#fff;stroke:#d8d8dc}.g{stroke:#e8e8ec}.l{fill:none;stroke-width:1.4}"
)
_STAT: Final = {"green": "#37872d", "orange": "#e0752d", "red": "#c4162a"}


@dataclass(frozen=True, slots=True)
class Series:
    """One line.

    Attributes:
        label: as the legend shows it.
        points: seconds and values, in order of time.
    """

    label: str
    points: Sequence[tuple[float, float]]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]


@dataclass(frozen=True, slots=True)
class Box:
    """A place in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing.

    Attributes:
        width: in pixels.
        height: in pixels.
        svg: the drawing itself.
    """

    width: int
    height: int
    svg: str


def draw_dashboard(
    title: str, caption: str, panels: Sequence[Mapping[str, Any]], data: Mapping[int, Sequence[Series]]
) -> Picture:
    """The whole dashboard; `data` has the series of each panel by its id."""
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    width, height = 24 * _COLUMN + _GAP, bottom * _ROW + 40 + _FOOT
    body = "".join(_panel(panel, data.get(panel["id"], ())) for panel in panels)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<style>{_STYLE}</style><rect width="{width}" height="{height}" fill="#f4f5f5"/>'
        f'<text class="t" x="{_GAP}" y="22" style="font-size:15px">{escape(title)}</text>{body}'
        f'<text x="{_GAP}" y="{height - 8}">{escape(caption)}</text></svg>\n'
    )
    return Picture(width, height, svg)


def _panel(panel: Mapping[str, Any], series: Sequence[Series]) -> str:
    place = panel["gridPos"]
    box = Box(
        place["x"] * _COLUMN + _GAP,
        place["y"] * _ROW + 34,
        place["w"] * _COLUMN - _GAP,
        place["h"] * _ROW - _GAP,
    )
    draw = _stat if panel["type"] == "stat" else _graph
    return (
        f'<rect class="p" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="3"/>'
        f'<text class="t" x="{box.x + 8}" y="{box.y + 16}">{escape(panel["title"])}</text>'
        + (draw(panel, series, box) if series else _nothing(box))
    )


def _nothing(box: Box) -> str:
    return f'<text class="a" x="{box.x + box.width / 2 - 20}" y="{box.y + box.height / 2 + 8}">no data</text>'


def _stat(panel: Mapping[str, Any], series: Sequence[Series], box: Box) -> str:
    defaults = panel["fieldConfig"]["defaults"]
    value = series[0].last
    colour = [step["color"] for step in defaults["thresholds"]["steps"] if value >= (step["value"] or 0)][-1]
    texts = {key: one["text"] for mapping in defaults["mappings"] for key, one in mapping["options"].items()}
    text = texts.get(f"{value:g}", shown(value, defaults["unit"]))
    return (
        f'<rect x="{box.x + 1}" y="{box.y + 24}" width="{box.width - 2}" height="{box.height - 25}"'
        f' fill="{_STAT[colour]}"/><text class="v" x="{box.x + 12}" y="{box.y + box.height - 18}">{escape(text)}</text>'
    )


def _graph(panel: Mapping[str, Any], series: Sequence[Series], box: Box) -> str:
    rows = _rows(series, box.width - 20)
    inner = Box(box.x + _LEFT, box.y + 28, box.width - _LEFT - 10, box.height - 28 - 22 - _LINE * len(rows))
    top = nice_top(max(value for one in series for _, value in one.points))
    begin = min(one.points[0][0] for one in series)
    end = max(one.points[-1][0] for one in series)
    lines = "".join(
        f'<polyline class="l" stroke="{_COLOURS[n % len(_COLOURS)]}" points="{_line(one, inner, (begin, end), top)}"/>'
        for n, one in enumerate(series)
    )
    return _axes(inner, top, panel["fieldConfig"]["defaults"]["unit"], end - begin) + lines + _legend(rows, series, box)


def _line(one: Series, inner: Box, span: tuple[float, float], top: float) -> str:
    begin, end = span
    across = inner.width / ((end - begin) or 1)
    return " ".join(
        f"{inner.x + (at - begin) * across:.1f},{inner.y + inner.height * (1 - value / top):.1f}"
        for at, value in one.points
    )


def _axes(inner: Box, top: float, unit: str, seconds: float) -> str:
    lines = []
    for share in (0, 0.5, 1):
        y = inner.y + inner.height * (1 - share)
        lines.append(f'<line class="g" x1="{inner.x}" x2="{inner.x + inner.width}" y1="{y}" y2="{y}"/>')
        lines.append(
            f'<text class="a" x="{inner.x - 4}" y="{y + 3}" text-anchor="end">{shown(top * share, unit)}</text>'
        )
    below = inner.y + inner.height + 13
    lines.append(f'<text class="a" x="{inner.x}" y="{below}">0 s</text>')
    right = f'x="{inner.x + inner.width}" y="{below}" text-anchor="end"'
    lines.append(f'<text class="a" {right}>{seconds:.0f} s</text>')
    return "".join(lines)


def _legend(rows: Sequence[Sequence[int]], series: Sequence[Series], box: Box) -> str:
    parts = []
    for row, numbers in enumerate(rows):
        x, y = box.x + 10, box.y + box.height - 8 - _LINE * (len(rows) - 1 - row)
        for number in numbers:
            colour = _COLOURS[number % len(_COLOURS)]
            parts.append(f'<rect x="{x}" y="{y - 6}" width="8" height="4" fill="{colour}"/>')
            parts.append(f'<text class="a" x="{x + 11}" y="{y}">{escape(series[number].label)}</text>')
            x += _wide(series[number])
    return "".join(parts)


def _rows(series: Sequence[Series], width: float) -> list[list[int]]:
    """The numbers of the series, in as many rows as their labels need."""
    rows, used = [[0]], _wide(series[0])
    for number, one in enumerate(series[1:], start=1):
        used += _wide(one)
        if used > width:
            rows.append([])
            used = _wide(one)
        rows[-1].append(number)
    return rows


def _wide(one: Series) -> float:
    return 18 + 5.5 * len(one.label)


def nice_top(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten; 1 for what is nothing."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))


def shown(value: float, unit: str) -> str:
    """A number with its unit, short."""
    if unit == "s" and 0 < value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:,.3g}{_UNITS.get(unit, '')}" if value < 1000 else f"{value / 1000:.3g}k{_UNITS.get(unit, '')}"
