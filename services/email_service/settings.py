"""Settings of the service, all from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import number_setting, optional_setting, setting


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the service is told.

    Attributes:
        jwt_key: secret of HS256 or public key (PEM) of RS256; never shown.
        max_body: bytes of a request's body at most.
        max_batch: e-mails in one batch at most.
    """

    jwt_algorithm: str
    jwt_key: str = field(repr=False)
    mongodb_uri: str = field(repr=False)
    max_body: int
    max_batch: int
    startup_timeout: float
    http_host: str
    http_port: int


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: a variable is missing or not usable. Without a key for tokens nothing is served.
    """
    env = os.environ if env is None else env
    secret, public = optional_setting("JWT_SECRET", env), optional_setting("JWT_PUBLIC_KEY", env)
    if secret and public:
        raise ConfigurationError("JWT_SECRET and JWT_PUBLIC_KEY are both set: one of them decides")
    if not secret and not public:
        raise ConfigurationError("JWT_SECRET (HS256) or JWT_PUBLIC_KEY (RS256) is not set: nobody could be let in")
    if secret and len(secret.encode()) < 32:
        raise ConfigurationError("JWT_SECRET is shorter than the 32 bytes that HS256 needs (RFC 7518, section 3.2)")
    return Settings(
        jwt_algorithm="HS256" if secret else "RS256",
        jwt_key=secret or public or "",
        mongodb_uri=setting("MONGODB_URI", env=env),
        max_body=number_setting("MAX_BODY", 900_000, least=1, env=env),
        max_batch=number_setting("MAX_BATCH", 500, least=1, env=env),
        startup_timeout=number_setting("STARTUP_TIMEOUT", 15_000, least=1, env=env) / 1000,
        http_host=setting("HTTP_HOST", "127.0.0.1", env),
        http_port=number_setting("HTTP_PORT", 3002, env=env),
    )
