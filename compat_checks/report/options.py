"""What a report may be asked for, the same for every format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compat_checks.classes import field, frozen
from compat_checks.findings import Severity
from compat_checks.rule import Rule


@frozen(kw_only=True)
class Options:
    """How a report is made.

    Attributes:
        color: text only; see `color_wanted`.
        width: text only: columns of the terminal, 40 or more.
        root: the folder of the schemas from the root of the repository, joined before the paths of machine reports
            and of markdown; None takes the review's folder as the user gave it.
        fail_on: from which severity on a finding fails.
        rules: the rules by id, for their documentation.
        help_uri: the address of a rule's page, with `{rule}` where its id goes; empty where there is none.
        tool_version: the version of this package, for reports that name it.
    """

    color: bool = False
    width: int = 80
    root: str | None = None
    fail_on: Severity = Severity.ERROR
    rules: Mapping[str, Rule[Any]] = field(default_factory=dict)
    help_uri: str = ""
    tool_version: str = ""

    def help_page(self, rule: str) -> str:
        """The address of a rule's page; empty where there is none."""
        return self.help_uri.replace("{rule}", rule)


def color_wanted(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Whether to colour text: on a terminal, unless `NO_COLOR`; elsewhere with `FORCE_COLOR` (no-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or (is_terminal and environ.get("TERM") != "dumb")
