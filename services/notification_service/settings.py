"""Settings of the service, all from the environment."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from eccs_contracts.delivery import AmbiguousPolicy, RetryPolicy
from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import (
    flag_setting,
    kafka_config,
    number_setting,
    optional_setting,
    port_setting,
    seconds_setting,
    setting,
)
from services.logs import log_level
from services.notification_service.addresses import Mailbox, parse_mailbox
from services.notification_service.mail_text import NotMailText

_SHOWN = 120  # characters of a value in a message


@dataclass(frozen=True, slots=True)
class SmtpTimeouts:
    """Seconds that a server has for each phase; the defaults are those of RFC 5321, section 4.5.3.2.

    Attributes:
        connect: until the connection stands.
        greeting: until the first reply.
        command: for EHLO, STARTTLS, AUTH, MAIL, RCPT, RSET and QUIT.
        data: for the reply to DATA.
        block: for taking each part of the mail.
        dot: for the reply after the final dot; giving up here is what makes duplicates (RFC 1047).
    """

    connect: float = 30
    greeting: float = 300
    command: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600

    def of(self, phase: str) -> float:
        """Seconds for the reply to a command."""
        return self.data if phase == "DATA" else self.command


@dataclass(frozen=True, slots=True)
class SmtpTls:
    """How a session is secured; certificate and host name are always verified.

    Attributes:
        context: whom to trust; None for a session in the clear.
        implicit: TLS from the first byte (RFC 8314, section 3), not by STARTTLS (RFC 3207).
    """

    context: ssl.SSLContext | None = None
    implicit: bool = False

    @property
    def starttls(self) -> bool:
        """Whether STARTTLS is insisted on."""
        return self.context is not None and not self.implicit


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where mail goes, and how.

    Attributes:
        sessions: connections at most, each kept open.
        in_doubt: mails at most that are being sent, or are sent and not marked yet: what a crash can repeat.
        session_mails: mails over one connection at most.
        sender: the address in MAIL FROM and From, and a display name for From: `Shop <no-reply@shop.example>`.
        rate: mails a second at most; 0 for as many as the server takes.
        breaker_failures: failures in a row after which nothing is sent for `breaker_pause` seconds.
        greylist_delay_ms: how long a greylisted message waits at least.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: SmtpTls = SmtpTls()
    sessions: int = 16
    in_doubt: int = 16
    session_mails: int = 100
    timeouts: SmtpTimeouts = SmtpTimeouts()
    sender: str = "no-reply@eccs.example"
    rate: float = 0
    breaker_failures: int = 8
    breaker_pause: float = 1.0
    greylist_delay_ms: int = 300_000

    @property
    def secrets(self) -> tuple[str, ...]:
        """What a server could quote of the login, and nothing may show."""
        found = [one for one in (self.username, self.password) if one]
        coded = [base64.b64encode(one.encode()).decode() for one in found]
        return (*found, *coded, base64.b64encode(f"\0{self.username}\0{self.password}".encode()).decode())


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """The ledger.

    Attributes:
        lease: seconds without a sign of life after which a claim counts as given up.
        ttl_days: days after its last change that an entry is kept; longer than any topic keeps its message.
        ambiguous: what becomes of a mail that the server may have.
    """

    uri: str = field(repr=False)
    lease: float = 120.0
    ttl_days: int = 90
    ambiguous: AmbiguousPolicy = AmbiguousPolicy.RESEND


@dataclass(frozen=True, slots=True)
class FloodSettings:
    """When dead letters are too many: `ratio` of the last `window` ends; then a pause of `pause` seconds."""

    window: int = 500
    ratio: float = 0.8
    pause: float = 60.0


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The consumer.

    Attributes:
        group_protocol: classic or consumer (KIP-848).
        assignment: of the classic protocol, as librdkafka names it.
        max_poll_interval: seconds between two polls at most; a fifth of it is the budget of a drain.
        max_in_flight: messages taken and not finished, waiting retries apart.
        retry_window: messages that wait in memory with their payload; retries beyond it are read again before their
            time.
        retry_window_bytes: and the bytes of their records.
        drain_timeout: seconds that a stop may take.
    """

    group_id: str = "notification-group"
    group_protocol: str = "classic"
    assignment: str = "cooperative-sticky"
    max_poll_interval: float = 300.0
    session_timeout: float = 10.0
    max_in_flight: int = 256
    retry_window: int = 5_000
    retry_window_bytes: int = 2**25
    drain_timeout: float = 25.0

    @property
    def revoke_budget(self) -> float:
        """Seconds to finish what is being sent before a partition is given away."""
        return min(self.drain_timeout, self.max_poll_interval / 5)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the service is told.

    Attributes:
        instance: names this process in the ledger and in dead letters.
        templates: the folder of the templates.
        producer_queue: retries and dead letters that may wait for the broker; more are put off.
        startup_timeout: seconds that all dependencies together have to answer at start.
        live_ttl: seconds without progress after which the service counts as dead.
        reject_unknown: refuse JSON messages with a field that the contract does not have.
    """

    kafka: Mapping[str, str] = field(repr=False)
    engine: EngineSettings
    ledger: LedgerSettings
    smtp: SmtpSettings
    flood: FloodSettings
    policy: RetryPolicy
    instance: str
    templates: Path
    producer_queue: int
    startup_timeout: float
    live_ttl: float
    log_level: str
    http_host: str
    http_port: int
    reject_unknown: bool = False


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: a variable is missing or not usable; names it.
    """
    env = os.environ if env is None else env
    default_templates = str(Path(__file__).with_name("templates"))
    return Settings(
        kafka=kafka_config(env),
        engine=_engine(env),
        ledger=_ledger(env),
        smtp=_smtp(env),
        flood=_flood(env),
        policy=_policy(env),
        instance=f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}",
        templates=_folder("TEMPLATES_DIR", default_templates, env),
        producer_queue=number_setting("PRODUCER_QUEUE", 100_000, least=1, env=env),
        startup_timeout=seconds_setting("STARTUP_TIMEOUT", 15_000, env),
        live_ttl=seconds_setting("LIVE_TTL", 60_000, env),
        log_level=log_level(env),
        http_host=setting("HTTP_HOST", "127.0.0.1", env),
        http_port=port_setting("HTTP_PORT", 3003, env=env),
        reject_unknown=_one_of("MIGRATION_UNKNOWN_FIELDS", ("drop", "reject"), env) == "reject",
    )


def _engine(env: Mapping[str, str]) -> EngineSettings:
    return EngineSettings(
        group_id=setting("KAFKA_GROUP_ID", "notification-group", env),
        group_protocol=_one_of("KAFKA_GROUP_PROTOCOL", ("classic", "consumer"), env),
        assignment=_one_of("KAFKA_ASSIGNMENT", ("cooperative-sticky", "range", "roundrobin"), env),
        max_poll_interval=seconds_setting("MAX_POLL_INTERVAL", 300_000, env),
        session_timeout=seconds_setting("KAFKA_SESSION_TIMEOUT", 10_000, env),
        max_in_flight=number_setting("MAX_IN_FLIGHT", 256, least=1, env=env),
        retry_window=number_setting("RETRY_WINDOW", 5_000, least=1, env=env),
        retry_window_bytes=number_setting("RETRY_WINDOW_BYTES", 2**25, least=1, env=env),
        drain_timeout=number_setting("DRAIN_TIMEOUT", 25_000, env=env) / 1000,
    )


def _ledger(env: Mapping[str, str]) -> LedgerSettings:
    return LedgerSettings(
        uri=setting("MONGODB_URI", env=env),
        lease=seconds_setting("CLAIM_LEASE", 120_000, env),
        # The topics keep a request for 7 days: an entry that goes earlier forgets what was sent.
        ttl_days=number_setting("LEDGER_TTL_DAYS", 90, least=8, env=env),
        ambiguous=AmbiguousPolicy(_one_of("AMBIGUOUS_POLICY", ("resend", "park"), env)),
    )


def _smtp(env: Mapping[str, str]) -> SmtpSettings:
    sessions = number_setting("SMTP_SESSIONS", 16, least=1, env=env)
    return SmtpSettings(
        host=setting("SMTP_HOST", env=env),
        port=port_setting("SMTP_PORT", 25, least=1, env=env),
        username=optional_setting("SMTP_USERNAME", env),
        password=optional_setting("SMTP_PASSWORD", env),
        tls=_tls(env),
        sessions=sessions,
        in_doubt=number_setting("SMTP_IN_DOUBT", sessions, least=1, env=env),
        session_mails=number_setting("SMTP_SESSION_MAILS", 100, least=1, env=env),
        timeouts=_timeouts(env),
        sender=_sender(env),
        rate=number_setting("SMTP_RATE", 0, env=env),
        breaker_failures=number_setting("SMTP_BREAKER_FAILURES", 8, least=1, env=env),
        breaker_pause=seconds_setting("SMTP_BREAKER_PAUSE", 1_000, env),
        greylist_delay_ms=number_setting("GREYLIST_DELAY", 300_000, env=env),
    )


def sender_mailbox(text: str) -> Mailbox:
    """Return who mails are from.

    Args:
        text: `name@example.com` or `Display Name <name@example.com>`.

    Raises:
        ConfigurationError: it is not one mailbox; names SMTP_SENDER.
    """
    try:
        return parse_mailbox(text)
    except NotMailText as error:
        raise ConfigurationError(
            f"SMTP_SENDER is {text[:_SHOWN]!r}: {error}; set it to no-reply@shop.example or "
            "to a display name and an address: Shop <no-reply@shop.example>"
        ) from None


def _sender(env: Mapping[str, str]) -> str:
    sender = setting("SMTP_SENDER", "no-reply@eccs.example", env)
    sender_mailbox(sender)
    return sender


def _tls(env: Mapping[str, str]) -> SmtpTls:
    starttls = flag_setting("SMTP_STARTTLS", default=False, env=env)
    implicit = flag_setting("SMTP_IMPLICIT_TLS", default=False, env=env)
    if starttls and implicit:
        raise ConfigurationError("SMTP_STARTTLS and SMTP_IMPLICIT_TLS are both set: one of them decides")
    if not starttls and not implicit:
        return SmtpTls()
    ca_file = optional_setting("SMTP_CA_FILE", env)
    try:
        return SmtpTls(ssl.create_default_context(cafile=ca_file), implicit=implicit)
    except OSError as error:  # an SSLError is one
        raise ConfigurationError(f"SMTP_CA_FILE: {ca_file}: {error.strerror or error}") from None


def _timeouts(env: Mapping[str, str]) -> SmtpTimeouts:
    """SMTP_TIMEOUT sets the phases before the final dot, SMTP_TIMEOUT_DOT the one after it."""
    dot = seconds_setting("SMTP_TIMEOUT_DOT", 600_000, env)
    if optional_setting("SMTP_TIMEOUT", env) is None:
        return SmtpTimeouts(dot=dot)
    seconds = seconds_setting("SMTP_TIMEOUT", 60_000, env)
    return SmtpTimeouts(seconds, seconds, seconds, seconds, seconds, dot)


def _flood(env: Mapping[str, str]) -> FloodSettings:
    ratio = number_setting("DLQ_MAX_PERCENT", 80, least=1, env=env)
    if ratio > 100:
        raise ConfigurationError(f"DLQ_MAX_PERCENT is {ratio}: a number from 1 to 100 is expected")
    return FloodSettings(
        window=number_setting("DLQ_WINDOW", 500, least=1, env=env),
        ratio=ratio / 100,
        pause=seconds_setting("DLQ_PAUSE", 60_000, env),
    )


def _one_of(name: str, values: tuple[str, ...], env: Mapping[str, str]) -> str:
    value = setting(name, values[0], env).lower()
    if value not in values:
        raise ConfigurationError(f"{name} is {value!r}: one of {', '.join(values)} is expected")
    return value


def _folder(name: str, default: str, env: Mapping[str, str]) -> Path:
    path = Path(setting(name, default, env))
    if not path.is_dir():
        raise ConfigurationError(f"{name} is {str(path)!r}: a folder is expected")
    return path


def _policy(env: Mapping[str, str]) -> RetryPolicy:
    base = number_setting("BASE_RETRY_DELAY", 1_000, least=1, env=env)
    longest = number_setting("MAX_RETRY_DELAY", 60_000, least=1, env=env)
    if base > longest:
        raise ConfigurationError(
            f"BASE_RETRY_DELAY is {base} ms and MAX_RETRY_DELAY is {longest} ms: lower the first or raise the second"
        )
    return RetryPolicy(base, longest, number_setting("MAX_RETRY_ATTEMPTS", 5, env=env))
