"""Every rule by its id, with the command that applies it."""

from __future__ import annotations

from typing import Any, Final

from compat_checks.rule import Rule

HELP_URI: Final = "docs/rules/{rule}.md"


def rulebook() -> dict[str, tuple[Rule[Any], str]]:
    """The rules of `check` and of `lint`."""
    from compat_checks.lint import LINT_RULES
    from compat_checks.rules import RULES

    tables = (("check", RULES), ("lint", LINT_RULES))
    return {rule.id: (rule, command) for command, rules in tables for rule in rules}
