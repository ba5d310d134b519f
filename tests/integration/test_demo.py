"""The whole flow as real processes, with the notification service killed in the middle."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from eccs_contracts import DlqMetadata, EmailDlq, EmailRequest, ErrorCategory
from eccs_contracts.clients import RawProducer
from eccs_contracts.settings import kafka_config
from services.local_stack import Stack
from services.local_stack.demo import play

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]


def test_the_books_balance_after_a_crash() -> None:
    """No loss; no more duplicates than sends were in flight; no early retry; dead letters hold the bytes."""
    lines: list[str] = []

    assert play(kill_after=150, say=lines.append) == 0, "\n".join(lines)
    assert any(line.startswith("killed the notification service") for line in lines)


def test_the_dead_letter_of_the_largest_request_fits(stack: Stack) -> None:
    """It holds the request twice; the broker takes it, so that nothing is held for ever."""
    now = datetime.now(UTC)
    body = "x" * 990_000
    request = EmailRequest(id=uuid.uuid4(), to="a@x.example", subject="s", body=body, user_id="u", timestamp=now)
    metadata = DlqMetadata(
        failure_reason="550",
        error_category=ErrorCategory.PERMANENT,
        failed_at=now,
        total_attempts=0,
        max_attempts_configured=5,
        original_topic="email_requests",
        original_partition=0,
        original_offset=0,
        consumer_group="g",
        service_instance="i",
    )
    letter = EmailDlq(original_data=request, original_payload=request.to_avro(), dlq_metadata=metadata)
    producer = RawProducer({**kafka_config(stack.environment), "message.max.bytes": 4_194_304})
    answer = producer.send("email_dlq", letter.to_avro(), key="k", headers=[])

    assert answer.result(20).topic == "email_dlq"
    producer.close()
