"""What is written to the retry topic and to the DLQ."""

from __future__ import annotations

from datetime import datetime

from eccs_contracts import DlqMetadata, EmailDlq, EmailRequest, EmailRetry, OriginalHeader, RetryMetadata
from eccs_contracts import headers as names
from eccs_contracts.delivery import DeadLetter, Outcome, Retry
from services.notification_service.message import Job, Record

MAX_REASON = 1024


def retry_envelope(job: Job, request: EmailRequest, retry: Retry) -> tuple[EmailRetry, dict[str, str]]:
    """The next retry of a job, and its headers; those of the producer go along beside them."""
    first_topic = names.text(job.record.headers, names.ORIGINAL_TOPIC) if job.attempt else None
    original_topic = job.first_topic or first_topic or job.record.topic
    fields = {name: getattr(request, name) for name in EmailRequest.__slots__}
    metadata = RetryMetadata(
        attempt=retry.attempt,
        previous_error=retry.reason[:MAX_REASON],
        scheduled_at=retry.due,
        backoff_delay_ms=retry.delay_ms,
        original_topic=original_topic[:249],
    )
    headers = {
        names.RETRY_COUNT: str(retry.attempt),
        names.ORIGINAL_TOPIC: original_topic,
        names.SCHEDULED_RETRY_TIME: names.millis(retry.due),
        **({names.REDRIVE_COUNT: str(job.redrive)} if job.redrive else {}),
    }
    return EmailRetry(**fields, retry=metadata), headers


def dead_letter(
    job: Job,
    ended: tuple[DeadLetter, Outcome],
    origin: Record,
    *,
    now: datetime,
    max_attempts: int,
    by: tuple[str, str],
) -> tuple[EmailDlq, dict[str, str]]:
    """The dead letter of a job, and its headers; those of the producer go along beside them.

    Args:
        job: what was tried.
        ended: why it ends, and how the last attempt did.
        now: when it ends.
        max_attempts: retries that it could have had.
        origin: the record as its producer wrote it, which for a retry is not the record of the job.
        by: consumer group and instance.
    """
    letter, outcome = ended
    metadata = DlqMetadata(
        failure_reason=letter.reason[:MAX_REASON],
        error_category=letter.category,
        failed_at=now,
        total_attempts=letter.attempts,
        max_attempts_configured=max_attempts,
        original_topic=origin.topic,
        original_partition=origin.partition,
        original_offset=origin.offset,
        consumer_group=by[0],
        service_instance=by[1],
    )
    envelope = EmailDlq(
        original_data=job.request,
        original_payload=origin.value,
        original_key=origin.key,
        original_headers=[OriginalHeader(name=name, value=_bytes(value)) for name, value in origin.headers],
        dlq_metadata=metadata,
    )
    headers = {
        names.FAILURE_REASON: letter.reason,
        names.TOTAL_ATTEMPTS: str(letter.attempts),
        names.FAILED_AT: names.millis(now),
        names.ORIGINAL_TOPIC: origin.topic,
        names.DISPOSITION: letter.disposition,
        **_smtp(outcome),
        **{f"__dlq.errors.{name}": value for name, value in _broker_headers(origin, letter, by[0]).items()},
    }
    if job.request is not None:
        headers |= {names.EMAIL_ID: str(job.request.id), names.USER_ID: job.request.user_id}
    return envelope, headers


def _smtp(outcome: Outcome) -> dict[str, str]:
    code = {names.SMTP_CODE: str(outcome.code)} if outcome.code else {}
    return {**code, **({names.ENHANCED_CODE: outcome.enhanced} if outcome.enhanced else {})}


def _broker_headers(origin: Record, letter: DeadLetter, group: str) -> dict[str, str]:
    """The six headers that a broker gives to dead letters of its own (KIP-1191), so that tools read ours too."""
    return {
        "topic": origin.topic,
        "partition": str(origin.partition),
        "offset": str(origin.offset),
        "group": group,
        "delivery.count": str(letter.attempts + 1),
        "message": letter.reason,
    }


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
