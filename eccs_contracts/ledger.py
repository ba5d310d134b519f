"""The ledger that the notification service keeps and the e-mail service reads: names only, no database."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeVar

from eccs_contracts.errors import ConfigurationError

C = TypeVar("C")

DATABASE: Final = "eccs"  # where the URI names none
COLLECTION: Final = "email_log"


class EmailState(StrEnum):
    """Where an e-mail stands; SENT, DEAD and EXPIRED are ends.

    UNKNOWN is an end for a person to settle: the mail server may have it, and the policy is not to send it again.
    """

    SENDING = "sending"
    RETRYING = "retrying"
    SENT = "sent"
    DEAD = "dead"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


def client_of(kind: Callable[..., C], uri: str, **options: Any) -> C:
    """A client of PyMongo, which the caller brings; nothing is connected yet.

    Raises:
        ConfigurationError: MONGODB_URI is not usable; the text does not repeat it, for it may hold a password.
    """
    try:
        return kind(uri, **options)
    except Exception as error:  # noqa: BLE001  PyMongo's own, ValueError, TypeError, OSError: whatever parsing finds
        told = error.strerror if isinstance(error, OSError) else None
        reason = told or f"{type(error).__name__}; are user and password percent-encoded?"
        raise ConfigurationError(f"MONGODB_URI is not usable: {reason}") from None
