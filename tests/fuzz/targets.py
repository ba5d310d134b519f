"""The decoders of our three records, and the one that reads the first version."""

from __future__ import annotations

from pathlib import Path

from eccs_contracts._codec.resolving import reader_of
from eccs_contracts.models import EmailDlq, EmailRequest, EmailRetry
from tests.fuzz.damage import Target

_V1 = (Path(__file__).parents[2] / "schemas/history/email_requests-value/v1.avsc").read_text("utf-8")

TARGETS = (
    *(Target(one.__name__, one.from_avro, one.SCHEMA) for one in (EmailRequest, EmailRetry, EmailDlq)),
    Target("EmailRequest v1", reader_of(EmailRequest, _V1), _V1, EmailRequest.SCHEMA),
)
