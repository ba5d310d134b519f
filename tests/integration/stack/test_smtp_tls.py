"""The sink offers STARTTLS when it is given a certificate."""

import datetime as dt
import smtplib
import ssl
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.local_stack import SinkOptions, SmtpSink


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a new key and its self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().issuer_name(name).subject_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).add_extension(address, critical=False)
    builder = builder.not_valid_before(now).not_valid_after(now + dt.timedelta(hours=1))
    signed = builder.sign(key, hashes.SHA256())
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path / "sink.pem"
    file.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain) + signed.public_bytes(encoding)
    )
    return file


def test_takes_a_mail_under_tls(certificate: Path) -> None:
    """AUTH is offered only after STARTTLS, and the mail arrives."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    options = SinkOptions(credentials=("user", "secret"), tls_context=context)
    with SmtpSink(options=options) as sink, smtplib.SMTP(sink.host, sink.port, timeout=5) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=ssl.create_default_context(cafile=certificate))
        client.login("user", "secret")
        client.sendmail("from@example.org", ["to@example.org"], b"Subject: hi\r\n\r\nbody\r\n")
        assert len(sink.messages) == 1
