"""Settings of the console, all from the environment; a secret may be given as NAME_FILE, too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import kafka_config, number_setting, seconds_setting, setting
from services.logs import log_level
from services.web.serving import Address, address_setting, operations_setting
from services.web.tokens import AuthSettings, auth_settings

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the console is told; times in seconds.

    Attributes:
        kafka: librdkafka's settings.
        session: how long somebody stays signed in; never longer than the token is valid.
        secure_cookie: the cookie is sent over HTTPS, or to this machine itself, only.
        most_letters: letters that are listed and counted, the latest of each partition.
        startup_timeout: seconds that all dependencies together have to answer at start.
        operations: where probes are answered; None for the port of the interface.
    """

    auth: AuthSettings
    kafka: Mapping[str, str] = field(repr=False)
    session: float
    secure_cookie: bool
    most_letters: int
    startup_timeout: float
    log_level: str
    address: Address
    operations: Address | None


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: a variable is missing or not usable. Without a key for tokens nothing is served.
    """
    env = os.environ if env is None else env
    address = address_setting(3004, env)
    return Settings(
        auth=auth_settings(env),
        kafka=kafka_config(env),
        session=seconds_setting("SESSION_LIFETIME", 28_800_000, env),
        secure_cookie=_truth("SECURE_COOKIE", "true", env),
        most_letters=number_setting("MAX_LETTERS", 50_000, least=1, env=env),
        startup_timeout=seconds_setting("STARTUP_TIMEOUT", 15_000, env),
        log_level=log_level(env),
        address=address,
        operations=operations_setting(address, env),
    )


def _truth(name: str, default: str, env: Mapping[str, str]) -> bool:
    text = setting(name, default, env).lower()
    if text not in _TRUTH:
        raise ConfigurationError(f"{name} is {text!r}: true or false is expected")
    return _TRUTH[text]
