"""CHANGELOG.md of the schemas."""

from datetime import date
from pathlib import Path

import pytest

from compat_checks.changelog import CHANGELOG, changelog, outdated
from compat_checks.history import snapshot
from tests.unit.changes.building import add, declare, field, record, shop, write

EXPECTED = """# Changelog of the schemas

Made from `history/` by `compat-checks changelog`, which also keeps it up to date: edit the schemas, not this file.

## orders-value

Topic `orders`, level FULL_TRANSITIVE, owner shop, file `shop/Order.avsc`.

### Unreleased

- field `tags` added: array\\<string>

FORWARD: readers of v1 understand the current file; readers of the current file do not understand v1.

This change asks for 2.0.0; contracts.toml says 1.0.0.

### 1.0.0 (v1, 2026-11-24)

- record Order added with 2 fields

## bills-value

Topic `bills`, level BACKWARD, owner money, file `shop/Bill.avsc`.

### Unreleased

- field `order.tags` added: array\\<string>

FORWARD: readers of v2 understand the current file; readers of the current file do not understand v2.

This change asks for 3.0.0; contracts.toml says 2.4.0.

### 2.4.0 (v2, 2026-12-01)

- field `note` added: string, default ""

FULL: readers of v1 and v2 understand each other.

### 2.3.4 (v1, 2026-11-24)

- record Bill added with 1 field
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two versions of bills, one of orders, and a change that is in no version."""
    snapshot(shop(tmp_path), date(2026, 11, 24))
    add(tmp_path / "shop/Bill.avsc", field("note", default=""))
    declare(tmp_path, "2.3.4", "2.4.0")
    snapshot(tmp_path, date(2026, 12, 1))
    add(tmp_path / "shop/Order.avsc", field("tags", {"type": "array", "items": "string"}))
    return tmp_path


def test_versions_come_newest_first_with_their_changes_and_who_understands_whom(folder: Path) -> None:
    """What is not published yet stands above."""
    assert changelog(folder) == EXPECTED


def test_the_same_folder_gives_the_same_text(folder: Path) -> None:
    """Nothing depends on when it is made."""
    assert changelog(folder) == changelog(folder)


def test_a_subject_that_is_declared_no_more_keeps_its_section(folder: Path) -> None:
    """Its history is still there."""
    path = folder / "contracts.toml"
    path.write_text(path.read_text("utf-8").partition("[subjects.bills-value]")[0], "utf-8")

    assert "## bills-value\n\nNot declared in `contracts.toml` any more.\n\n### 2.4.0" in changelog(folder)


def test_markup_in_a_doc_is_text(folder: Path) -> None:
    """Stars, brackets and underscores at a word's edge; snake_case stays readable."""
    write(folder / "shop/Order.avsc", record(name="Order", namespace="shop", doc="*a* [b](c) `d _e snake_case"))

    assert "- doc of record `Order` added: \\*a\\* \\[b\\](c) \\`d \\_e snake_case\n" in changelog(folder)


def test_a_changelog_is_up_to_date_or_the_difference_is_shown(folder: Path) -> None:
    """As a unified diff."""
    path = folder / CHANGELOG
    path.write_text(EXPECTED, "utf-8")
    assert outdated(folder) == ""

    path.write_text(EXPECTED.replace("added with 1 field", "added"), "utf-8")
    assert [line for line in outdated(folder).splitlines() if line[0] in "+-"][2:] == [
        "-- record Bill added",
        "+- record Bill added with 1 field",
    ]


def test_a_folder_without_a_changelog_is_not_up_to_date(folder: Path) -> None:
    """All of it is missing."""
    assert outdated(folder).count("\n+") >= EXPECTED.count("\n")
