"""Models of other libraries, the gate that they must pass, and schemas made of dataclasses."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from codegen.__main__ import main
from codegen.gate import difference, limitation
from eccs_contracts.models import EmailRequest
from tests.unit.codec.examples import request
from tests.unit.codegen.loading import CASES

ROOT = Path(__file__).parents[3]


def _schemas(tmp_path: Path, *fields: dict[str, Any]) -> Path:
    """A folder with one schema of these fields."""
    folder = tmp_path / "schemas"
    folder.mkdir()
    schema = {"type": "record", "name": "R", "namespace": "a.b", "fields": [*fields]}
    (folder / "R.avsc").write_text(json.dumps(schema), "utf-8")
    return folder


def _run(schemas: Path, flavour: str, out: Path) -> int:
    return main(["--schemas", str(schemas), "--flavour", flavour, "--out", str(out)])


def test_our_request_as_an_avro_model(tmp_path: Path) -> None:
    """It passes the gate; the model reads what our class writes."""
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    shutil.copy(ROOT / "schemas/com/eccs/email/EmailRequest.avsc", schemas)
    assert _run(schemas, "avro-model", tmp_path / "out") == 0
    path = tmp_path / "out/com_eccs_email_emailrequest.py"
    spec = importlib.util.spec_from_file_location("flavoured", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.EmailRequest.deserialize(request().to_avro()).serialize() == request().to_avro()


def test_a_plain_schema_as_a_pydantic_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without attributes of one's own it passes; a second run finds nothing to do."""
    schemas = _schemas(
        tmp_path, {"name": "x", "type": "string"}, {"name": "y", "type": ["null", "long"], "default": None}
    )

    assert _run(schemas, "pydantic", tmp_path / "out") == 0
    assert "class R(AvroBaseModel)" in (tmp_path / "out/a_b_r.py").read_text("utf-8")
    capsys.readouterr()
    assert main(["--check", "--schemas", str(schemas), "--flavour", "pydantic", "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == ""


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "own attributes": (
        "pydantic",
        {"name": "x", "type": "string", "maxLength": 3},
        'mypy --strict: error: Unexpected keyword argument "metadata"',
    ),
    "a renamed field": (
        "avro-model",
        {"name": "class", "type": "string"},
        "the model has another schema: at /fields/0",
    ),
    "nanoseconds": (
        "avro-model",
        {"name": "x", "type": {"type": "long", "logicalType": "timestamp-nanos"}},
        "the model has another schema: at /fields/0/type",
    ),
    "a fixed": (
        "pydantic",
        {"name": "x", "type": {"type": "fixed", "name": "F", "size": 2}},
        "the model cannot be imported",
    ),
    "bytes beyond ASCII": ("avro-model", {"name": "x", "type": "bytes", "default": "ÿ"}, "dataclasses-avroschema"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_lost_is_refused(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The limitation is named, and nothing is written."""
    flavour, field, reason = REFUSED[case]

    assert _run(_schemas(tmp_path, field), flavour, tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert reason in error
    assert "R.avsc:1:1: " in error
    assert not (tmp_path / "out").exists()


def test_schemas_without_names_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The library has models for records."""
    assert _run(CASES / "bare_array/schemas", "avro-model", tmp_path) == 1
    assert "put the schema into one" in capsys.readouterr().err


def test_a_flavour_needs_a_folder_of_its_own() -> None:
    """It would take the place of our own models."""
    with pytest.raises(SystemExit) as stopped:
        main(["--flavour", "pydantic"])

    assert stopped.value.code == 2


def test_other_bytes_do_not_pass_the_gate(tmp_path: Path) -> None:
    """A model that has the right schema, and writes something else."""
    module = tmp_path / "liar.py"
    module.write_text(
        "class R:\n"
        "    avro_schema_to_python = staticmethod(lambda: {'type': 'record', 'name': 'R', 'fields': []})\n"
        "    deserialize = staticmethod(lambda data: R())\n"
        "    serialize = lambda self: b'more'\n",
        "utf-8",
    )

    assert limitation(module, "R", '{"type":"record","name":"R","fields":[]}') == "the model writes other bytes for {}"


def test_a_difference_is_named_by_its_place() -> None:
    """The first one, with what is there and what should be."""
    assert difference({"a": [1, 2]}, {"a": [1, 3]}) == "at /a/1 3 in the place of 2"


def test_a_draft_of_a_dataclass(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The schema that is printed is one that the generator takes."""
    assert main(["draft", "tests.unit.codegen.drafted:Order"]) == 0
    text = capsys.readouterr().out
    (tmp_path / "Order.avsc").write_text(text, "utf-8")
    schema = json.loads(text)

    assert schema["doc"] == "What somebody wants."
    assert [one["name"] for one in schema["fields"]] == ["id", "made", "lines", "level", "labels", "note"]
    assert schema["fields"][2]["type"]["items"]["name"] == "Line"
    assert main(["--schemas", str(tmp_path), "--out", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("tests.unit.codegen.drafted:Nobody", "no such class"),
        ("nowhere:Nobody", "no such class"),
        ("tests.unit.codegen.drafted:Level", "no dataclass"),
        ("tests.unit.codegen.drafted:Impossible", "complex"),
    ],
)
def test_what_cannot_be_drafted_is_refused(target: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the class and the reason."""
    assert main(["draft", target]) == 1
    assert reason in capsys.readouterr().err


def test_the_model_of_the_contract_can_be_drafted(capsys: pytest.CaptureFixture[str]) -> None:
    """Nested names survive, also where the class comes from the generator itself."""
    assert main(["draft", f"{EmailRequest.__module__}:OriginalHeader"]) == 0
    assert json.loads(capsys.readouterr().out)["fields"][0] == {"name": "name", "type": "string"}
