"""What was measured, as a table, as JSON and as a chart."""

from __future__ import annotations

import dataclasses
import html
import json
import platform
import sys
import sysconfig
from collections.abc import Sequence
from typing import Any, Final

from tests.benchmark.codecs.measure import Result

_BAR: Final = 22  # pixels that a bar and its gap are high
_LEFT, _WIDTH, _RIGHT = 250, 520, 110
_COLOURS: Final = {"ours": "#2f6f4f", "other": "#9aa5b1"}


def interpreter() -> str:
    """Which Python it was: ratios depend on how it was built."""
    options = f"{sysconfig.get_config_var('CONFIG_ARGS')} {sysconfig.get_config_var('PY_CFLAGS')}"
    profiled = "with" if "--enable-optimizations" in options else "without"
    shared = "shared" if sysconfig.get_config_var("Py_ENABLE_SHARED") else "static"
    version = ".".join(map(str, sys.version_info[:3]))
    return f"CPython {version}, {shared}, {profiled} --enable-optimizations, {platform.machine()}"


def table(results: Sequence[Result]) -> str:
    """One block for each record, size and direction; the ratio is how much faster ours is."""
    lines = []
    for group in groups(results):
        first = group[0]
        ours = next(one for one in group if one.candidate == "ours")
        lines.append(f"\n{first.record}, body of {first.body} characters, {first.what}")
        lines.append(f"  {'':34}{'min us':>9}{'median':>9}{'x ours':>8}")
        for one in group:
            ratio = one.least / ours.least
            lines.append(f"  {one.candidate:34}{one.least:9.2f}{one.median:9.2f}{ratio:8.2f}")
    return "\n".join(lines)


def groups(results: Sequence[Result]) -> list[list[Result]]:
    """The results that belong beside each other."""
    found: dict[tuple[str, int, str], list[Result]] = {}
    for one in results:
        found.setdefault((one.record, one.body, one.what), []).append(one)
    return list(found.values())


def goals(results: Sequence[Result]) -> list[tuple[str, float, float]]:
    """What is promised for small and for 4 KB messages: name, goal, the lowest ratio of the three records."""
    found = []
    for what, candidate, goal in _GOALS:
        ratios = [
            _least(group, candidate) / _least(group, "ours, Contract" if "confluent" in candidate else "ours")
            for group in groups(results)
            if group[0].what == what and group[0].body < 10_000
        ]
        found.append((f"{what}: {candidate}", goal, min(ratios)))
    return found


_GOALS: Final = (
    ("encode", "confluent, to_dict by hand", 3.0),
    ("encode", "confluent, asdict", 10.0),
    ("encode", "fastavro, ready dict", 2.5),
    ("decode", "confluent, schema and from_dict", 4.0),
    ("decode", "fastavro, dict", 1.6),
)


def _least(group: Sequence[Result], candidate: str) -> float:
    found = [one.least for one in group if one.candidate == candidate]
    return found[0] if found else next(one.least for one in group if one.candidate.startswith(candidate))


def as_json(results: Sequence[Result], memory: dict[str, dict[str, int]]) -> str:
    """All numbers, and the interpreter."""
    content: dict[str, Any] = {
        "interpreter": interpreter(),
        "unit": "microseconds a message",
        "results": [
            dataclasses.asdict(one) | {"least": round(one.least, 3), "median": round(one.median, 3)} for one in results
        ],
        "bytes of a decoded message": memory,
        "goals": [{"what": what, "goal": goal, "lowest": round(lowest, 2)} for what, goal, lowest in goals(results)],
    }
    return json.dumps(content, indent=1) + "\n"


def chart(results: Sequence[Result], record: str, body: int) -> str:
    """Bars for the two directions of one record and size, as SVG (https://www.w3.org/TR/SVG11/)."""
    parts: list[str] = []
    top = 48
    for group in groups(results):
        if (group[0].record, group[0].body) == (record, body):
            parts.append(_text(16, top + 14, f"{group[0].what}, microseconds a message (less is better)", bold=True))
            parts += _bars(group, top + 26)
            top += 26 + _BAR * len(group) + 26
    title = _text(16, 26, f"{record}, body of {body} characters: {interpreter()}")
    width = _LEFT + _WIDTH + _RIGHT
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" viewBox="0 0 {width} {top}"'
    style = 'font-family="system-ui, sans-serif" font-size="13"'
    return "\n".join([f"{head} {style}>", '<rect width="100%" height="100%" fill="white"/>', title, *parts, "</svg>\n"])


def _bars(group: Sequence[Result], top: int) -> list[str]:
    most = max(one.least for one in group)
    parts = []
    for index, one in enumerate(sorted(group, key=lambda one: one.least)):
        y = top + _BAR * index
        length = max(one.least / most * _WIDTH, 1)
        colour = _COLOURS["ours" if one.candidate.startswith("ours") else "other"]
        parts.append(_text(_LEFT - 8, y + 13, one.candidate, anchor="end"))
        parts.append(f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR - 6}" fill="{colour}"/>')
        parts.append(_text(int(_LEFT + length + 6), y + 13, f"{one.least:.2f}"))
    return parts


def _text(x: int, y: int, text: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{weight} fill="#1f2933">{html.escape(text)}</text>'
