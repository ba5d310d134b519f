"""Settings of the service, all from the environment."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from eccs_contracts.delivery import RetryPolicy
from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import kafka_config, number_setting, optional_setting, setting


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where mail goes, and how.

    Attributes:
        sessions: connections at most, each kept open.
        timeout: seconds for each reply of the server.
        sender: the address in MAIL FROM and From.
    """

    host: str
    port: int
    username: str | None
    password: str | None
    starttls: bool
    sessions: int
    timeout: float
    sender: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the service is told.

    Attributes:
        instance: names this process in the ledger and in dead letters.
        claim_lease: seconds after which another instance may take a claimed message up.
        max_in_flight: messages taken and not finished, waiting retries apart.
        retry_window: retries read ahead at most.
        drain_timeout: seconds that a stop may take.
        startup_timeout: seconds that each dependency has to answer at start.
    """

    kafka: Mapping[str, str]
    group_id: str
    mongodb_uri: str
    smtp: SmtpSettings
    policy: RetryPolicy
    instance: str
    claim_lease: float
    max_in_flight: int
    retry_window: int
    drain_timeout: float
    startup_timeout: float
    http_host: str
    http_port: int


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: a variable is missing or not usable; names it.
    """
    env = os.environ if env is None else env
    return Settings(
        kafka=kafka_config(env),
        group_id=setting("KAFKA_GROUP_ID", "notification-group", env),
        mongodb_uri=setting("MONGODB_URI", env=env),
        smtp=_smtp(env),
        policy=_policy(env),
        instance=f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}",
        claim_lease=number_setting("CLAIM_LEASE", 120_000, least=1, env=env) / 1000,
        max_in_flight=number_setting("MAX_IN_FLIGHT", 256, least=1, env=env),
        retry_window=number_setting("RETRY_WINDOW", 20_000, least=1, env=env),
        drain_timeout=number_setting("DRAIN_TIMEOUT", 25_000, env=env) / 1000,
        startup_timeout=number_setting("STARTUP_TIMEOUT", 15_000, least=1, env=env) / 1000,
        http_host=setting("HTTP_HOST", "127.0.0.1", env),
        http_port=number_setting("HTTP_PORT", 3003, env=env),
    )


def _smtp(env: Mapping[str, str]) -> SmtpSettings:
    return SmtpSettings(
        host=setting("SMTP_HOST", env=env),
        port=number_setting("SMTP_PORT", 25, least=1, env=env),
        username=optional_setting("SMTP_USERNAME", env),
        password=optional_setting("SMTP_PASSWORD", env),
        starttls=setting("SMTP_STARTTLS", "false", env).lower() in ("1", "true", "yes"),
        sessions=number_setting("SMTP_SESSIONS", 16, least=1, env=env),
        timeout=number_setting("SMTP_TIMEOUT", 60_000, least=1, env=env) / 1000,
        sender=setting("SMTP_SENDER", "no-reply@eccs.example", env),
    )


def _policy(env: Mapping[str, str]) -> RetryPolicy:
    try:
        return RetryPolicy(
            base_delay_ms=number_setting("BASE_RETRY_DELAY", 1_000, least=1, env=env),
            max_delay_ms=number_setting("MAX_RETRY_DELAY", 16_000, least=1, env=env),
            max_attempts=number_setting("MAX_RETRY_ATTEMPTS", 5, env=env),
        )
    except ValueError as error:
        raise ConfigurationError(f"BASE_RETRY_DELAY, MAX_RETRY_DELAY, MAX_RETRY_ATTEMPTS: {error}") from None
