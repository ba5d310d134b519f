"""Bars as SVG (https://www.w3.org/TR/SVG11/), and what a figure was measured on."""

from __future__ import annotations

import html
import os
import platform
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from typing import Final

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


def machine() -> str:
    """How large the machine is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB"


def svg(title: str, blocks: Iterable[tuple[str, Sequence[tuple[str, float]], str]]) -> str:
    """A chart of blocks of bars.

    Args:
        title: what all of it is about.
        blocks: of each its heading, its bars from above, by name and value, and how a value is written. A name that
            begins with "ours" is ours.
    """
    parts: list[str] = []
    top = 48
    for heading, bars, form in blocks:
        parts.append(_text(16, top + 14, heading, bold=True))
        parts += _bars(bars, top + 26, form)
        top += 26 + _BAR * len(bars) + 26
    width = _LEFT + _WIDTH + _RIGHT
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" viewBox="0 0 {width} {top}"'
    style = 'font-family="system-ui, sans-serif" font-size="13"'
    background = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([f"{head} {style}>", background, _text(16, 26, title), *parts, "</svg>\n"])


def _bars(bars: Sequence[tuple[str, float]], top: int, form: str) -> list[str]:
    most = max(value for _, value in bars)
    parts = []
    for index, (name, value) in enumerate(bars):
        y = top + _BAR * index
        length = max(value / most * _WIDTH, 1)
        colour = _COLOURS["ours" if name.startswith("ours") else "other"]
        parts.append(_text(_LEFT - 8, y + 13, name, anchor="end"))
        parts.append(f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR - 6}" fill="{colour}"/>')
        parts.append(_text(int(_LEFT + length + 6), y + 13, format(value, form)))
    return parts


def _text(x: int, y: int, text: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{weight} fill="#1f2933">{html.escape(text)}</text>'
