"""Broker, registry and database that let nobody in without TLS and credentials."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import httpx
from pymongo import MongoClient

from compat_checks.registry.server import EmbeddedRegistry
from services.local_stack.database import mongo_answers
from services.local_stack.kafka_jvm import Guarded, run_kafka
from services.local_stack.processes import Patience, Server, run_server
from services.local_stack.providers import Context
from services.local_stack.up import apply_contracts
from tests.integration.certificates import Certificates

USER: Final = "eccs"
PASSWORDS: Final = {
    "kafka": "kafka-Pa55 with spaces",
    "registry": "registry-Pa55:with-a-colon",
    "mongo": "mongo-Pa55",
    "smtp": "smtp-Pa55",
}
TOKEN: Final = "registry-T0ken"
JWT_SECRET: Final = "jwt-Secr3t-of-thirty-two-bytes-or-more"
SECRETS: Final = (*PASSWORDS.values(), TOKEN, JWT_SECRET)
"""What must be in no output."""

_JAAS: Final = "org.apache.kafka.common.security"
_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Secured:
    """The three, and what a client must know of them.

    Attributes:
        kafka: Addresses by protocol: SSL asks for a client's certificate, SASL_SSL for a password.
        registry: https URL.
        mongo: host:port.
        files: The secrets, each in a file, by the name of what they open.
    """

    kafka: Mapping[str, str]
    registry: str
    mongo: str
    certificates: Certificates
    files: Mapping[str, Path]

    def sasl(self, mechanism: str = "SCRAM-SHA-512", **changes: str) -> dict[str, str]:
        """Variables for the broker with a password, which is in a file."""
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka["SASL_SSL"],
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": mechanism,
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD_FILE": str(self.files["kafka"]),
            "KAFKA_SSL_CA_LOCATION": str(self.certificates.authority),
        }
        return {**own, **changes}

    def mutual(self, **changes: str) -> dict[str, str]:
        """Variables for the broker with a certificate."""
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka["SSL"],
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_SSL_CERTIFICATE_LOCATION": str(self.certificates.client),
            "KAFKA_SSL_KEY_LOCATION": str(self.certificates.client_key),
            "KAFKA_SSL_CA_LOCATION": str(self.certificates.authority),
        }
        return {**own, **changes}

    def basic(self, **changes: str) -> dict[str, str]:
        """Variables for the registry."""
        own = {
            "SCHEMA_REGISTRY_URL": self.registry,
            "SCHEMA_REGISTRY_USERNAME": USER,
            "SCHEMA_REGISTRY_PASSWORD_FILE": str(self.files["registry"]),
            "SCHEMA_REGISTRY_CA_LOCATION": str(self.certificates.authority),
        }
        return {**own, **changes}

    def mongodb_uri(self, password: str = PASSWORDS["mongo"], host: str = "127.0.0.1", ca: str | None = None) -> str:
        """The address of the database with everything in it."""
        port = self.mongo.rpartition(":")[2]
        trusted = ca or str(self.certificates.authority)
        return f"mongodb://{USER}:{password}@{host}:{port}/eccs?authSource=admin&tls=true&tlsCAFile={trusted}"


@contextmanager
def secured_parts(folder: Path, certificates: Certificates) -> Iterator[Secured]:
    """Start all three and apply topics and schemas, by the plain listener and behind the registry's front."""
    context = Context(os.environ, Patience(_SECONDS, threading.Event()), print, (), {})
    child, kafka = run_kafka(context, _guarded(certificates))
    try:
        with EmbeddedRegistry() as registry, _front(registry.url, certificates) as url:
            apply_contracts({"KAFKA_BOOTSTRAP_SERVERS": kafka["PLAINTEXT"], "SCHEMA_REGISTRY_URL": registry.url})
            with _mongo(folder, certificates) as mongo:
                yield Secured(kafka, url, mongo, certificates, _secret_files(folder))
    finally:
        child.stop()


def _secret_files(folder: Path) -> Mapping[str, Path]:
    files = {}
    for name, secret in {**PASSWORDS, "token": TOKEN, "jwt": JWT_SECRET}.items():
        files[name] = folder / f"{name}.secret"
        files[name].write_text(f"{secret}\n")
    return files


def _guarded(certificates: Certificates) -> Guarded:
    plain, scram = f"{_JAAS}.plain.PlainLoginModule", f"{_JAAS}.scram.ScramLoginModule"
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.server),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.authority),
        "listener.name.ssl.ssl.client.auth": "required",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{scram} required;",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": f'{plain} required user_{USER}="{PASSWORDS["kafka"]}";',
    }
    return Guarded(("SSL", "SASL_SSL"), settings, {USER: PASSWORDS["kafka"]})


@contextmanager
def _front(behind: str, certificates: Certificates) -> Iterator[str]:
    """TLS and credentials before a registry that has neither, as a reverse proxy is."""
    pair = base64.b64encode(f"{USER}:{PASSWORDS['registry']}".encode()).decode()
    known = (f"Basic {pair}", f"Bearer {TOKEN}")

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") in known:
                answer = httpx.request(self.command, behind + self.path, content=body, timeout=10)
                status, content = answer.status_code, answer.content
            else:
                status, content = 401, b'{"error_code":401,"message":"Unauthorized"}'
            self.send_response(status)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815  http.server looks these names up

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = _TlsServer(certificates, Front)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _TlsServer(ThreadingHTTPServer):
    """Shakes hands on the thread of each connection; who does not get through is no news on standard error."""

    daemon_threads = True

    def __init__(self, certificates: Certificates, handler: Callable[..., BaseHTTPRequestHandler]) -> None:
        self._tls = certificates.server_context()
        super().__init__(("127.0.0.1", 0), handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with self._tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the tests look at the client."""


@contextmanager
def _mongo(folder: Path, certificates: Certificates) -> Iterator[str]:
    """The database twice on the same files: open, to make the user; then with authentication and TLS."""
    data = folder / "mongo"
    with (
        _secantus(data, (), lambda port: f"mongodb://127.0.0.1:{port}/") as port,
        MongoClient[dict[str, Any]](f"mongodb://127.0.0.1:{port}/") as client,
    ):
        client.admin.command("createUser", USER, pwd=PASSWORDS["mongo"], roles=["root"])
    tls = ("--auth", "--tls-cert-file", str(certificates.server), "--tls-key-file", str(certificates.server))
    secret = f"mongodb://{USER}:{PASSWORDS['mongo']}@127.0.0.1"
    options = f"authSource=admin&tls=true&tlsCAFile={certificates.authority}"
    with _secantus(data, tls, lambda port: f"{secret}:{port}/?{options}") as port:
        yield f"127.0.0.1:{port}"


@contextmanager
def _secantus(data: Path, more: tuple[str, ...], uri: Callable[[int], str]) -> Iterator[int]:
    program = shutil.which("secantusd-py", path=Path(sys.executable).parent)
    assert program is not None

    def command(directory: Path, ports: Any) -> list[str]:
        (directory / "secantusd.toml").touch()
        where = ["--host", "127.0.0.1", "--port", str(ports[0]), "--storage-path", str(data)]
        return [program, "--config", str(directory / "secantusd.toml"), *where, *more]

    server = Server("SecantusDB", command, lambda port: mongo_answers(uri(port)), grace=5.0)
    child, port = run_server(server, Patience(_SECONDS, threading.Event()))
    try:
        yield port
    finally:
        child.stop()


def run(env: Mapping[str, str], *arguments: str, text: str | None = None) -> tuple[int, str]:
    """A program of ours with these variables and no others of ours; its exit code, and all that it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**clean_environment(), **env},
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
        check=False,
    )
    return done.returncode, done.stdout


def clean_environment() -> dict[str, str]:
    """This process's variables without those that say where things are."""
    ours = ("KAFKA_", "SCHEMA_REGISTRY_", "MONGODB_", "SMTP_", "JWT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def leaked(output: str) -> list[str]:
    """The secrets that an output holds."""
    return [secret for secret in SECRETS if secret in output]
