"""The fixture folder of each rule, as files and contracts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from compat_checks.classes import replace
from compat_checks.contracts import Contracts, LintOptions, load_contracts
from compat_checks.edits import apply_edits
from compat_checks.files import SchemaFiles
from compat_checks.findings import Finding
from compat_checks.lint import LINT_RULES, LintRule, lint

RULES: Final = Path(__file__).parent / "rules"
IDS: Final = [rule.id for rule in LINT_RULES]

# Where a fixture that is one file stands: its namespace is `example`, its name `Sample`.
PATH: Final = "example/Sample.avsc"


def load(rule: str, side: str) -> tuple[SchemaFiles, Contracts | None]:
    """The side `bad` or `good` of a rule: one file, or a folder that may have a contracts.toml."""
    folder = RULES / rule / side
    if not folder.is_dir():
        return SchemaFiles({PATH: folder.with_suffix(".avsc").read_text("utf-8")}), None
    contracts = load_contracts(folder) if (folder / "contracts.toml").exists() else None
    return SchemaFiles.of(folder), contracts


def strict(
    files: SchemaFiles, contracts: Contracts | None, rules: Sequence[LintRule[Any]] = LINT_RULES
) -> list[Finding]:
    """What the strict category finds."""
    options = contracts.lint if contracts else LintOptions()
    return lint(files, contracts, replace(options, category="strict"), rules)


def shown(finding: Finding) -> dict[str, Any]:
    """A finding as `expected.json` has it."""
    position = finding.place.position if finding.place else None
    assert position
    return {
        "path": finding.path,
        "line": position.line,
        "column": position.column,
        "rule": finding.rule,
        "element": finding.element,
        "message": finding.message,
    }


def expected(rule: str) -> list[dict[str, Any]]:
    """What must be found on the bad side: `path` and `rule` are left out where they are the usual ones."""
    entries: list[dict[str, Any]] = json.loads((RULES / rule / "expected.json").read_text("utf-8"))
    return [{"path": PATH, "rule": rule, **entry} for entry in entries]


def unfixed(rule: str) -> tuple[int, list[str]]:
    """How many suggestions the bad side of a rule gets, and the messages that stay when one is applied alone."""
    files, contracts = load(rule, "bad")
    suggestions = [(finding, fix) for finding in strict(files, contracts) for fix in finding.fixes]
    stay = []
    for finding, fix in suggestions:
        texts = {path: files.text(path) for path in files.paths}
        texts[fix.path] = apply_edits(texts[fix.path], fix.edits)
        if finding.fingerprint in {one.fingerprint for one in strict(SchemaFiles(texts), contracts)}:
            stay.append(f"{finding.element}: {fix.title}")
    return len(suggestions), stay
