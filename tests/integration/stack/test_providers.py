"""What cannot be used here is passed over quickly and with its reason; Kafka's jars are fetched once."""

import os
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from services.local_stack import StackError, StackOptions, start_stack
from services.local_stack.kafka_jvm import kafka_version, resolved_jars
from services.local_stack.processes import Patience
from services.local_stack.providers import Context


class ImagelessDaemon(BaseHTTPRequestHandler):
    """A Docker daemon that has no image and reaches no registry."""

    def do_GET(self) -> None:
        """Answers /version; anything else is not found."""
        found = self.path == "/version"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(b'{"ApiVersion": "1.44"}' if found else b'{"message": "no such image"}')

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def imageless_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A daemon without images behind DOCKER_HOST."""
    path = tmp_path / "docker.sock"
    with socketserver.ThreadingUnixStreamServer(str(path), ImagelessDaemon) as server:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        yield
        server.shutdown()


@pytest.mark.usefixtures("imageless_docker")
def test_docker_without_the_image_is_passed_over() -> None:
    """A daemon alone is not enough: the next provider is taken."""
    with start_stack(StackOptions(("mongo",)), lambda _: None) as stack:
        assert "not docker: the Docker daemon cannot get the image mongo:" in stack.choices[0].why


def test_docker_without_a_daemon_is_an_error_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider asked for by name is not silently replaced."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(StackError, match="no Docker daemon answers"):
        start_stack(StackOptions(("broker",), providers={"broker": "docker"}), lambda _: None)


def fake_maven(place: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Context:
    """Puts an `mvn` of ours first on PATH; a context with an empty cache."""
    program = place / "mvn"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    return Context({"XDG_CACHE_HOME": str(place)}, Patience(20.0, threading.Event()), lambda _: None)


def test_jars_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that find the cache empty, one fetches and the other waits for it."""
    script = f'echo ran >> {tmp_path}/runs; for last; do :; done; mkdir "${{last#*=}}"'
    context = fake_maven(tmp_path, script, monkeypatch)
    with ThreadPoolExecutor(2) as pool:
        places = list(pool.map(resolved_jars, [context, context]))
    assert places == [tmp_path / "eccs-contracts" / "kafka" / kafka_version()] * 2
    assert (tmp_path / "runs").read_text() == "ran\n"


def test_failed_fetch_leaves_no_half_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Maven's failure is told with its last lines, and the next run starts afresh."""
    context = fake_maven(tmp_path, "echo repository unreachable; exit 1", monkeypatch)
    with pytest.raises(StackError, match=r"Maven cannot fetch Apache Kafka(?s:.*)repository unreachable"):
        resolved_jars(context)
    left = [path.name for path in (tmp_path / "eccs-contracts" / "kafka").iterdir()]
    assert left == [f"{kafka_version()}.lock"]
