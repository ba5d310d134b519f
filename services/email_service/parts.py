"""The parts that routes work with, made once for each application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from pymongo import AsyncMongoClient

from eccs_contracts.ledger import DATABASE, client_of
from services.email_service.auth import Authenticator
from services.email_service.bodies import Bodies
from services.email_service.idempotency import Idempotency
from services.email_service.ledger import LedgerReader
from services.email_service.metrics import Metrics
from services.email_service.publish import Publisher, Sender
from services.email_service.rate import RateLimiter
from services.email_service.sending import Sending
from services.email_service.settings import Settings
from services.logs import Log
from services.web.templates import Templates

Client: TypeAlias = AsyncMongoClient[dict[str, Any]]

_MARGIN = 5.0  # seconds beyond the produce timeout that a call may hold its key


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that a route may ask for."""

    settings: Settings
    sender: Sender
    mongo: Client
    auth: Authenticator
    rate: RateLimiter
    bodies: Bodies
    keys: Idempotency
    ledger: LedgerReader
    sending: Sending
    metrics: Metrics
    log: Log


def make_parts(settings: Settings, sender: Sender, log: Log) -> Parts:
    """Make the parts; nothing is connected before it is used, and the caller closes the sender.

    Raises:
        ConfigurationError: MONGODB_URI is not usable.
    """
    mongo: Client = client_of(
        AsyncMongoClient, settings.mongodb_uri, serverSelectionTimeoutMS=2_000, socketTimeoutMS=10_000, tz_aware=True
    )
    database = mongo.get_default_database(DATABASE)
    keys = Idempotency(database, settings.idempotency_ttl, settings.produce_timeout + _MARGIN)
    limits = settings.limits
    return Parts(
        settings=settings,
        sender=sender,
        mongo=mongo,
        auth=Authenticator(settings.auth),
        rate=RateLimiter(limits.rate, limits.burst, limits.users),
        bodies=Bodies(limits),
        keys=keys,
        ledger=LedgerReader(database),
        sending=Sending(Publisher(sender), keys, log, Templates(settings.templates) if settings.templates else None),
        metrics=Metrics(),
        log=log,
    )
