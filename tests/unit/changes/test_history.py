"""Publishing: each version records its semantic version and its day, and stays as it is."""

from datetime import date
from pathlib import Path

import pytest

from compat_checks.errors import CompatChecksError, InvalidContracts
from compat_checks.history import published, published_files, snapshot
from tests.unit.changes.building import add, declare, field, shop

DAY, LATER = date(2026, 11, 24), date(2026, 12, 1)


def _altered(folder: Path) -> list[str]:
    return [one.path for one in published_files(folder) if one.listed != one.actual]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Both subjects, published once."""
    snapshot(shop(tmp_path), DAY)
    return tmp_path


def test_a_version_records_its_semantic_version_and_its_day(folder: Path) -> None:
    """In a file beside it, which a person can read."""
    add(folder / "shop/Bill.avsc", field("note", default=""))
    declare(folder, "2.3.4", "2.4.0")

    assert snapshot(folder, LATER) == [folder / "history/bills-value/v2.avsc"]
    assert (folder / "history/bills-value/versions.toml").read_text("utf-8") == (
        '[v1]\nversion = "2.3.4"\ndate = 2026-11-24\n\n[v2]\nversion = "2.4.0"\ndate = 2026-12-01\n'
    )
    assert [(one.label, one.release, one.day) for one in published(folder, "bills-value")] == [
        ("v1", "2.3.4", DAY),
        ("v2", "2.4.0", LATER),
    ]
    assert _altered(folder) == []


def test_publishing_again_changes_nothing(folder: Path) -> None:
    """Neither the versions nor the checksums."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert snapshot(folder, LATER) == []
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("version", ["1.0.0", "0.9.0"])
def test_a_version_that_is_not_above_the_last_one_is_refused(folder: Path, version: str) -> None:
    """Nothing is written, for no subject."""
    add(folder / "shop/Order.avsc", field("note", default=""))
    declare(folder, "1.0.0", version)

    with pytest.raises(CompatChecksError, match=rf"orders-value: .* says {version}, and 1.0.0 is published"):
        snapshot(folder, LATER)
    assert len(published(folder, "bills-value")) == 1


@pytest.mark.parametrize("name", ["v1.avsc", "versions.toml"])
def test_what_is_published_is_covered_by_the_checksums(folder: Path, name: str) -> None:
    """Semantic versions and days no less than schemas; publishing waits until it is restored."""
    path = folder / "history/orders-value" / name
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    add(folder / "shop/Bill.avsc", field("note", default=""))
    declare(folder, "2.3.4", "2.4.0")

    assert _altered(folder) == [f"history/orders-value/{name}"]
    with pytest.raises(CompatChecksError, match="altered"):
        snapshot(folder, LATER)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[v1]\nversion = 1\ndate = 2026-11-24\n", "needs a version"),
        ('[v1]\nversion = "1.0"\ndate = 2026-11-24\n', "needs a version"),
        ('[v1]\nversion = "1.0.0"\n', "needs a date"),
        ('[v1]\nversion = "1.0.0"\ndate = 2026-11-24\n[v2]\nversion = "1.1.0"\ndate = 2026-11-24\n', "no v2.avsc"),
        ("[v1\n", "versions.toml"),
    ],
)
def test_a_record_that_cannot_be_is_refused(folder: Path, text: str, message: str) -> None:
    """With the file and the version."""
    (folder / "history/orders-value/versions.toml").write_text(text, "utf-8")

    with pytest.raises(InvalidContracts, match=message):
        published(folder, "orders-value")
