"""The registry's commands; what the registry and its client do is in `tests/unit/registry` and `tests/contract`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient

from compat_checks.__main__ import main
from compat_checks.registry.server import EmbeddedRegistry


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    """A registry of its own for each test."""
    with EmbeddedRegistry() as running:
        yield running


def test_a_file_that_is_broken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is lost: the file stays as it is."""
    data = tmp_path / "registry.json"
    data.write_text("{")

    assert main(["serve", "--port", "0", "--data", str(data)]) == 1
    assert str(data) in capsys.readouterr().err
    assert data.read_text() == "{"


def test_applying_twice_changes_nothing(registry: EmbeddedRegistry) -> None:
    """All versions of the request are there, under the level of contracts.toml."""
    assert main(["apply", "--registry", registry.url]) == 0
    assert main(["apply", "--registry", registry.url]) == 0

    client = SchemaRegistryClient({"url": registry.url})
    assert client.get_versions("email_requests-value") == [
        number + 1 for number in range(len(list(Path("schemas/history/email_requests-value").glob("v*.avsc"))))
    ]
    assert client.get_compatibility("email_requests-value") == "FULL_TRANSITIVE"


def test_a_registry_that_is_not_there_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    """With its address and the variable to set."""
    assert main(["apply", "--registry", "http://user:secret@127.0.0.1:9"]) == 3

    error = capsys.readouterr().err
    assert "http://127.0.0.1:9" in error
    assert "SCHEMA_REGISTRY_URL" in error
    assert "secret" not in error
