"""The embedded registry, as confluent-kafka's own client sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from compat_checks.__main__ import main
from compat_checks.registry.server import EmbeddedRegistry

ONE = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
TWO = '{"type":"record","name":"R","fields":[{"name":"b","type":"int"}]}'


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    """A registry of its own for each test."""
    with EmbeddedRegistry() as running:
        yield running


@pytest.fixture
def client(registry: EmbeddedRegistry) -> SchemaRegistryClient:
    """confluent-kafka's client."""
    return SchemaRegistryClient({"url": registry.url})


def _code(error: pytest.ExceptionInfo[SchemaRegistryError]) -> tuple[int, int]:
    return error.value.http_status_code, error.value.error_code


def test_a_schema_is_registered_found_and_fetched(client: SchemaRegistryClient) -> None:
    """The same text has the same id, in another subject too."""
    made = client.register_schema("a-value", Schema(ONE, "AVRO"))

    assert client.register_schema("b-value", Schema(f" {ONE} ", "AVRO")) == made
    assert client.lookup_schema("a-value", Schema(ONE, "AVRO")).schema_id == made
    assert client.get_schema(made).schema_str == ONE
    assert client.get_versions("a-value") == [1]
    assert client.get_latest_version("a-value").version == 1
    assert client.get_subjects() == ["a-value", "b-value"]


def test_a_changed_schema_is_refused_under_any_level_but_none(client: SchemaRegistryClient) -> None:
    """Nothing is accepted that was not checked."""
    client.register_schema("a-value", Schema(ONE, "AVRO"))

    with pytest.raises(SchemaRegistryError) as caught:
        client.register_schema("a-value", Schema(TWO, "AVRO"))
    assert _code(caught) == (409, 40901)

    client.set_compatibility("a-value", level="NONE")
    client.register_schema("a-value", Schema(TWO, "AVRO"))
    assert client.get_versions("a-value") == [1, 2]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda client: client.get_versions("nobody"), 40401),
        (lambda client: client.get_schema(99), 40403),
        (lambda client: client.lookup_schema("a-value", Schema(TWO, "AVRO")), 40403),
        (lambda client: client.get_version("a-value", 7), 40402),
        (lambda client: client.get_version("a-value", 0), 42202),
        (lambda client: client.register_schema("a-value", Schema('{"type":"nobody"}', "AVRO")), 42201),
        (lambda client: client.get_compatibility("a-value"), 40408),
        (lambda client: client.set_compatibility("a-value", level="SOMEWHAT"), 42203),
        (lambda client: client.delete_subject("a-value", permanent=True), 40405),
    ],
)
def test_errors_have_the_codes_that_clients_depend_on(client: SchemaRegistryClient, call: object, code: int) -> None:
    """The status is the code's first three digits."""
    client.register_schema("a-value", Schema(ONE, "AVRO"))

    with pytest.raises(SchemaRegistryError) as caught:
        call(client)  # type: ignore[operator]  # a lambda from the table
    assert _code(caught) == (code // 100, code)


def test_a_deleted_subject_comes_back_with_its_id_and_a_new_version(client: SchemaRegistryClient) -> None:
    """As Confluent's registry numbers them."""
    made = client.register_schema("a-value", Schema(ONE, "AVRO"))
    client.delete_subject("a-value")
    assert client.get_subjects() == []
    other = SchemaRegistryClient({"url": client._rest_client.base_urls[0]})  # no cache

    assert other.register_schema("a-value", Schema(ONE, "AVRO")) == made
    assert other.get_versions("a-value") == [2]


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b'{"schema": 5}', 422), (b"x" * (1024 * 1024 + 1), 413), (b"[]", 422)]
)
def test_a_broken_body_is_a_client_error(registry: EmbeddedRegistry, body: bytes, status: int) -> None:
    """Never a traceback."""
    answer = httpx.post(f"{registry.url}/subjects/a/versions", content=body)

    assert answer.status_code == status


def test_what_is_not_built_answers_404(registry: EmbeddedRegistry) -> None:
    """Rather than something that looks like an answer."""
    assert httpx.get(f"{registry.url}/exporters").status_code == 404


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    """Over a restart."""
    data = tmp_path / "registry.json"
    with EmbeddedRegistry(data=data) as first:
        made = SchemaRegistryClient({"url": first.url}).register_schema("a-value", Schema(ONE, "AVRO"))
    with EmbeddedRegistry(data=data) as second:
        assert SchemaRegistryClient({"url": second.url}).get_schema(made).schema_str == ONE


def test_a_file_that_is_broken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is lost: the file stays as it is."""
    data = tmp_path / "registry.json"
    data.write_text("{")

    assert main(["serve", "--port", "0", "--data", str(data)]) == 1
    assert str(data) in capsys.readouterr().err
    assert data.read_text() == "{"


def test_applying_twice_changes_nothing(
    registry: EmbeddedRegistry, client: SchemaRegistryClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both versions of the request are there, under the level of contracts.toml."""
    assert main(["apply", "--registry", registry.url]) == 0
    assert main(["apply", "--registry", registry.url]) == 0

    assert "email_requests-value: 2 versions, 0 new, ids [1, 2]" in capsys.readouterr().out
    assert client.get_versions("email_requests-value") == [1, 2]
    assert client.get_compatibility("email_requests-value") == "FULL_TRANSITIVE"


def test_a_registry_that_is_not_there_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    """With its address and the variable to set."""
    assert main(["apply", "--registry", "http://user:secret@127.0.0.1:9"]) == 3

    error = capsys.readouterr().err
    assert "http://127.0.0.1:9" in error
    assert "SCHEMA_REGISTRY_URL" in error
    assert "secret" not in error


def test_an_altered_history_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A published version never changes."""
    import shutil

    schemas = tmp_path / "schemas"
    shutil.copytree("schemas", schemas)
    file = schemas / "history/email_requests-value/v1.avsc"
    file.write_text(file.read_text().replace("user", "owner"))

    assert main(["check", "--schemas", str(schemas)]) == 1
    assert "v1.avsc: was altered" in capsys.readouterr().out


def test_an_envelope_that_drifts_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """EmailRetry has every field of EmailRequest."""
    import shutil

    schemas = tmp_path / "schemas"
    shutil.copytree("schemas", schemas)
    file = schemas / "com/eccs/email/EmailRetry.avsc"
    file.write_text(file.read_text().replace('"maxLength": 500', '"maxLength": 400'))

    assert main(["check", "--schemas", str(schemas)]) == 1
    assert "the field subject differs" in capsys.readouterr().out
