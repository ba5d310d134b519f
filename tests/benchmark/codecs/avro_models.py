"""Our records as models of dataclasses-avroschema, which cannot read annotations that are put off (PEP 563)."""

# ruff: noqa: N815  the annotations as above; the names are those on the wire

import dataclasses
from datetime import datetime
from uuid import UUID

from dataclasses_avroschema import AvroModel, types


@dataclasses.dataclass
class RequestModel(AvroModel):
    """EmailRequest as dataclasses-avroschema has it."""

    id: UUID
    to: str
    subject: str
    body: str
    userId: str
    timestamp: datetime
    source: str | None = None
    templateId: str | None = None
    templateData: dict[str, bool | int | float | str | None] | None = None
    metadata: dict[str, str] | None = None
    expiresAt: datetime | None = None


@dataclasses.dataclass
class RetryPart(AvroModel):
    """RetryMetadata, likewise."""

    attempt: types.Int32
    previousError: str
    scheduledAt: datetime
    backoffDelayMs: int
    originalTopic: str


@dataclasses.dataclass
class RetryModel(RequestModel):
    """EmailRetry, likewise."""

    retry: RetryPart | None = None
