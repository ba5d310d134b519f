"""A dead letter as it lies in the DLQ: where, since when, and what it holds as far as it can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from eccs_contracts import headers as names
from eccs_contracts.errors import ContractsError
from eccs_contracts.migration import is_json
from eccs_contracts.models import DlqMetadata, EmailDlq

REDRIVE_COUNT: Final = names.REDRIVE_COUNT  # how often the message was sent again, this time counted
REDRIVE_OF: Final = "x-redrive-of"  # the identity of the dead letter that it was sent again from

UNREADABLE: Final = "UNREADABLE"  # the category of a letter that is not what the contract of the DLQ says
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PLACE: Final = re.compile(r"(\d{1,9})/(\d{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record lies in a topic; written `partition/offset`."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}/{self.offset}"


def place_of(text: str) -> Place | None:
    """The place that `partition/offset` names; None where the text is something else."""
    found = _PLACE.fullmatch(text)
    return Place(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Letter:
    """A record of the DLQ.

    Attributes:
        written: when it was written, by the record's timestamp.
        key: of the record in the DLQ; the key of the original is in the envelope.
        headers: of the record in the DLQ; those of the original are in the envelope.
        raw: the value, byte for byte.
        envelope: what the value says; None where it cannot be read.
        error: why it cannot be read; None where it can.
    """

    place: Place
    written: datetime
    key: bytes | None
    headers: names.Headers
    raw: bytes | None = field(repr=False)
    envelope: EmailDlq | None = field(repr=False, default=None)
    error: ContractsError | None = None

    @property
    def identity(self) -> str:
        """What stays the letter's own, also where a topic is made anew and counts from 0 again."""
        return f"{self.place}@{names.millis(self.written)}"

    @property
    def older(self) -> bool:
        """Whether an older service wrote it, as JSON: `raw` says more than the envelope that was read from it."""
        return self.raw is not None and is_json(self.raw, self.headers)

    @property
    def metadata(self) -> DlqMetadata | None:
        """Why and where the message was given up; None where that cannot be read."""
        return self.envelope.dlq_metadata if self.envelope else None

    @property
    def failed_at(self) -> datetime:
        """When the message was given up; when the letter was written, where it cannot be read."""
        return self.metadata.failed_at if self.metadata else self.written

    @property
    def category(self) -> str:
        """Class of the failure; UNREADABLE where the letter cannot be read."""
        return str(self.metadata.error_category) if self.metadata else UNREADABLE

    @property
    def reason(self) -> str:
        """The last error."""
        return self.metadata.failure_reason if self.metadata else str(self.error)

    @property
    def topic(self) -> str | None:
        """The topic that the original came from; None where that cannot be read."""
        return self.metadata.original_topic if self.metadata else None

    @property
    def email_id(self) -> str | None:
        """Identity of the e-mail; None where the original could not be decoded."""
        request = self.envelope.original_data if self.envelope else None
        return str(request.id) if request else None

    @property
    def likely_id(self) -> str | None:
        """The e-mail id that keys or headers name, for an original that could not be decoded."""
        headers = original_headers(self.envelope) if self.envelope else self.headers
        keys = (self.envelope.original_key if self.envelope else None, self.key)
        named = [(one or b"").decode("ascii", "replace") for one in keys] + [names.text(headers, names.EMAIL_ID) or ""]
        return next((one.lower() for one in named if _ID.fullmatch(one)), None)

    @property
    def redrives(self) -> int:
        """How often the original had been sent again from here when it was given up; what is no number counts as 0."""
        return names.redrive_count(original_headers(self.envelope)) if self.envelope else 0


def original_headers(envelope: EmailDlq) -> names.Headers:
    """The headers of the original message, in their order."""
    return [(one.name, one.value) for one in envelope.original_headers]
