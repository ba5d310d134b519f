"""The generator: drift, orphans, refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from codegen.__main__ import main

SCHEMAS = Path("schemas")


def _copy(tmp_path: Path) -> tuple[Path, Path]:
    schemas, out = tmp_path / "schemas", tmp_path / "models"
    shutil.copytree(SCHEMAS, schemas)
    assert main(["--schemas", str(schemas), "--out", str(out)]) == 0
    return schemas, out


def _check(schemas: Path, out: Path) -> int:
    return main(["--check", "--schemas", str(schemas), "--out", str(out)])


def test_the_committed_code_is_what_the_schemas_say() -> None:
    """Nobody edited a generated file."""
    assert main(["--check"]) == 0


def test_a_hand_edit_of_generated_code_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The diff names the line that was changed."""
    schemas, out = _copy(tmp_path)
    module = out / "com_eccs_email.py"
    module.write_text(module.read_text().replace('TOPIC: ClassVar[str] = "email_dlq"', 'TOPIC: ClassVar[str] = "x"'))

    assert _check(schemas, out) == 1
    assert '+    TOPIC: ClassVar[str] = "email_dlq"' in capsys.readouterr().out


def test_a_hand_edit_of_a_schema_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A constraint that changes shows in the diff."""
    schemas, out = _copy(tmp_path)
    file = schemas / "com/eccs/email/EmailRequest.avsc"
    file.write_text(file.read_text().replace('"maxLength": 500', '"maxLength": 400'))

    assert _check(schemas, out) == 1
    assert "MaxLen(400)" in capsys.readouterr().out


def test_a_second_run_touches_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Generation is deterministic, and unchanged files are not written."""
    schemas, out = _copy(tmp_path)
    capsys.readouterr()

    assert main(["--schemas", str(schemas), "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""


def test_orphans_go_and_files_of_people_stay(tmp_path: Path) -> None:
    """Only what carries the generator's mark is removed."""
    schemas, out = _copy(tmp_path)
    (out / "gone.py").write_text((out / "_topics.py").read_text())
    (out / "mine.py").write_text("x = 1\n")

    assert _check(schemas, out) == 1
    main(["--schemas", str(schemas), "--out", str(out)])
    assert {path.name for path in out.iterdir()} >= {"mine.py"}
    assert not (out / "gone.py").exists()


def test_a_file_written_by_hand_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The way out is named."""
    out = tmp_path / "models"
    out.mkdir()
    (out / "__init__.py").write_text("# mine\n")

    assert main(["--out", str(out)]) == 1
    assert "was not generated" in capsys.readouterr().err


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "length of a number": ({"type": "int", "maxLength": 3}, "maxLength has no meaning for a int"),
    "format": ({"type": "string", "format": "phone"}, "one of email, single-line"),
    "unknown type": ({"type": "Nobody"}, '"Nobody" is not a type'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_expressed_is_refused(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, line and reason are named, and nothing is written."""
    field, reason = REFUSED[case]
    schema = {"type": "record", "name": "R", "namespace": "a.b", "fields": [{"name": "f", **field}]}
    (tmp_path / "R.avsc").write_text(json.dumps(schema, indent=1))

    assert main(["--schemas", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert reason in error
    assert "R.avsc:" in error
    assert not (tmp_path / "out").exists()
