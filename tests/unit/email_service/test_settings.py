"""Settings: what is refused at the start, so that nothing is served in the wrong way."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from eccs_contracts.errors import ConfigurationError
from services.email_service.settings import load_settings

_ENV = {"MONGODB_URI": "mongodb://localhost", "JWT_SECRET": "s" * 32}


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"JWT_SECRET": ""}, "nobody could be let in"),
        ({"JWT_SECRET": "short"}, "shorter than the 32 bytes"),
        ({"JWT_PUBLIC_KEY": "x"}, "both set"),
        ({"JWT_SECRET": "", "JWT_PUBLIC_KEY": "x"}, "not an RSA public key"),
        ({"JWT_SECRET": "", "JWT_PUBLIC_KEY": _pem(ec.generate_private_key(ec.SECP256R1()))}, "not an RSA public key"),
        ({"JWT_SECRET": _pem(rsa.generate_private_key(65537, 2048))}, "JWT_PUBLIC_KEY"),
        ({"MONGODB_URI": ""}, "MONGODB_URI is not set"),
        ({"MAX_BATCH": "50", "RATE_BURST": "49"}, "RATE_BURST is '49'"),
        ({"CORS_ORIGINS": "*"}, "an origin like"),
        ({"CORS_ORIGINS": "https://app.example.com/path"}, "an origin like"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    ],
)
def test_what_is_not_usable_is_refused(change: dict[str, str], message: str) -> None:
    """With the variable."""
    with pytest.raises(ConfigurationError, match=message):
        load_settings({**_ENV, **change})


def test_secrets_may_be_files(tmp_path: Path) -> None:
    """As NAME_FILE."""
    path = tmp_path / "secret"
    path.write_text("t" * 40 + "\n")

    settings = load_settings({"MONGODB_URI": "mongodb://localhost", "JWT_SECRET_FILE": str(path)})

    assert (settings.auth.algorithm, settings.auth.key) == ("HS256", "t" * 40)


def test_secrets_are_not_shown() -> None:
    """Neither the key nor the database's password."""
    shown = repr(load_settings({**_ENV, "MONGODB_URI": "mongodb://user:hunter2@localhost"}))

    assert "hunter2" not in shown
    assert "s" * 32 not in shown


def test_scripts_of_other_sites_may_not_call_unless_configured() -> None:
    """CORS is off."""
    assert load_settings(_ENV).cors_origins == ()
