"""Settings of the service, all from the environment; a secret may be given as NAME_FILE, too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import kafka_config, number_setting, optional_setting, seconds_setting, setting
from services.logs import log_level
from services.web.serving import Address, address_setting, operations_setting
from services.web.templates import templates_setting
from services.web.tokens import AuthSettings, auth_settings

# Twice what the client library takes: under load a produce request carries more, and the answer is 5 ms later.
_LINGER_MS: Final = 10
# Of e-mails that wait for a broker: librdkafka's own gigabyte is more than a container has; what is beyond is 503.
_QUEUE_KIB: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken.

    Attributes:
        body: bytes of a request's body at most.
        batch: e-mails in one batch at most.
        body_timeout: seconds that a body may take to arrive.
        rate: e-mails a second and user in the long run; 0 for no limit.
        burst: e-mails that a user who was quiet may send at once.
        users: users whose rate is remembered.
    """

    body: int
    batch: int
    body_timeout: float
    rate: int
    burst: int
    users: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the service is told; times in seconds.

    Attributes:
        idempotency_ttl: how long an Idempotency-Key is remembered.
        templates: the folder of the templates; None if it is not known, and any templateId is taken.
        produce_timeout: how long the broker has to acknowledge before a caller is told 503.
        cors_origins: web origins whose scripts may call; none unless configured.
        operations: where probes and metrics are answered; None for the port of the interface.
    """

    auth: AuthSettings
    limits: Limits
    mongodb_uri: str = field(repr=False)
    idempotency_ttl: float
    produce_timeout: float
    startup_timeout: float
    templates: Path | None
    cors_origins: tuple[str, ...]
    log_level: str
    address: Address
    operations: Address | None


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: a variable is missing or not usable. Without a key for tokens nothing is served.
    """
    env = os.environ if env is None else env
    address = address_setting(3002, env)
    return Settings(
        auth=auth_settings(env),
        limits=_limits(env),
        mongodb_uri=setting("MONGODB_URI", env=env),
        idempotency_ttl=seconds_setting("IDEMPOTENCY_TTL", 86_400_000, env),
        produce_timeout=seconds_setting("PRODUCE_TIMEOUT", 10_000, env),
        startup_timeout=seconds_setting("STARTUP_TIMEOUT", 15_000, env),
        templates=templates_setting(env),
        cors_origins=_origins(env),
        log_level=log_level(env),
        address=address,
        operations=operations_setting(address, env),
    )


def producer_config(settings: Settings, env: Mapping[str, str] | None = None) -> dict[str, str | int]:
    """Librdkafka's settings for the producer of this service.

    Raises:
        ConfigurationError: no address of a broker is set.
    """
    timeout = round(settings.produce_timeout * 1000)
    own = {"delivery.timeout.ms": timeout, "linger.ms": _LINGER_MS, "queue.buffering.max.kbytes": _QUEUE_KIB}
    return {**kafka_config(env), **own}


def _limits(env: Mapping[str, str]) -> Limits:
    batch = number_setting("MAX_BATCH", 500, least=1, env=env)
    return Limits(
        body=number_setting("MAX_BODY", 900_000, least=1, env=env),
        batch=batch,
        body_timeout=seconds_setting("BODY_TIMEOUT", 10_000, env),
        rate=number_setting("RATE_LIMIT", 100, env=env),
        # A batch that is larger than the burst could never pass.
        burst=number_setting("RATE_BURST", max(1_000, batch), least=batch, env=env),
        users=number_setting("RATE_USERS", 10_000, least=1, env=env),
    )


def _origins(env: Mapping[str, str]) -> tuple[str, ...]:
    text = optional_setting("CORS_ORIGINS", env) or ""
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    for one in found:
        if not one.startswith(("http://", "https://")) or one.count("/") != 2:
            raise ConfigurationError(f"CORS_ORIGINS: {one!r}: an origin like https://app.example.com is expected")
    return found
