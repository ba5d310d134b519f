"""The short way to a schema: the plain case only; everything else is the client's."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from compat_checks.registry.server import EmbeddedRegistry
from eccs_contracts._framing import SchemaRef
from eccs_contracts._schema_lookup import schema_over_http
from eccs_contracts.errors import ConfigurationError, RegistryUnavailable, UnknownSchema
from eccs_contracts.serde import Registry

SCHEMA = '{"type":"string"}'


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[str, list[str | None]]]:
    """A registry with one answer: its address, and the credentials that it was shown."""
    shown: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", shown
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (200, json.dumps({"schema": SCHEMA}).encode(), SCHEMA),
        (200, json.dumps({"schema": SCHEMA, "schemaType": "AVRO", "references": []}).encode(), SCHEMA),
        (200, json.dumps({"schema": SCHEMA, "references": [{"name": "a"}]}).encode(), None),
        (200, json.dumps({"schema": "{}", "schemaType": "JSON"}).encode(), None),
        (200, b'{"schema": 1}', None),
        (200, b"[]", None),
        (200, b"no JSON", None),
        (200, b"", None),
        (200, b'"' + b"x" * 4_200_000 + b'"', None),
        (404, json.dumps({"schema": SCHEMA}).encode(), None),
        (302, json.dumps({"schema": SCHEMA}).encode(), None),
    ],
)
def test_only_the_plain_answer_is_taken(status: int, body: bytes, found: str | None) -> None:
    """An Avro schema that refers to none."""
    with answering(status, body) as (url, _):
        assert schema_over_http({"url": f"{url}/", "timeout": 10}, 7) == found


def test_credentials_are_shown() -> None:
    """Those of the environment, as the client shows them."""
    with answering(200, json.dumps({"schema": SCHEMA}).encode()) as (url, shown):
        schema_over_http({"url": url, "timeout": 10, "basic.auth.user.info": "me:secret"}, 7)

    assert shown == ["Basic bWU6c2VjcmV0"]


@pytest.mark.parametrize(
    "config",
    [
        {"url": "https://127.0.0.1:1"},
        {"url": "http://me:secret@127.0.0.1:1"},
        {"url": "http://127.0.0.1:1,http://127.0.0.1:2"},
        {"url": "http://127.0.0.1:x"},
        {"url": "http://"},
        {"url": "http://127.0.0.1:1"},  # nobody is there
        {"url": "http://127.0.0.1:1", "bearer.auth.token": "t"},
    ],
)
def test_other_settings_are_the_clients(config: dict[str, str]) -> None:
    """And what cannot be reached: the client says it better."""
    assert schema_over_http({"timeout": 1, **config}, 7) is None


def test_a_proxy_is_the_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows what to do with it."""
    with answering(200, json.dumps({"schema": SCHEMA}).encode()) as (url, shown):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        assert schema_over_http({"url": url, "timeout": 10}, 7) is None
    assert shown == []


def test_a_command_gets_what_everybody_gets() -> None:
    """The same schema; the same errors."""
    with EmbeddedRegistry() as running:
        env = {"SCHEMA_REGISTRY_URL": running.url}
        short, long = Registry.for_commands(env), Registry.from_env(env)
        with pytest.raises(UnknownSchema) as caught:
            short.schema_text(SchemaRef(schema_id=99))
        with pytest.raises(UnknownSchema) as expected:
            long.schema_text(SchemaRef(schema_id=99))
        short.check()

    assert str(caught.value) == str(expected.value)
    with pytest.raises(RegistryUnavailable, match="no registry answers"):
        Registry.for_commands(env).schema_text(SchemaRef(schema_id=1))


def test_a_setting_that_is_of_no_use_is_told_when_it_is_needed(tmp_path: Any) -> None:
    """As the settings of every other client."""
    env = {"SCHEMA_REGISTRY_URL": "https://127.0.0.1:1", "SCHEMA_REGISTRY_CA_LOCATION": str(tmp_path / "missing.pem")}

    with pytest.raises(ConfigurationError, match="SCHEMA_REGISTRY_"):
        Registry.for_commands(env).check()


def test_the_client_is_not_imported_before_it_is_needed() -> None:
    """It takes longer than a command for one letter may."""
    code = """
import sys
from eccs_contracts._cli import dlq
from eccs_contracts.dead_letters.reading import LetterReader
from eccs_contracts.serde import Registry
Registry.for_commands({"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"})
sys.exit("confluent_kafka.schema_registry" in sys.modules or "httpx" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
