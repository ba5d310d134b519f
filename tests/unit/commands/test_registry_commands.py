"""`compat-checks plan`, `apply`, `promote` and `check --against registry:` on a registry that answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from compat_checks.__main__ import main
from compat_checks.registry.server import EmbeddedRegistry
from tests.unit.commands.folders import FROZEN, changed

SCHEMAS = str(FROZEN)


@pytest.fixture
def registry() -> Iterator[str]:
    """The address of an empty registry."""
    with EmbeddedRegistry() as embedded:
        yield embedded.url


@pytest.fixture
def filled(registry: str) -> str:
    """The address of a registry that has our contracts."""
    assert main(["apply", "--schemas", SCHEMAS, "--registry", registry]) == 0
    return registry


def test_a_plan_writes_nothing(registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A second plan is the first."""
    plans = []
    for _ in range(2):
        assert main(["plan", "--schemas", SCHEMAS, "--registry", registry]) == 0
        plans.append(capsys.readouterr().out)

    assert plans[0] == plans[1]
    assert "+ register v2 as version 2" in plans[0]


def test_a_saved_plan_is_carried_out_once(registry: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind it there is nothing to do, and the saved plan is refused as stale."""
    saved = tmp_path / "plan.json"
    where = ["--registry", registry]
    assert main(["plan", "--schemas", SCHEMAS, *where, "--out", str(saved)]) == 0

    assert main(["apply", str(saved), *where]) == 0
    capsys.readouterr()
    assert main(["plan", "--schemas", SCHEMAS, *where]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main(["apply", str(saved), *where]) == 1
    assert "the registry changed since the plan was made" in capsys.readouterr().err


def test_what_is_not_published_is_not_applied(
    registry: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Registries are filled from the history."""
    schemas = changed(tmp_path, campaign={"type": ["null", "string"], "default": None})

    assert main(["apply", "--schemas", str(schemas), "--registry", registry]) == 1
    assert "run: compat-checks snapshot" in capsys.readouterr().err


def test_all_versions_of_a_registry_are_the_baseline(
    filled: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Never only the latest; a break is found against each of them."""
    schemas = changed(tmp_path, userId=None)
    code = main(["check", "--schemas", str(schemas), "--against", f"registry:{filled}", "--format", "json"])
    report = json.loads(capsys.readouterr().out)

    assert code == 1
    assert [one["versions"] for one in report["subjects"]] == [["v1", "v2"], ["v1"], ["v1"]]
    assert report["subjects"][0]["findings"][0]["against"] == ["v2", "v1"]


def test_promotion_brings_what_the_source_has(filled: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is shown first, and done with --yes; the target has versions, references and levels then."""
    with EmbeddedRegistry(data=tmp_path / "target.json") as target:
        arguments = ["promote", "--from", filled, "--to", target.url]
        codes = [main(arguments), main([*arguments, "--yes"]), main(arguments)]

    assert codes == [0, 0, 0]
    assert capsys.readouterr().out.rstrip().endswith(f"nothing to do at {target.url}")


DAMAGED = {
    "not JSON": ("{", "it is not JSON"),
    "another file": ("{}", "this is no plan"),
    "altered": (None, "the plan was altered"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_plan_is_refused(
    case: str, registry: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what is wrong with it, and how to make one."""
    saved = tmp_path / "plan.json"
    assert main(["plan", "--schemas", SCHEMAS, "--registry", registry, "--out", str(saved)]) == 0
    text, expected = DAMAGED[case]
    saved.write_text(saved.read_text().replace('"BACKWARD"', '"NONE"') if text is None else text)

    assert main(["apply", str(saved), "--registry", registry]) == 2
    assert expected in capsys.readouterr().err


def test_without_an_address_a_way_out_is_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The option and the variable."""
    monkeypatch.delenv("SCHEMA_REGISTRY_URL", raising=False)

    assert main(["plan", "--schemas", SCHEMAS]) == 2
    assert "--registry URL, or set SCHEMA_REGISTRY_URL" in capsys.readouterr().err


def test_a_secret_comes_from_a_file(
    registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that cannot be read is named, its content never."""
    monkeypatch.setenv("SCHEMA_REGISTRY_TOKEN_FILE", str(tmp_path / "token"))

    assert main(["plan", "--schemas", SCHEMAS, "--registry", registry]) == 2
    assert "SCHEMA_REGISTRY_TOKEN_FILE" in capsys.readouterr().err
    (tmp_path / "token").write_text("s3cret\n")
    assert main(["plan", "--schemas", SCHEMAS, "--registry", registry]) == 0
    assert "s3cret" not in capsys.readouterr().out
