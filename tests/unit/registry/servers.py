"""Real HTTP and HTTPS servers for the client: a registry that asks for credentials, and one that misbehaves."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from compat_checks.registry.refused import Refused
from compat_checks.registry.routes import answer
from compat_checks.registry.store import Store


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says."""

    status: int
    text: str
    kind: str = "application/json"


@dataclass(slots=True)
class Call:
    """What a server was asked."""

    method: str
    path: str
    authorization: str | None
    body: str = ""


@dataclass(slots=True)
class Served:
    """A running server, and the calls that it took."""

    url: str
    calls: list[Call] = field(default_factory=list)


def failing(status: int, code: int = 0, message: str = "no") -> Answer:
    """An error as a registry says it."""
    return Answer(status, json.dumps({"error_code": code or status, "message": message}))


class Scripted:
    """Gives prepared answers one after the other, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)

    def __call__(self, _: Call) -> Answer:
        """The next one."""
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Registry:
    """A registry that takes one value of the header Authorization only."""

    def __init__(self, authorization: str | None = None) -> None:
        self._store = Store()
        self._authorization = authorization

    def __call__(self, call: Call) -> Answer:
        """As the embedded one answers."""
        if call.authorization != self._authorization:
            return Answer(401, "<html>Unauthorized</html>", "text/html")
        try:
            found = answer(self._store, call.method, call.path, json.loads(call.body) if call.body else None)
        except Refused as error:
            return failing(error.status, error.code, str(error))
        return Answer(200, json.dumps(found))


class _Handle(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer
    disable_nagle_algorithm = True
    say: Callable[[Call], Answer]
    served: Served

    def handle(self) -> None:
        """Serve it, and close it also where the handshake failed."""
        try:
            super().handle()
        finally:
            self.connection.close()

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        call = Call(self.command, self.path, self.headers.get("Authorization"), self.rfile.read(size).decode())
        self.served.calls.append(call)
        said = type(self).say(call)
        data = said.text.encode()
        self.send_response(said.status)
        self.send_header("Content-Type", said.kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = _serve  # noqa: N815  http.server looks these names up

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up, or that we do not trust, is what some tests are about."""


@contextlib.contextmanager
def serving(say: Callable[[Call], Answer], tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    """Serve on loopback, over TLS if its context is given."""
    served = Served("")
    handler = type("Handle", (_Handle,), {"say": staticmethod(say), "served": served})
    server = _Server(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    served.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True, slots=True)
class Pem:
    """Files of a certificate and its key."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates for 127.0.0.1."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.ca = self._write(f"{name}-ca", self._key, is_ca=True).cert

    def issue(self, name: str) -> Pem:
        """A certificate and a key of its own."""
        return self._write(name, ec.generate_private_key(ec.SECP256R1()), is_ca=False)

    def server(self, *, asks_for_certificate: bool = False) -> ssl.SSLContext:
        """What a server needs; with mutual TLS if asked for."""
        pem = self.issue(f"{self._name}-server")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem.cert, pem.key)
        if asks_for_certificate:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _write(self, name: str, key: ec.EllipticCurvePrivateKey, *, is_ca: bool) -> Pem:
        now = dt.datetime.now(dt.UTC)
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{self._name}-ca")])
        subject = issuer if is_ca else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(alternative, critical=False)
            .add_extension(_usage(is_ca=is_ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = Pem(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        pem.cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        pem.key.write_bytes(encoded)
        return pem


def _usage(*, is_ca: bool) -> x509.KeyUsage:
    """What strict verification (Python 3.13 and later, RFC 5280, section 4.2.1.3) wants to see."""
    return x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
