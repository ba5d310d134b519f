"""TLS and credentials of a registry, through our clients, the services' look-ups and compat-checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eccs_contracts import EmailRequest
from eccs_contracts.errors import ConfigurationError, RegistryUnavailable
from eccs_contracts.serde import Registry
from tests.integration.secured import PASSWORDS, TOKEN, USER, Secured, leaked, run

Make = Callable[[Secured], dict[str, str]]


def _token(parts: Secured, **changes: str) -> dict[str, str]:
    ca = str(parts.certificates.authority)
    return {
        "SCHEMA_REGISTRY_URL": parts.registry,
        "SCHEMA_REGISTRY_TOKEN_FILE": str(parts.files["token"]),
        "SCHEMA_REGISTRY_CA_LOCATION": ca,
        **changes,
    }


WAYS: dict[str, Make] = {
    "user and password": lambda parts: parts.basic(),
    "both in one": lambda parts: (
        _token(parts, SCHEMA_REGISTRY_TOKEN_FILE="") | {"SCHEMA_REGISTRY_BASIC_AUTH": f"{USER}:{PASSWORDS['registry']}"}
    ),
    "token": _token,
}
REFUSED: dict[str, tuple[Make, str]] = {
    "nobody": (lambda parts: _token(parts, SCHEMA_REGISTRY_TOKEN_FILE=""), "does not let us in"),
    "wrong password": (
        lambda parts: parts.basic(SCHEMA_REGISTRY_PASSWORD_FILE=str(parts.files["mongo"])),
        "does not let us in",
    ),
    "wrong token": (
        lambda parts: _token(parts, SCHEMA_REGISTRY_TOKEN_FILE=str(parts.files["mongo"])),
        "does not let us in",
    ),
    "authority that signed nothing": (
        lambda parts: parts.basic(SCHEMA_REGISTRY_CA_LOCATION=str(parts.certificates.stranger)),
        "its certificate is signed by an authority",
    ),
    "no authority": (lambda parts: parts.basic(SCHEMA_REGISTRY_CA_LOCATION=""), "its certificate is signed by"),
    "another host name": (
        lambda parts: parts.basic(SCHEMA_REGISTRY_URL=parts.registry.replace("127.0.0.1", "localhost")),
        "its certificate is for another host name",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_schema_is_found(secured: Secured, way: str) -> None:
    """By its subject and its text, as the services look it up."""
    assert Registry.from_env(WAYS[way](secured)).schema_id(EmailRequest.SUBJECT, EmailRequest.SCHEMA) > 0


@pytest.mark.parametrize("way", WAYS)
def test_compat_checks_takes_the_same_variables(secured: Secured, way: str) -> None:
    """Nothing is missing there."""
    code, output = run(WAYS[way](secured), "compat_checks", "plan")

    assert code == 0, output
    assert leaked(output) == []


@pytest.mark.parametrize("way", REFUSED)
def test_who_does_not_get_in_is_told_why(secured: Secured, way: str) -> None:
    """The certificate is looked at, and the host name in it."""
    make, reason = REFUSED[way]
    with pytest.raises(RegistryUnavailable, match=reason) as caught:
        Registry.from_env(make(secured)).check()

    assert leaked(str(caught.value)) == []


@pytest.mark.parametrize("way", REFUSED)
def test_compat_checks_ends_with_3(secured: Secured, way: str) -> None:
    """And one line without secrets."""
    code, output = run(REFUSED[way][0](secured), "compat_checks", "plan")

    assert code == 3, output
    assert "Traceback" not in output
    assert leaked(output) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SCHEMA_REGISTRY_CA_LOCATION": "/nowhere/ca.pem"}, "not usable"),
        ({"SCHEMA_REGISTRY_KEY_LOCATION": "/nowhere/key.pem"}, "not usable"),
        ({"SCHEMA_REGISTRY_TOKEN": TOKEN}, "more than one of"),
        ({"SCHEMA_REGISTRY_PASSWORD_FILE": ""}, "SCHEMA_REGISTRY_PASSWORD is not set"),
        ({"SCHEMA_REGISTRY_URL": f"https://{USER}:{TOKEN}@127.0.0.1:1"}, "https://127.0.0.1:1 are not usable"),
    ],
)
def test_a_setting_that_is_not_usable_is_named(secured: Secured, change: dict[str, str], message: str) -> None:
    """Without the secret in it."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        Registry.from_env(secured.basic(**change))

    assert leaked(str(caught.value)) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), (b"", "empty"), (b"\n", "empty"), (b"\xff\xfe", "not UTF-8")],
)
def test_a_file_of_no_use_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    """Missing, empty, or no text."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"SCHEMA_REGISTRY_TOKEN_FILE: {path}: {message}"):
        Registry.from_env({"SCHEMA_REGISTRY_URL": "https://x", "SCHEMA_REGISTRY_TOKEN_FILE": str(path)})


def test_a_password_in_the_address_works_and_is_not_shown(secured: Secured) -> None:
    """Where it is wrong, the error has the address without it."""
    ca = {"SCHEMA_REGISTRY_CA_LOCATION": str(secured.certificates.authority)}
    host = secured.registry.removeprefix("https://")
    right = f"https://{USER}:{PASSWORDS['registry'].replace(':', '%3A')}@{host}"

    Registry.from_env({"SCHEMA_REGISTRY_URL": right, **ca}).check()
    with pytest.raises(RegistryUnavailable, match=f"https://{host} does not let us in") as caught:
        Registry.from_env({"SCHEMA_REGISTRY_URL": f"https://{USER}:{TOKEN}@{host}", **ca}).check()

    assert leaked(str(caught.value)) == []
