"""Names of templates in a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eccs_contracts.errors import ConfigurationError
from services.web.templates import SHIPPED, Templates, template_names, templates_setting


def test_a_template_is_a_text_file(tmp_path: Path) -> None:
    """HTML alone is none, as the notification service has it."""
    for name in ("a.txt", "a.html", "b.html", "c.txt", "README.md"):
        (tmp_path / name).touch()
    (tmp_path / "folder.txt").mkdir()

    assert template_names(tmp_path) == {"a", "c"}


def test_a_folder_that_changed_is_listed_again(tmp_path: Path) -> None:
    """And one that did not is not."""
    templates = Templates(tmp_path)
    os.utime(tmp_path, ns=(1, 1))
    before = templates.names()
    (tmp_path / "a.txt").touch()
    os.utime(tmp_path, ns=(1, 1))
    unchanged = templates.names()
    os.utime(tmp_path, ns=(2, 2))

    assert (before, unchanged, templates.names()) == (frozenset(), frozenset(), frozenset("a"))


def test_a_folder_that_is_gone_says_nothing(tmp_path: Path) -> None:
    """Nor does it say that there are no templates; once it is back, it does."""
    folder = tmp_path / "t"
    templates = Templates(folder)
    missing = templates.names()
    folder.mkdir()

    assert (missing, templates.names()) == (None, frozenset())


def test_the_shipped_templates_are_known_unless_told_otherwise(tmp_path: Path) -> None:
    """By TEMPLATES_DIR, which must be a folder."""
    assert templates_setting({}) == SHIPPED
    assert "welcome" in template_names(SHIPPED)
    assert templates_setting({"TEMPLATES_DIR": str(tmp_path)}) == tmp_path
    with pytest.raises(ConfigurationError, match="TEMPLATES_DIR is '/no/such'"):
        templates_setting({"TEMPLATES_DIR": "/no/such"})
