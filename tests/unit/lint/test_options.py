"""The table `[lint]` of contracts.toml."""

from __future__ import annotations

import pytest

from compat_checks.contracts import PII_NAMES, Ignore, LintOptions, parse_contracts
from compat_checks.errors import InvalidContracts
from compat_checks.findings import Severity

FULL = """
version = 1

[lint]
category = "minimal"
also = ["FIELD_DOC"]
pii_names = ["nickname"]
max_fields = 20
max_depth = 3

[lint.severity]
FIELD_DOC = "info"

[[lint.ignore]]
rule = "TYPE_DOC"
path = "legacy/*"
element = "Old*"
reason = "They go away."
"""


def test_without_the_table_the_plain_options_hold() -> None:
    """The category is standard, and nothing is ignored."""
    assert parse_contracts("version = 1").lint == LintOptions()
    assert LintOptions().category == "standard"


def test_every_key_is_read() -> None:
    """Names of personal data are added to the ones that are known anyhow."""
    assert parse_contracts(FULL).lint == LintOptions(
        category="minimal",
        also=("FIELD_DOC",),
        pii_names=(*PII_NAMES, "nickname"),
        max_fields=20,
        max_depth=3,
        severities={"FIELD_DOC": Severity.INFO},
        ignores=(Ignore("TYPE_DOC", "They go away.", "legacy/*", "Old*"),),
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[lint]\ncategory = "pedantic"', 'lint.category: "pedantic" is none of minimal, standard, strict'),
        ("[lint]\nmax_fields = 0", "lint.max_fields: at least 1 is expected"),
        ("[lint]\nmax_depth = 0", "lint.max_depth: at least 1 is expected"),
        ('[lint]\nalso = "FIELD_DOC"', "lint.also: list is expected, it is 'FIELD_DOC'"),
        ("[lint]\nalso = [1]", "lint.also: a list of texts is expected, it is [1]"),
        ("[lint]\nmax_feilds = 1", "lint.max_feilds: there is no such key"),
        ('[lint.severity]\nFIELD_DOC = "fatal"', "lint.severity.FIELD_DOC: 'fatal' is none of error, warning, info"),
        ('[[lint.ignore]]\nrule = "FIELD_DOC"', "lint.ignore.0.reason: str is expected, it is missing"),
        ('[[lint.ignore]]\nrule = "FIELD_DOC"\nreason = " "', "lint.ignore.0.reason: say why it is ignored"),
        ('[[lint.ignore]]\nreason = "So."', "lint.ignore.0.rule: str is expected, it is missing"),
        ("lint = { ignore = [7] }", "lint.ignore.0: a table is expected"),
    ],
)
def test_what_is_wrong_is_named(table: str, message: str) -> None:
    """The table, the key, the rule and the value."""
    with pytest.raises(InvalidContracts) as caught:
        parse_contracts(f"version = 1\n{table}")
    assert str(caught.value) == message
