"""Dead letters as the notification service writes them, for the tests of operations."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from eccs_contracts import DlqMetadata, EmailDlq, EmailRequest, ErrorCategory, OriginalHeader
from eccs_contracts.dead_letters.letters import Letter, Place

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def request(number: int = 0, **fields: Any) -> EmailRequest:
    """A request whose id is its number."""
    given: dict[str, Any] = {
        "id": uuid.UUID(int=number),
        "to": f"user{number}@example.com",
        "subject": f"Subject {number}",
        "body": "Text",
        "user_id": f"u{number % 3}",
        "timestamp": NOW,
    }
    return EmailRequest(**{**given, **fields})


def envelope(original: EmailRequest | None, payload: bytes | None = b"\x00", **fields: Any) -> EmailDlq:
    """The dead letter of a request; None where it could not be decoded."""
    headers: list[tuple[str, bytes | None]] = fields.pop("headers", [])
    key: bytes | None = fields.pop("key", str(original.id).encode() if original else b"broken")
    given: dict[str, Any] = {
        "failure_reason": "550 5.1.1 no such user",
        "error_category": ErrorCategory.PERMANENT,
        "failed_at": NOW,
        "total_attempts": 0,
        "max_attempts_configured": 5,
        "original_topic": "email_requests",
        "original_partition": 1,
        "original_offset": 42,
        "consumer_group": "notification-group",
        "service_instance": "one",
    }
    return EmailDlq(
        original_data=original,
        original_payload=payload,
        original_key=key,
        original_headers=[OriginalHeader(name=name, value=value) for name, value in headers],
        dlq_metadata=DlqMetadata(**{**given, **fields}),
    )


def letter(number: int = 0, original: EmailRequest | None = None, **fields: Any) -> Letter:
    """A letter at 0/number."""
    whole = envelope(original or request(number), **fields)
    return Letter(Place(0, number), NOW, whole.original_key, [], b"", whole)
