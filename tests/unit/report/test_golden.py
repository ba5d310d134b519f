"""Every review in every format is what it was when a person last read it."""

from __future__ import annotations

import pytest

from compat_checks.report import FORMATS
from tests.unit.report.golden import CASES, ENDINGS, FOLDER, path_of, rendered


@pytest.mark.parametrize(("review", "name"), CASES)
def test_a_report_is_its_golden_file(review: str, name: str) -> None:
    """Line by line."""
    assert rendered(review, name).split("\n") == path_of(review, name).read_text("utf-8").split("\n")


def test_every_format_has_golden_files() -> None:
    """The table of formats and that of file name endings agree."""
    assert list(ENDINGS) == list(FORMATS)


def test_no_golden_file_is_left_over() -> None:
    """A review that is gone takes its files with it."""
    assert sorted(FOLDER.iterdir()) == sorted(path_of(*case) for case in CASES)
