"""One good value of each record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from eccs_contracts.models import (
    DlqMetadata,
    EmailDlq,
    EmailRequest,
    EmailRetry,
    ErrorCategory,
    OriginalHeader,
    RetryMetadata,
)

ID = UUID("123e4567-e89b-12d3-a456-426614174000")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def request(**changes: Any) -> EmailRequest:
    """A request, with some fields changed."""
    fields: dict[str, Any] = {
        "id": ID,
        "to": "ann@example.com",
        "subject": "Hello",
        "body": "Text",
        "user_id": "u-1",
        "timestamp": NOON,
    }
    return EmailRequest(**(fields | changes))


def retry(**changes: Any) -> EmailRetry:
    """A retry, with some fields of its metadata changed."""
    metadata: dict[str, Any] = {
        "attempt": 1,
        "previous_error": "451 later",
        "scheduled_at": NOON,
        "backoff_delay_ms": 1000,
        "original_topic": "email_requests",
    }
    base = request()
    fields = {name: getattr(base, name) for name in EmailRequest.__slots__}
    return EmailRetry(**fields, retry=RetryMetadata(**(metadata | changes)))


def dead_letter(**changes: Any) -> EmailDlq:
    """A dead letter, with some fields changed."""
    metadata = DlqMetadata(
        failure_reason="550 no",
        error_category=ErrorCategory.PERMANENT,
        failed_at=NOON,
        total_attempts=0,
        max_attempts_configured=5,
        original_topic="email_requests",
        original_partition=0,
        original_offset=7,
        consumer_group="notification-group",
        service_instance="n-1",
    )
    fields: dict[str, Any] = {
        "original_data": request(),
        "original_payload": b"\x00\xff",
        "original_headers": [OriginalHeader(name="h", value=b"v")],
        "dlq_metadata": metadata,
    }
    return EmailDlq(**(fields | changes))
