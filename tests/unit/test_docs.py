"""Documents that are made are up to date."""

from __future__ import annotations

from pathlib import Path

from tests.docs import review, rules
from tests.docs.__main__ import DOCS


def test_the_pages_of_the_rules_are_what_the_rules_say() -> None:
    """`make docs` writes them; no page is left of a rule that is gone."""
    written = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in (DOCS / "rules").glob("*.md")}

    assert written == rules.pages()


def test_the_example_of_a_review_is_what_a_reviewer_gets(tmp_path: Path) -> None:
    """The comment on a branch that removes a field, renames one and adds a required one."""
    assert (DOCS / "example-review.md").read_text("utf-8") == review.page(tmp_path)
