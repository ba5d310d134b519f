"""A folder per case: schemas, and what must come of them."""

from __future__ import annotations

import json
from pathlib import Path

import fastavro
import pytest

from codegen.__main__ import main
from tests.property.codec.values import for_fastavro
from tests.unit.codegen.loading import ACCEPTED, CASES, REFUSED, generated, models, package

WITH_TEXT = [case for case in ACCEPTED if (CASES / case / "expected").is_dir()]


@pytest.mark.parametrize("case", WITH_TEXT)
def test_the_output_is_the_expected_one(case: str) -> None:
    """The text of every file is the one in the folder `expected`."""
    files = (CASES / case / "expected").iterdir()
    expected = {path.name.removesuffix(".txt"): path.read_text("utf-8") for path in files}

    assert generated(case) == expected


@pytest.mark.parametrize("case", ACCEPTED)
def test_every_record_is_exported_with_a_schema_that_fastavro_takes(case: str) -> None:
    """The package imports; each schema is whole, with the fingerprints that fastavro computes."""
    for model in models(package(case)).values():
        form = fastavro.schema.to_parsing_canonical_form(for_fastavro(json.loads(model.SCHEMA)))

        assert fastavro.schema.fingerprint(form, "CRC-64-AVRO") == model.FINGERPRINT
        assert fastavro.schema.fingerprint(form, "MD5") == model.FINGERPRINT_MD5
        assert fastavro.schema.fingerprint(form, "SHA-256") == model.FINGERPRINT_SHA256


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_where_and_why_and_writes_nothing(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be expressed ends with exit code 1 and the expected message."""
    monkeypatch.chdir(CASES / case)

    assert main(["--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == (CASES / case / "expected_stderr.txt").read_text("utf-8")
    assert not (tmp_path / "out").exists()
