"""The messages: our three records, with all that is optional, each another one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
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

_START: Final = datetime(2026, 9, 1, tzinfo=UTC)
_WORDS: Final = ("lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "eiusmod")


def messages(model: type[Any], count: int, body: int) -> list[Any]:
    """Distinct values of a record, whose bodies have so many characters."""
    random = Random(7)
    return [_MAKE[model](random, body) for _ in range(count)]


def _request_fields(random: Random, body: int) -> dict[str, Any]:
    at = _START + timedelta(milliseconds=random.randrange(10**9))
    words = random.sample(_WORDS, 6)
    text = " ".join([*words, str(random.random()), ""])
    return {
        "id": UUID(int=random.getrandbits(128), version=4),
        "to": f"user{random.randrange(10**6)}@example.com",
        "subject": f"Your order {random.randrange(10**6)} is on its way",
        "body": (text * (body // len(text) + 1))[:body],
        "user_id": f"u-{random.randrange(10**6)}",
        "timestamp": at,
        "source": "billing",
        "template_id": "welcome",
        "template_data": {"name": "Ada", "count": random.randrange(10**4)},
        "metadata": {"campaign": words[0], "tenant": words[1]},
        "expires_at": at + timedelta(days=1),
    }


def _request(random: Random, body: int) -> EmailRequest:
    return EmailRequest(**_request_fields(random, body))


def _retry(random: Random, body: int) -> EmailRetry:
    return EmailRetry(
        **_request_fields(random, body),
        retry=RetryMetadata(
            attempt=random.randint(1, 5),
            previous_error="451 4.7.1 greylisted, try again later",
            scheduled_at=_START + timedelta(milliseconds=random.randrange(10**9)),
            backoff_delay_ms=random.choice((1000, 2000, 4000, 8000, 16000)),
            original_topic="email_requests",
        ),
    )


def _dead_letter(random: Random, body: int) -> EmailDlq:
    return EmailDlq(
        original_data=_request(random, body),
        original_payload=None,
        original_key=str(UUID(int=random.getrandbits(128))).encode(),
        original_headers=[
            OriginalHeader(name="x-email-id", value=random.randbytes(16)),
            OriginalHeader(name="x-content-type", value=b"application/vnd.confluent.avro"),
        ],
        dlq_metadata=DlqMetadata(
            failure_reason="550 5.1.1 no such user here",
            error_category=random.choice([*ErrorCategory]),
            failed_at=_START + timedelta(milliseconds=random.randrange(10**9)),
            total_attempts=5,
            max_attempts_configured=5,
            original_topic="email_requests_retry",
            original_partition=random.randrange(6),
            original_offset=random.randrange(10**9),
            consumer_group="notification-group",
            service_instance="notification-1",
        ),
    )


_MAKE: Final[dict[type[Any], Any]] = {EmailRequest: _request, EmailRetry: _retry, EmailDlq: _dead_letter}
MODELS: Final = tuple(_MAKE)
