"""`explain` and `completion`."""

from __future__ import annotations

import argparse
import json

from compat_checks.commands.completion import script
from compat_checks.commands.rulebook import rulebook
from compat_checks.errors import UsageError


def explain(options: argparse.Namespace) -> int:
    """Print one rule's documentation, or list all rules."""
    rules = rulebook()
    if options.rule is None:
        return _list(options.format)
    found = rules.get(options.rule.upper())
    if found is None:
        raise UsageError(f"there is no rule {options.rule}; compat-checks explain lists them")
    rule, command = found
    if options.format == "json":
        described = {"id": rule.id, "severity": rule.severity, "category": rule.category, "command": command}
        print(json.dumps({**described, "text": rule.text}, indent=2))
    else:
        print(f"{rule.id} ({rule.severity}; compat-checks {command}, {rule.category})\n\n{rule.text}")
    return 0


def _list(form: str) -> int:
    rules = rulebook().values()
    if form == "json":
        listed = [{"id": rule.id, "severity": rule.severity, "command": command} for rule, command in rules]
        print(json.dumps(listed, indent=2))
    else:
        width = max(len(rule.id) for rule, _ in rules)
        for rule, command in rules:
            print(f"{rule.id:<{width}}  {rule.severity:<7}  {command:<5}  {rule.category}")
    return 0


def completion(options: argparse.Namespace) -> int:
    """Print the completion script of a shell."""
    print(script(options.shell))
    return 0
