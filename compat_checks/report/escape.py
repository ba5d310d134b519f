"""Texts from schemas in GitHub-flavoured markdown: nothing in them becomes markup, a mention or a table cell."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

from compat_checks.report.visible import visible

_PLAIN_CODE: Final = re.compile(r"[^`|\\\s](?:[^`|\\\n]*[^`|\\\s])?")
_MARKUP: Final = re.compile(r"[\\`*~\[\]|$]|(?<!\w)_|_(?!\w)|:(?=[\w/])|^[-+#=]|(?<=\d)[.)](?=\s)|[@#](?=\w)")
_SPECIAL: Final = re.compile(r"[\\`*_~\[\]|]")
_BETWEEN_TICKS: Final = re.compile(r"`([^`\n]+)`")
_TICKS: Final = re.compile(r"`+")


def prose(text: str) -> str:
    """A sentence on one line; what it has between backticks becomes code, all else is what it says."""
    parts = _BETWEEN_TICKS.split(" ".join(line.strip() for line in text.splitlines()))
    return "".join(code(part) if odd % 2 else _literal(part) for odd, part in enumerate(parts))


def code(text: str) -> str:
    """A value or a name as code; in a table as well as outside; nothing for an empty one."""
    shown = visible(text)
    if not shown or _PLAIN_CODE.fullmatch(shown):
        return f"`{shown}`" if shown else ""
    return f"<code>{_SPECIAL.sub(_entity, html.escape(shown, quote=False))}</code>"


def fenced(language: str, lines: Iterable[str]) -> str:
    """A block of code whose fence is longer than any in it (CommonMark, section 4.5)."""
    text = "\n".join(visible(line, "\t") for line in lines)
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def row(cells: Iterable[str]) -> str:
    """A row of a table, of cells that are escaped already."""
    return f"| {' | '.join(cells)} |"


def details(title: str, body: str) -> str:
    """A part that is closed until somebody opens it; the title is HTML."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def _literal(text: str) -> str:
    """No markup; and no mention of a person or an issue, which GitHub makes of text, however it is written."""
    return _MARKUP.sub(_entity, html.escape(visible(text), quote=False))


def _entity(found: re.Match[str]) -> str:
    character = found.group()
    return f"{character}<!-- -->" if character in "@#" else f"&#{ord(character)};"
