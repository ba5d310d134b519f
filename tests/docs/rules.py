"""A page for each rule, from the docstring of its handler."""

from __future__ import annotations

from typing import Any

from compat_checks.commands.rulebook import rulebook
from compat_checks.rule import Rule

_HEADINGS = ("What it does:", "Why it matters:", "Example:", "Use instead:")


def pages() -> dict[str, str]:
    """Path below `docs/` and text of every page."""
    rules = rulebook()
    made = {f"rules/{rule.id}.md": _page(rule, command) for rule, command in rules.values()}
    return {"rules/README.md": _index(rules), **made}


def _page(rule: Rule[Any], command: str) -> str:
    lines = []
    for line in rule.text.splitlines():
        lines.append(f"## {line[:-1]}" if line in _HEADINGS else line.removeprefix("    "))
        if line in _HEADINGS:
            lines.append("")
    head = f"# {rule.id}\n\n`compat-checks {command}` · {rule.severity} · {rule.category}\n"
    return "\n".join([head, *lines]) + "\n"


def _index(rules: dict[str, tuple[Rule[Any], str]]) -> str:
    lines = ["# Rules", "", "Made from the rules by `make docs`; `compat-checks explain RULE` shows the same."]
    for title, command in (("Changes", "check"), ("Schemas", "lint")):
        lines += ["", f"## {title}: `compat-checks {command}`", "", "| rule | severity | |", "|---|---|---|"]
        lines += [
            f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.purpose} |"
            for rule, where in rules.values()
            if where == command
        ]
    return "\n".join(lines) + "\n"
