"""The command: drift, orphans, hand-written files, exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from codegen.__main__ import main
from tests.unit.codegen.loading import CASES


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Arguments for a private copy of a case, whose output is written."""
    shutil.copytree(CASES / "contracts" / "schemas", tmp_path / "schemas")
    arguments = ["--schemas", str(tmp_path / "schemas"), "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    return arguments


def test_nothing_differs_after_writing(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The check of fresh output passes in silence."""
    capsys.readouterr()

    assert main([*folders, "--check"]) == 0
    assert capsys.readouterr().out == ""


def test_unchanged_files_are_not_written_again(folders: list[str], tmp_path: Path) -> None:
    """A second run leaves the files as they are, with their times."""
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}

    assert main(folders) == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before


def test_an_edit_of_a_generated_file_is_shown(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check fails with the line that somebody changed, and does not touch it."""
    file = tmp_path / "out" / "_topics.py"
    file.write_text(file.read_text("utf-8").replace("partitions=3", "partitions=4"), "utf-8")

    assert main([*folders, "--check"]) == 1
    assert "-    partitions=4,\n+    partitions=3,\n" in capsys.readouterr().out
    assert "partitions=4" in file.read_text("utf-8")


def test_an_edit_of_a_schema_is_shown(folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check fails where the schema has moved on."""
    file = tmp_path / "schemas" / "order.avsc"
    file.write_text(file.read_text("utf-8").replace('"count"', '"number"'), "utf-8")

    assert main([*folders, "--check"]) == 1
    assert "+    number: Annotated[int, Ge(1), Le(10)]\n" in capsys.readouterr().out


def test_orphans_are_drift_and_are_removed(folders: list[str], tmp_path: Path) -> None:
    """A generated file whose schema is gone fails the check, and goes with the next run."""
    orphan = tmp_path / "out" / "old.py"
    shutil.copy(tmp_path / "out" / "_topics.py", orphan)

    assert main([*folders, "--check"]) == 1
    assert main(folders) == 0
    assert not orphan.exists()


def test_files_written_by_hand_stay(folders: list[str], tmp_path: Path) -> None:
    """What has no mark on its first line is not touched and is no drift."""
    mine = tmp_path / "out" / "mine.py"
    mine.write_text('"""Mine."""\n', "utf-8")

    assert main(folders) == 0
    assert main([*folders, "--check"]) == 0
    assert mine.read_text("utf-8") == '"""Mine."""\n'


def test_a_file_written_by_hand_is_not_overwritten(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that is taken by somebody's own file is a refusal."""
    taken = tmp_path / "out" / "_topics.py"
    taken.write_text('"""Mine."""\n', "utf-8")

    assert main(folders) == 1
    assert "was not generated" in capsys.readouterr().err
    assert taken.read_text("utf-8") == '"""Mine."""\n'


def test_without_contracts_there_are_no_topics_and_clients(folders: list[str], tmp_path: Path) -> None:
    """A folder without contracts.toml gives models only; what was there before is removed."""
    (tmp_path / "schemas" / "contracts.toml").unlink()

    assert main(folders) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"__init__.py", "example_shop.py"}


def test_a_missing_folder_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to generate from."""
    assert main(["--schemas", str(tmp_path / "none"), "--out", str(tmp_path)]) == 1
    assert "there is no such folder" in capsys.readouterr().err


def test_a_wrong_option_is_a_usage_error() -> None:
    """The command line is refused with 2."""
    with pytest.raises(SystemExit) as stopped:
        main(["--chekc"])

    assert stopped.value.code == 2


def test_the_committed_models_are_what_the_schemas_say() -> None:
    """Nobody forgot to run the generator."""
    root = Path(__file__).parents[3]

    assert main(["--schemas", str(root / "schemas"), "--out", str(root / "eccs_contracts/models"), "--check"]) == 0
