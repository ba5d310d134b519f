"""Certificates made for a test: an authority, a server for 127.0.0.1 only, a client, and a stranger."""

from __future__ import annotations

import datetime as dt
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_PASSWORD: Final = "opens-the-client-key"
_USES: Final = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
_SERVER: Final = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files.

    Attributes:
        authority: Signs the server's and the client's.
        server: Key and certificate of a server at 127.0.0.1, and nowhere else.
        client: Certificate of a client; its key lies apart, open and encrypted with KEY_PASSWORD.
        stranger: An authority that signed nothing.
    """

    authority: Path
    server: Path
    client: Path
    client_key: Path
    encrypted_key: Path
    stranger: Path

    def server_context(self) -> ssl.SSLContext:
        """TLS of a server that asks for no certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.server)
        return context


@dataclass(frozen=True, slots=True)
class _Issuer:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def make_certificates(folder: Path) -> Certificates:
    """Make all of them; good for a day."""
    authority, stranger = _authority("authority"), _authority("stranger")
    server_key, server = _issue(authority, "server", _SERVER)
    client_key, client = _issue(authority, "client")
    files = {name: folder / f"{name}.pem" for name in Certificates.__slots__}
    files["authority"].write_bytes(_pem(authority.certificate))
    files["stranger"].write_bytes(_pem(stranger.certificate))
    files["server"].write_bytes(_key_pem(server_key) + _pem(server))
    files["client"].write_bytes(_pem(client))
    files["client_key"].write_bytes(_key_pem(client_key))
    files["encrypted_key"].write_bytes(_key_pem(client_key, BestAvailableEncryption(KEY_PASSWORD.encode())))
    return Certificates(**files)


def _authority(name: str) -> _Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(*(flag in (5, 6) for flag in range(9)))  # keyCertSign and cRLSign
    builder = _builder(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return _Issuer(key, builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()))


def _issue(
    issuer: _Issuer, name: str, place: x509.SubjectAlternativeName | None = None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        issuer.key.public_key()
    )  # OpenSSL's strict mode wants it
    builder = _builder("authority", name, key).add_extension(_USES, critical=False)
    builder = builder.add_extension(signer, critical=False)
    if place is not None:
        builder = builder.add_extension(place, critical=False)
    return key, builder.sign(issuer.key, hashes.SHA256())


def _builder(issuer: str, subject: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().issuer_name(_name(issuer)).subject_name(_name(subject))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(
    key: ec.EllipticCurvePrivateKey,
    encryption: KeySerializationEncryption = NoEncryption(),  # noqa: B008  a value
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
