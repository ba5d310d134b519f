"""What the embedded registry does beyond what every registry does the same."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from compat_checks.errors import RegistryError
from compat_checks.registry.refused import Refused
from compat_checks.registry.routes import answer
from compat_checks.registry.server import EmbeddedRegistry
from compat_checks.registry.store import MAX_SCHEMA, Store

ONE = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
TWO = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}'


@pytest.fixture
def store() -> Store:
    """No sockets, no files."""
    return Store()


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    """One that is reached over HTTP."""
    with EmbeddedRegistry() as running:
        yield running


def _register(store: Store, subject: str, schema: str, query: str = "", **body: Any) -> Any:
    return answer(store, "POST", f"/subjects/{subject}/versions{query}", {"schema": schema, **body})


def _code(store: Store, method: str, target: str, body: object = None) -> int:
    with pytest.raises(Refused) as caught:
        answer(store, method, target, body)
    return caught.value.code


def test_a_refusal_is_in_the_words_of_confluent(store: Store) -> None:
    """Tools read them, so each letter counts."""
    _register(store, "a", ONE)

    with pytest.raises(Refused) as caught:
        _register(store, "a", TWO)
    assert (caught.value.status, caught.value.code) == (409, 40901)
    assert str(caught.value) == (
        'Schema being registered is incompatible with an earlier schema for subject "a", details: ['
        "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'b' at path '/fields/1' in the new "
        "schema has no default value and is missing in the old schema', additionalInfo:'b'}, {oldSchemaVersion: 1}, "
        f"{{oldSchema: '{ONE}'}}, {{validateFields: 'false', compatibility: 'BACKWARD'}}]"
    )


def test_forward_messages_name_the_old_schema_as_the_reader(store: Store) -> None:
    """And under FULL both directions are told, the old schema behind the second."""
    _register(store, "a", ONE)
    answer(store, "PUT", "/config/a", {"compatibility": "FULL"})
    other = ONE.replace('"a"', '"c"')
    told = answer(store, "POST", "/compatibility/subjects/a/versions?verbose=true", {"schema": other})

    assert [message[:70] for message in told["messages"]] == [
        "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The fiel",
        "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The fiel",
        "{oldSchemaVersion: 1}",
        f"{{oldSchema: '{ONE}'}}"[:70],
        "{validateFields: 'false', compatibility: 'FULL'}",
    ]
    assert "in the old schema has no default value and is missing in the new schema" in told["messages"][0]
    assert "in the new schema has no default value and is missing in the old schema" in told["messages"][1]


def test_force_lets_everything_through(store: Store) -> None:
    """It is the caller who vouches."""
    _register(store, "a", ONE)

    assert _register(store, "a", TWO, "?force=true")["version"] == 2


def test_version_minus_1_asks_for_the_latest_only(store: Store) -> None:
    """So an old schema can be made the newest again."""
    answer(store, "PUT", "/config/a", {"compatibility": "NONE"})
    first = _register(store, "a", ONE)
    _register(store, "a", TWO)

    assert _register(store, "a", ONE)["version"] == 1
    again = _register(store, "a", ONE, version=-1)
    assert (again["version"], again["id"]) == (3, first["id"])


def test_metadata_is_part_of_what_a_schema_is(store: Store) -> None:
    """It makes a version, and the next one inherits it."""
    _register(store, "a", ONE)
    second = _register(store, "a", ONE, metadata={"properties": {"owner": "mail"}})
    third = _register(store, "a", TWO.replace('"int"}]', '"int","default":0}]'))

    assert second["version"] == 2
    assert third["metadata"] == {"properties": {"owner": "mail"}}


def test_defaults_and_overrides_are_merged_into_metadata(store: Store) -> None:
    """Defaults below what is sent, overrides above."""
    config = {
        "defaultMetadata": {"properties": {"a": "default", "b": "default"}},
        "overrideMetadata": {"properties": {"c": "override"}},
    }
    answer(store, "PUT", "/config/a", config)
    made = _register(store, "a", ONE, metadata={"properties": {"b": "sent", "c": "sent"}})

    assert made["metadata"]["properties"] == {"a": "default", "b": "sent", "c": "override"}


@pytest.mark.parametrize("rules", [[], {"domainRules": {}}, {"domainRules": [{"kind": "CONDITION"}]}])
def test_what_is_no_set_of_rules_is_42210(store: Store, rules: object) -> None:
    """Rules have names."""
    assert _code(store, "POST", "/subjects/a/versions", {"schema": ONE, "ruleSet": rules}) == 42210


def test_a_guid_stays_what_it_is(store: Store) -> None:
    """In every registry, for ever: this one is written down."""
    made = _register(store, "a", ONE)

    assert made["guid"] == "6a019211-0aa7-5b27-b6b0-0bfaa19bb1f6"
    assert answer(store, "GET", f"/schemas/guids/{made['guid']}", None)["schema"] == ONE
    assert answer(store, "GET", f"/schemas/guids/{made['guid']}/ids", None) == [{"context": ".", "id": 1}]


def test_contexts_have_ids_of_their_own(store: Store) -> None:
    """And an id without a context means the default one."""
    _register(store, "a", ONE)
    inside = _register(store, "%3A.c%3Aa", TWO)

    assert (inside["subject"], inside["id"]) == (":.c:a", 1)
    assert answer(store, "GET", "/schemas/ids/1", None)["schema"] == ONE
    assert answer(store, "GET", "/schemas/ids/1?subject=%3A.c%3A", None)["schema"] == TWO
    assert answer(store, "GET", "/contexts/.c/subjects/a/versions/1", None)["schema"] == TWO
    assert answer(store, "GET", "/subjects", None) == [":.c:a", "a"]
    assert answer(store, "GET", "/subjects?subjectPrefix=%3A.%3A", None) == ["a"]
    assert answer(store, "GET", "/contexts", None) == [".", ".c"]


def test_a_context_that_holds_something_stays(store: Store) -> None:
    """42211."""
    _register(store, "%3A.c%3Aa", ONE)

    assert _code(store, "DELETE", "/contexts/%3A.c%3A") == 42211


def test_a_level_of_a_context_holds_for_its_subjects(store: Store) -> None:
    """Below their own, above the global one."""
    answer(store, "PUT", "/config/%3A.c%3A", {"compatibility": "NONE"})

    shown = answer(store, "GET", "/config/%3A.c%3Aa?defaultToGlobal=true", None)
    assert shown == {"compatibilityLevel": "NONE"}
    assert answer(store, "GET", "/config", None) == {"compatibilityLevel": "BACKWARD"}


def test_a_global_override_makes_everything_read_only(store: Store) -> None:
    """Also what has a mode of its own."""
    answer(store, "PUT", "/mode/a", {"mode": "READWRITE"})
    answer(store, "PUT", "/mode", {"mode": "READONLY_OVERRIDE"})

    assert answer(store, "GET", "/mode/a", None) == {"mode": "READONLY_OVERRIDE"}
    assert _code(store, "POST", "/subjects/a/versions", {"schema": ONE}) == 42205


@pytest.mark.parametrize("subject", ["", "__GLOBAL", "a%0Ab", "a" * 1001])
def test_what_is_no_subject_is_42208(store: Store, subject: str) -> None:
    """Control characters would be invisible, and some names are the registry's own."""
    target = f"/subjects/{subject}/versions" if subject else "/subjects/%3A.c%3A/versions"

    assert _code(store, "POST", target, {"schema": ONE}) == 42208


def test_a_schema_that_is_too_large_is_42209(store: Store) -> None:
    """As large as Kafka takes by default."""
    assert _code(store, "POST", "/subjects/a/versions", {"schema": f'"{"x" * MAX_SCHEMA}"'}) == 42209


def test_deep_nesting_is_42201(store: Store) -> None:
    """A refusal, not a RecursionError."""
    deep = '{"type":"array","items":' * 5000 + '"int"' + "}" * 5000

    assert _code(store, "POST", "/subjects/a/versions", {"schema": deep}) == 42201


def test_an_id_is_never_given_twice(store: Store) -> None:
    """Not even when its schema is gone for good: a consumer may have it cached."""
    _register(store, "a", ONE)
    answer(store, "DELETE", "/subjects/a", None)
    answer(store, "DELETE", "/subjects/a?permanent=true", None)

    assert _register(store, "a", TWO)["id"] == 2


def test_lists_are_given_in_parts(store: Store) -> None:
    """With offset and limit, as Confluent's client sends them."""
    for name in "abc":
        _register(store, name, ONE)

    assert answer(store, "GET", "/subjects?offset=1&limit=1", None) == ["b"]
    assert answer(store, "GET", "/subjects?offset=0&limit=-1", None) == ["a", "b", "c"]
    assert [one["subject"] for one in answer(store, "GET", "/schemas?subjectPrefix=b", None)] == ["b"]


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b'{"schema": 5}', 422), (b"[]", 422), (b"[" * 9999, 400)])
def test_a_broken_body_is_a_client_error(registry: EmbeddedRegistry, body: bytes, status: int) -> None:
    """Never a traceback."""
    assert httpx.post(f"{registry.url}/subjects/a/versions", content=body).status_code == status


def test_a_body_without_end_is_not_read(registry: EmbeddedRegistry) -> None:
    """Its length says so, and nobody waits for it."""
    host, port = registry.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("POST", "/subjects/a/versions", headers={"Content-Length": str(2**40)})
    status = connection.getresponse().status
    connection.close()

    assert status == 413


def test_what_is_not_built_answers_404(registry: EmbeddedRegistry) -> None:
    """Rather than something that looks like an answer."""
    assert httpx.get(f"{registry.url}/exporters").status_code == 404


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    """Over a restart: versions, deleted ones, ids, levels, modes, metadata."""
    data = tmp_path / "registry.json"
    first = EmbeddedRegistry(data=data)
    first.answer("POST", "/subjects/a/versions", {"schema": ONE, "metadata": {"properties": {"x": "1"}}})
    first.answer("DELETE", "/subjects/a", None)
    first.answer("POST", "/subjects/b/versions", {"schema": ONE})
    first.answer("PUT", "/config/b", {"compatibility": "FULL", "normalize": True})
    first.answer("PUT", "/mode/b", {"mode": "READONLY"})
    asked = ("/schemas?deleted=true", "/config/b", "/mode/b", "/subjects", "/subjects/a/versions?deleted=true")
    before = [first.answer("GET", target, None) for target in asked]
    second = EmbeddedRegistry(data=data)

    assert [second.answer("GET", target, None) for target in asked] == before


def test_reading_does_not_write_the_file(tmp_path: Path) -> None:
    """Nor do lookups and questions about compatibility."""
    data = tmp_path / "registry.json"
    registry = EmbeddedRegistry(data=data)
    registry.answer("POST", "/compatibility/subjects/a/versions", {"schema": ONE})

    assert not data.exists()


def test_a_file_of_the_first_format_is_still_read(tmp_path: Path) -> None:
    """Its texts become canonical, so that registering them again finds them."""
    data = tmp_path / "registry.json"
    spelt = '{"name":"R","type":"record","fields":[{"type":"int","name":"a"}]}'
    row = {"subject": "a", "version": 1, "id": 4, "schema": spelt, "references": [], "deleted": False}
    data.write_text(json.dumps({"version": 1, "levels": {"": "FULL", "a": "NONE"}, "schemas": [row]}))
    registry = EmbeddedRegistry(data=data)

    assert registry.answer("POST", "/subjects/a/versions", {"schema": ONE})["id"] == 4
    assert registry.answer("GET", "/config", None) == {"compatibilityLevel": "FULL"}
    assert registry.answer("GET", "/config/a", None) == {"compatibilityLevel": "NONE"}


@pytest.mark.parametrize("text", ["{", '{"version": 3}', "[]", '{"version": 1, "levels": {}, "schemas": [{"id": 1}]}'])
def test_a_file_that_no_registry_wrote_is_named(tmp_path: Path, text: str) -> None:
    """And left as it is."""
    data = tmp_path / "registry.json"
    data.write_text(text)

    with pytest.raises(RegistryError, match="not a file that a registry wrote"):
        EmbeddedRegistry(data=data)
    assert data.read_text() == text
