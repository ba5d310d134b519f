"""The ledger that the notification service keeps and the e-mail service reads: names only, no database."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

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
