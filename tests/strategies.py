"""Random values of our three records, for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from eccs_contracts import (
    DlqMetadata,
    EmailDlq,
    EmailRequest,
    EmailRetry,
    ErrorCategory,
    OriginalHeader,
    RetryMetadata,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

texts = st.text(st.characters(codec="utf-8"), max_size=40) | st.text("aé漢😀\0", min_size=60, max_size=200)
longs = st.integers(-(2**63), 2**63 - 1)
counts = st.integers(-(2**31), 2**31 - 1)
instants = st.integers(-62_135_596_800_000, 253_402_300_799_999).map(lambda ms: _EPOCH + timedelta(milliseconds=ms))
values = st.none() | st.booleans() | longs | st.floats(allow_nan=False) | texts

_request_fields = {
    "id": st.uuids(),
    "to": texts,
    "subject": texts,
    "body": texts,
    "user_id": texts,
    "timestamp": instants,
    "source": st.none() | texts,
    "template_id": st.none() | texts,
    "template_data": st.none() | st.dictionaries(texts, values, max_size=5),
    "metadata": st.none() | st.dictionaries(texts, texts, max_size=70),
    "expires_at": st.none() | instants,
}

requests = st.builds(EmailRequest, **_request_fields)
retries = st.builds(
    EmailRetry,
    **_request_fields,
    retry=st.builds(
        RetryMetadata,
        attempt=counts,
        previous_error=texts,
        scheduled_at=instants,
        backoff_delay_ms=longs,
        original_topic=texts,
    ),
)
dead_letters = st.builds(
    EmailDlq,
    original_data=st.none() | requests,
    original_payload=st.none() | st.binary(max_size=300),
    original_key=st.none() | st.binary(max_size=40),
    original_headers=st.lists(
        st.builds(OriginalHeader, name=texts, value=st.none() | st.binary(max_size=20)), max_size=4
    ),
    dlq_metadata=st.builds(
        DlqMetadata,
        failure_reason=texts,
        error_category=st.sampled_from(ErrorCategory),
        failed_at=instants,
        total_attempts=counts,
        max_attempts_configured=counts,
        original_topic=texts,
        original_partition=counts,
        original_offset=longs,
        consumer_group=texts,
        service_instance=texts,
    ),
)
records = requests | retries | dead_letters
