"""No regular expression of this project takes more than linear time on a text from outside."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.timing import MOST, growth, seconds_of

_ROOT: Final = Path(__file__).parents[2]
_PACKAGES: Final = ("eccs_contracts", "services", "compat_checks", "codegen")
_SHAPES: Final = (
    "a",
    "0",
    "A_",
    "a.",
    '"',
    '\\"',
    "'a",
    "`a",
    " ",
    "\n",
    "://",
    "[",
    "@",
    "<a@",
    "-",
    "é",
    "\x1b[1;",
    "~1",
)
_USES: Final = frozenset(("findall", "finditer", "fullmatch", "match", "search", "split", "sub"))
_BEFORE: Final = ("", '"', "[a.", "0x1", "/a")

# Expressions that are not timed, because their text is not foreign, or is bounded or known to be well-formed before.
EXEMPT: Final[dict[str, str]] = {
    "compat_checks.json_tree._TOKEN": "of a text that is JSON: every string in it is closed",
    "compat_checks.safe_output._IGNORABLE": "of one character",
    "compat_checks.source._TOKEN": "of a text that is JSON, as that of json_tree",
    "compat_checks.toml_source._STEP": "of what _TABLE or _VALUE found: every key in it is closed",
    "eccs_contracts.safe_output._IGNORABLE": "of one character",
}


def _found(path: Path) -> Iterator[tuple[str, str]]:
    """The names of the expressions that a module compiles at its top, each with every way in which it is used there."""
    module = ".".join(path.relative_to(_ROOT).with_suffix("").parts)
    tree = ast.parse(path.read_text("utf-8"))
    uses = {(ast.unparse(one.value), one.attr) for one in ast.walk(tree) if isinstance(one, ast.Attribute)}
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Call):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            if ast.unparse(statement.value.func) == "re.compile":
                name = ast.unparse(target)
                for use in sorted(use for owner, use in uses if owner == name and use in _USES) or ["fullmatch"]:
                    yield f"{module}.{name}", use


def _every_expression() -> list[tuple[str, str]]:
    files = (path for package in _PACKAGES for path in sorted((_ROOT / package).rglob("*.py")))
    return [pair for path in files for pair in _found(path) if pair[0] not in EXEMPT]


def _work(expression: re.Pattern[Any], use: str, before: str) -> Any:
    """The use of an expression, on a text that ends with what it does not expect."""

    def work(text: str) -> object:
        given: Any = f"{before}{text}\x00"
        if isinstance(expression.pattern, bytes):
            given = given.encode()
        if use == "sub":
            return expression.sub(b"" if isinstance(expression.pattern, bytes) else "", given)
        found = getattr(expression, use)(given)
        return list(found) if use == "finditer" else found

    return work


def _slowest(expression: re.Pattern[Any], use: str) -> tuple[str, str]:
    """What stands before, and the shape, of the text of 2 kB that takes longest."""

    def seconds(pair: tuple[str, str]) -> float:
        return seconds_of(_work(expression, use, pair[0]), (pair[1] * 2_000)[:2_000])

    return max(product(_BEFORE, _SHAPES), key=seconds)


@pytest.mark.parametrize(("name", "use"), _every_expression())
def test_an_expression_takes_time_in_proportion(name: str, use: str) -> None:
    """1 MB of the slowest shape, also after what lets the expression begin, at most 15 times as long as 100 kB."""
    module, _, attribute = name.rpartition(".")
    expression: re.Pattern[Any] = getattr(importlib.import_module(module), attribute)
    before, shape = _slowest(expression, use)
    work = _work(expression, use, before)

    assert growth(work, shape, 100_000) <= MOST, (before, shape)  # what is quadratic ends here, within a minute
    assert growth(work, shape) <= MOST, (before, shape)
