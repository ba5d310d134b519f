"""The table of deviations holds what is tested, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contract.registry.backends import APICURIO


def test_every_deviation_is_tested() -> None:
    """By its name in one of the tests beside this one."""
    texts = [path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    named = set(re.findall(r'"([a-z0-9-]+)"', "".join(texts)))

    assert set(APICURIO) - named == set()


def test_every_deviation_has_a_reason() -> None:
    """That a person can judge."""
    assert [check for check, one in APICURIO.items() if len(one.reason) < 8] == []
