"""Settings from the environment: one table of names, and secrets never in a message."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from eccs_contracts.errors import ConfigurationError

_BOOTSTRAP: Final = ("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS", "KAFKA_BROKER")
_FILE_SUFFIX: Final = "_FILE"

# What goes to librdkafka under its own names: KAFKA_SASL_USERNAME is sasl.username.
_KAFKA_SECURITY: Final = ("KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_", "KAFKA_SSL_")
_DIGITS: Final = re.compile(r"[0-9]{1,12}")
_MOST: Final = 10**12 - 1
_MOST_PORT: Final = 2**16 - 1
_FLAGS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def setting(name: str, default: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """The value of a variable, or the content of the file that NAME_FILE points to.

    Raises:
        ConfigurationError: neither is set and there is no default; both are; or the file is of no use.
    """
    found = optional_setting(name, env)
    if found is not None:
        return found
    if default is None:
        raise ConfigurationError(f"{name} is not set")
    return default


def optional_setting(name: str, env: Mapping[str, str] | None = None) -> str | None:
    """As `setting`, and None where neither is set. An empty variable is as good as none; an empty file is not."""
    env = os.environ if env is None else env
    value, path = env.get(name), env.get(name + _FILE_SUFFIX)
    if not path:
        return value or None
    if value:
        raise ConfigurationError(f"{name} and {name}{_FILE_SUFFIX} are both set: one of them decides")
    try:
        # The line break that editors and `echo` leave at the end is nobody's password.
        found = Path(path).read_text("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{name}{_FILE_SUFFIX}: {path}: not UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{name}{_FILE_SUFFIX}: {path}: {error.strerror}") from None
    if not found:
        raise ConfigurationError(f"{name}{_FILE_SUFFIX}: {path}: empty")
    return found


def flag_setting(name: str, *, default: bool, env: Mapping[str, str] | None = None) -> bool:
    """Yes or no.

    Raises:
        ConfigurationError: it is something else: who means "yes" must not get "no".
    """
    text = setting(name, str(default), env)
    if (found := _FLAGS.get(text.strip().lower())) is None:
        raise ConfigurationError(f"{name} is {text!r}: true or false is expected")
    return found


def number_setting(
    name: str, default: int, *, least: int = 0, most: int = _MOST, env: Mapping[str, str] | None = None
) -> int:
    """A whole number from `least` to `most`; the default is 12 digits (as milliseconds 31 years: no sum overflows).

    Raises:
        ConfigurationError: it is something else.
    """
    text = setting(name, str(default), env)
    value = int(text) if _DIGITS.fullmatch(text.strip()) else least - 1
    if not least <= value <= most:
        raise ConfigurationError(f"{name} is {text[:40]!r}: a whole number from {least} to {most} is expected")
    return value


def port_setting(name: str, default: int, *, least: int = 0, env: Mapping[str, str] | None = None) -> int:
    """A TCP port, from `least` to 65535; a server that is given port 0 takes any free one.

    Raises:
        ConfigurationError: it is something else.
    """
    return number_setting(name, default, least=least, most=_MOST_PORT, env=env)


def seconds_setting(name: str, default_ms: int, env: Mapping[str, str] | None = None) -> float:
    """A time in seconds, given as milliseconds of at least 1.

    Raises:
        ConfigurationError: it is something else.
    """
    return number_setting(name, default_ms, least=1, env=env) / 1000


def kafka_config(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Librdkafka's settings for the broker.

    Raises:
        ConfigurationError: no address of a broker is set, or a file is of no use.
    """
    servers = next((found for name in _BOOTSTRAP if (found := optional_setting(name, env))), None)
    if servers is None:
        raise ConfigurationError(f"{_BOOTSTRAP[0]} is not set: give the broker as host:port")
    return {"bootstrap.servers": servers, **kafka_security(env)}


def kafka_security(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_* and KAFKA_SSL_* under librdkafka's names; errors as `setting`."""
    env = os.environ if env is None else env
    names = {name.removesuffix(_FILE_SUFFIX) for name in env if name.startswith(_KAFKA_SECURITY)}
    found = {name: optional_setting(name, env) for name in sorted(names)}
    return {name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in found.items() if value}


def registry_config(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Settings of confluent-kafka's registry client.

    Raises:
        ConfigurationError: SCHEMA_REGISTRY_URL is not set, or credentials are given in two ways.
    """
    url = setting("SCHEMA_REGISTRY_URL", env=env)
    files = {conf: optional_setting(name, env) for name, conf in _REGISTRY_FILES.items()}
    return {"url": url, **_registry_credentials(env), **{conf: path for conf, path in files.items() if path}}


_REGISTRY_FILES: Final = {
    "SCHEMA_REGISTRY_CA_LOCATION": "ssl.ca.location",
    "SCHEMA_REGISTRY_CERTIFICATE_LOCATION": "ssl.certificate.location",
    "SCHEMA_REGISTRY_KEY_LOCATION": "ssl.key.location",
}


def _registry_credentials(env: Mapping[str, str] | None) -> dict[str, str]:
    """Of one way; the two with a user are the same for the client."""
    pair = optional_setting("SCHEMA_REGISTRY_BASIC_AUTH", env)
    user = optional_setting("SCHEMA_REGISTRY_USERNAME", env)
    token = optional_setting("SCHEMA_REGISTRY_TOKEN", env)
    if sum(one is not None for one in (pair, user, token)) > 1:
        raise ConfigurationError(
            "more than one of SCHEMA_REGISTRY_USERNAME, SCHEMA_REGISTRY_BASIC_AUTH and SCHEMA_REGISTRY_TOKEN is set"
        )
    if user is not None:
        pair = f"{user}:{setting('SCHEMA_REGISTRY_PASSWORD', env=env)}"
    if pair is not None:
        return {"basic.auth.user.info": pair}
    if token is None:
        return {}
    # The client wants the cluster of Confluent's cloud beside a token; other registries do not look at it.
    cluster = setting("SCHEMA_REGISTRY_LOGICAL_CLUSTER", "-", env)
    source = {"bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.logical.cluster": cluster}
    return {**source, "bearer.auth.token": token}
