"""docs/api.md says what is there."""

from __future__ import annotations

import re
from pathlib import Path

from services.email_service import settings
from services.email_service.__main__ import describe
from services.email_service.problems import KINDS

_DOCS = Path("docs/api.md").read_text("utf-8")


def test_every_path_is_documented() -> None:
    """By its template."""
    assert [path for path in describe({})["paths"] if path not in _DOCS] == []


def test_every_setting_is_documented() -> None:
    """As the code reads it."""
    source = Path(settings.__file__).read_text("utf-8")
    names = set(re.findall(r'\("([A-Z][A-Z_]+)"', source))

    assert {name for name in names if f"`{name}`" not in _DOCS} == set()


def test_every_kind_of_problem_is_documented() -> None:
    """By its name."""
    assert [kind.name for kind in KINDS.values() if f"`{kind.name}`" not in _DOCS] == []
