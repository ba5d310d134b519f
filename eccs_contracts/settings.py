"""Settings from the environment: one table of names, and secrets never in a message."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from eccs_contracts.errors import ConfigurationError

_BOOTSTRAP: Final = ("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS", "KAFKA_BROKER")
_FILE_SUFFIX: Final = "_FILE"

# Environment variables that go to librdkafka as they are; each may be given as NAME_FILE instead.
KAFKA_SECURITY: Final = {
    "KAFKA_SECURITY_PROTOCOL": "security.protocol",
    "KAFKA_SASL_MECHANISM": "sasl.mechanism",
    "KAFKA_SASL_USERNAME": "sasl.username",
    "KAFKA_SASL_PASSWORD": "sasl.password",
    "KAFKA_SSL_CA_LOCATION": "ssl.ca.location",
    "KAFKA_SSL_CERTIFICATE_LOCATION": "ssl.certificate.location",
    "KAFKA_SSL_KEY_LOCATION": "ssl.key.location",
    "KAFKA_SSL_KEY_PASSWORD": "ssl.key.password",
}


def setting(name: str, default: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """The value of a variable, or the content of the file that NAME_FILE points to.

    Raises:
        ConfigurationError: neither is set and there is no default, or the file cannot be read.
    """
    found = optional_setting(name, env)
    if found is not None:
        return found
    if default is None:
        raise ConfigurationError(f"{name} is not set")
    return default


def optional_setting(name: str, env: Mapping[str, str] | None = None) -> str | None:
    """As `setting`, and None where neither is set."""
    env = os.environ if env is None else env
    if value := env.get(name):
        return value
    path = env.get(name + _FILE_SUFFIX)
    if not path:
        return None
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{name}{_FILE_SUFFIX}: {path}: {error.strerror}") from None


def number_setting(name: str, default: int, *, least: int = 0, env: Mapping[str, str] | None = None) -> int:
    """A whole number of at least `least`.

    Raises:
        ConfigurationError: it is something else.
    """
    text = setting(name, str(default), env)
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise ConfigurationError(f"{name} is {text!r}: a whole number of at least {least} is expected")
    return value


def kafka_config(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Librdkafka's settings for the broker.

    Raises:
        ConfigurationError: no address of a broker is set.
    """
    servers = next((found for name in _BOOTSTRAP if (found := optional_setting(name, env))), None)
    if servers is None:
        raise ConfigurationError(f"{_BOOTSTRAP[0]} is not set: give the broker as host:port")
    secure = {conf: optional_setting(name, env) for name, conf in KAFKA_SECURITY.items()}
    return {"bootstrap.servers": servers, **{conf: value for conf, value in secure.items() if value}}


def registry_config(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Settings of confluent-kafka's registry client.

    Raises:
        ConfigurationError: SCHEMA_REGISTRY_URL is not set.
    """
    config = {"url": setting("SCHEMA_REGISTRY_URL", env=env)}
    if auth := optional_setting("SCHEMA_REGISTRY_BASIC_AUTH", env):
        config["basic.auth.user.info"] = auth
    if ca := optional_setting("SCHEMA_REGISTRY_CA_LOCATION", env):
        config["ssl.ca.location"] = ca
    return config
