"""Settings of the environment: values, files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import (
    flag_setting,
    kafka_config,
    number_setting,
    optional_setting,
    port_setting,
    registry_config,
    setting,
)

_BROKER = {"KAFKA_BOOTSTRAP_SERVERS": "broker:9092"}
_REGISTRY = {"SCHEMA_REGISTRY_URL": "https://registry"}


@pytest.mark.parametrize("content", ["pa ss ", "pa ss \n", "pa ss \r\n"])
def test_a_file_s_line_break_is_not_in_the_secret(tmp_path: Path, content: str) -> None:
    """Blanks are."""
    path = tmp_path / "secret"
    path.write_bytes(content.encode())

    assert setting("X", env={"X_FILE": str(path)}) == "pa ss "


@pytest.mark.parametrize("env", [{}, {"X": ""}, {"X_FILE": ""}, {"X": "", "X_FILE": ""}])
def test_an_empty_variable_is_none(env: dict[str, str]) -> None:
    """As if it were not there: that is how one is taken away in many places."""
    assert optional_setting("X", env) is None


def test_a_value_and_a_file_are_one_too_many(tmp_path: Path) -> None:
    """Neither wins in silence."""
    with pytest.raises(ConfigurationError, match="X and X_FILE are both set: one of them decides"):
        setting("X", env={"X": "other", "X_FILE": str(tmp_path)})


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), ("ON", True), ("1", True), ("yes", True), ("False", False), ("off", False)]
)
def test_flags_are_read_in_the_usual_words(text: str, expected: bool) -> None:
    """In any case."""
    assert flag_setting("X", default=not expected, env={"X": text}) is expected


@pytest.mark.parametrize("text", ["tru", "2", "enabled", "-"])
def test_other_words_are_refused(text: str) -> None:
    """Who asks for TLS with a slip must not go in the clear."""
    with pytest.raises(ConfigurationError, match=f"X is '{text}': true or false is expected"):
        flag_setting("X", default=False, env={"X": text})


def test_settings_of_security_go_to_librdkafka_under_its_names(tmp_path: Path) -> None:
    """From variables and from files; what is empty, or no such setting, stays here."""
    path = tmp_path / "password"
    path.write_text("p\n")
    env = {
        **_BROKER,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_PASSWORD_FILE": str(path),
        "KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM": "https",
        "KAFKA_SSL_CA_LOCATION": "",
        "KAFKA_GROUP_ID": "g",
    }

    assert kafka_config(env) == {
        "bootstrap.servers": "broker:9092",
        "security.protocol": "SASL_SSL",
        "sasl.password": "p",
        "ssl.endpoint.identification.algorithm": "https",
    }


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, {}),
        ({"SCHEMA_REGISTRY_USERNAME": "u", "SCHEMA_REGISTRY_PASSWORD": "p:q"}, {"basic.auth.user.info": "u:p:q"}),
        ({"SCHEMA_REGISTRY_BASIC_AUTH": "u:p"}, {"basic.auth.user.info": "u:p"}),
        ({"SCHEMA_REGISTRY_CA_LOCATION": "/ca"}, {"ssl.ca.location": "/ca"}),
        (
            {"SCHEMA_REGISTRY_TOKEN": "t", "SCHEMA_REGISTRY_LOGICAL_CLUSTER": "lsrc-1"},
            {
                "bearer.auth.credentials.source": "STATIC_TOKEN",
                "bearer.auth.logical.cluster": "lsrc-1",
                "bearer.auth.token": "t",
            },
        ),
    ],
)
def test_a_registry_is_told_who_we_are_in_one_way(env: dict[str, str], expected: dict[str, str]) -> None:
    """As its client takes it."""
    assert registry_config({**_REGISTRY, **env}) == {"url": "https://registry", **expected}


@pytest.mark.parametrize(("text", "expected"), [("1", 1), ("65535", 65535), (" 25 ", 25)])
def test_a_port_has_16_bits(text: str, expected: int) -> None:
    """Both ends are ports."""
    assert port_setting("P", 25, least=1, env={"P": text}) == expected


@pytest.mark.parametrize("text", ["0", "65536", "99999", "-1", "smtp", "\uff12\uff15"])
def test_a_number_that_is_no_port_is_refused(text: str) -> None:
    """The message names the variable, its value and what is expected."""
    with pytest.raises(ConfigurationError, match=f"^P is '{text}': a whole number from 1 to 65535 is expected$"):
        port_setting("P", 25, least=1, env={"P": text})


def test_a_server_may_ask_for_any_free_port() -> None:
    """Port 0 means that to the operating system."""
    assert port_setting("P", 3002, env={"P": "0"}) == 0


def test_a_number_has_at_most_12_digits_unless_it_is_said() -> None:
    """Both sides of the boundary."""
    assert number_setting("N", 1, env={"N": "9" * 12}) == 10**12 - 1
    with pytest.raises(ConfigurationError, match="N is '1000000000000': a whole number from 0 to 999999999999"):
        number_setting("N", 1, env={"N": "1" + "0" * 12})
