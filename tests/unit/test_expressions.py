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
_BEFORE: Final = ("", '"', "[a.", "0x1", "/a")

# How each expression is used. `None`: its text is ours, or it is bounded before; the reason stands beside it.
USES: Final[dict[str, str | None]] = {
    "codegen.names._BOUNDARY": "sub",
    "codegen.parse._NAME": "fullmatch",
    "compat_checks.baselines._VERSION_FILE": "fullmatch",
    "compat_checks.changelog._MARKDOWN": "sub",
    "compat_checks.commands.arguments._SECONDS": "fullmatch",
    "compat_checks.defaults._DECIMAL": "fullmatch",
    "compat_checks.defaults._HEX": "fullmatch",
    "compat_checks.edits._INDEX": "fullmatch",
    "compat_checks.edits._POINTER": "fullmatch",
    "compat_checks.fix_plan._LINE": "findall",
    "compat_checks.history._VERSION": "fullmatch",
    "compat_checks.java_text._SPECIAL": "sub",
    "compat_checks.json_tree._TOKEN": None,  # of a text that is JSON: every string in it is closed
    "compat_checks.lint.docs._TOKEN": "findall",
    "compat_checks.lint.names._CAMEL": "fullmatch",
    "compat_checks.lint.names._PASCAL": "fullmatch",
    "compat_checks.lint.names._UPPER_SNAKE": "fullmatch",
    "compat_checks.lint.words._WORD": "findall",
    "compat_checks.parse._NAME": "fullmatch",
    "compat_checks.registry.http_body._ZERO": "fullmatch",
    "compat_checks.registry.http_connection._CHUNK_SIZE": "fullmatch",
    "compat_checks.registry.http_head._CONTROL": "search",
    "compat_checks.registry.http_head._LENGTH": "fullmatch",
    "compat_checks.registry.http_head._NAME": "fullmatch",
    "compat_checks.registry.http_head._REQUEST_LINE": "fullmatch",
    "compat_checks.registry.http_origin._HOST": "fullmatch",
    "compat_checks.registry.request._NUMBER": "fullmatch",
    "compat_checks.registry.routes._ABSOLUTE": "match",
    "compat_checks.registry.routes._IN_CONTEXT": "fullmatch",
    "compat_checks.registry.values._NUMBER": "fullmatch",
    "compat_checks.registry.values._QUALIFIED": "fullmatch",
    "compat_checks.report.escape._BETWEEN_TICKS": "split",
    "compat_checks.report.escape._MARKUP": "sub",
    "compat_checks.report.escape._PLAIN_CODE": "fullmatch",
    "compat_checks.report.escape._SPECIAL": "sub",
    "compat_checks.report.escape._TICKS": "findall",
    "compat_checks.report.visible._STRING": "findall",
    "compat_checks.safe_output._COMMAND": "sub",
    "compat_checks.safe_output._IGNORABLE": None,  # of one character
    "compat_checks.safe_output._MARK": "sub",
    "compat_checks.safe_output._STYLE": "split",
    "compat_checks.semver.SEMVER": "fullmatch",
    "compat_checks.source._TOKEN": "match",
    "compat_checks.toml_source._STEP": None,  # of what _TABLE or _VALUE found: every key in it is closed
    "compat_checks.toml_source._TABLE": "fullmatch",
    "compat_checks.toml_source._VALUE": "match",
    "eccs_contracts._cli._options._ID": "fullmatch",
    "eccs_contracts._json_object._BLANKS": "match",
    "eccs_contracts._json_object._STARTS": "match",
    "eccs_contracts._json_object._WIDE": "match",
    "eccs_contracts._older_values._TOPIC": "fullmatch",
    "eccs_contracts._older_values._WHOLE": "fullmatch",
    "eccs_contracts.dead_letters.letters._PLACE": "fullmatch",
    "eccs_contracts.dead_letters.statistics._VARIABLE": "sub",
    "eccs_contracts.dead_letters.times._AGO": "fullmatch",
    "eccs_contracts.headers._TRACEPARENT": "fullmatch",
    "eccs_contracts.headers._UNSAFE": "sub",
    "eccs_contracts.masking.ADDRESS": "sub",
    "eccs_contracts.safe_output._COMMAND": "sub",
    "eccs_contracts.safe_output._IGNORABLE": None,  # of one character
    "eccs_contracts.safe_output._MARK": "sub",
    "services.dlq_console.filters._COUNT": "fullmatch",
    "services.dlq_console.filters._ID": "fullmatch",
    "services.dlq_console.filters._RATE": "fullmatch",
    "services.dlq_console.pages._CUT": "split",
    "services.dlq_console.rendering._HUMP": "sub",
    "services.email_service.bodies._SURROGATE": "search",
    "services.email_service.telemetry._ID": "fullmatch",
    "services.local_stack.processes._COLOUR": "sub",
    "services.local_stack.smtp_faults._REPLY": "fullmatch",
    "services.notification_service.addresses._DOMAIN": "fullmatch",
    "services.notification_service.addresses._ESCAPE": "sub",
    "services.notification_service.addresses._LOCAL": "fullmatch",
    "services.notification_service.addresses._QUOTED": None,  # of SMTP_SENDER, which an operator sets
    "services.notification_service.addresses._SPECIALS": "search",
    "services.notification_service.header_fields._ATOMS": "fullmatch",
    "services.notification_service.mail_text._HOST_NAME": "fullmatch",
    "services.notification_service.mail_text._NOT_IN_A_LINE": "search",
    "services.notification_service.smtp_replies._ENHANCED": "match",
    "services.notification_service.smtp_session._DOTS": "sub",
}


def _compiled(path: Path) -> Iterator[str]:
    """The names of the expressions that a module compiles at its top."""
    module = ".".join(path.relative_to(_ROOT).with_suffix("").parts)
    for statement in ast.parse(path.read_text("utf-8")).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Call):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            if ast.unparse(statement.value.func) == "re.compile":
                yield f"{module}.{ast.unparse(target)}"


def test_every_expression_is_looked_at() -> None:
    """One that is new is added to the table, with how it is used."""
    files = (path for package in _PACKAGES for path in (_ROOT / package).rglob("*.py"))

    assert sorted(name for path in files for name in _compiled(path)) == sorted(USES)


def _work(expression: re.Pattern[Any], use: str, before: str) -> Any:
    """The use of an expression, on a text that ends with what it does not expect."""

    def work(text: str) -> object:
        given: Any = f"{before}{text}\x00"
        if isinstance(expression.pattern, bytes):
            given = given.encode()
        if use == "sub":
            return expression.sub(b"" if isinstance(expression.pattern, bytes) else "", given)
        return getattr(expression, use)(given)

    return work


def _slowest(expression: re.Pattern[Any], use: str) -> tuple[str, str]:
    """What stands before, and the shape, of the text of 5 kB that takes longest."""

    def seconds(pair: tuple[str, str]) -> float:
        return seconds_of(_work(expression, use, pair[0]), (pair[1] * 5_000)[:5_000])

    return max(product(_BEFORE, _SHAPES), key=seconds)


@pytest.mark.parametrize("name", [name for name, use in USES.items() if use])
def test_an_expression_takes_time_in_proportion(name: str) -> None:
    """1 MB of the slowest shape, also after what lets the expression begin, at most 15 times as long as 100 kB."""
    module, _, attribute = name.rpartition(".")
    expression: re.Pattern[Any] = getattr(importlib.import_module(module), attribute)
    before, shape = _slowest(expression, USES[name] or "")
    work = _work(expression, USES[name] or "", before)

    assert growth(work, shape, 100_000) <= MOST, (before, shape)  # what is quadratic ends here, within a minute
    assert growth(work, shape) <= MOST, (before, shape)
