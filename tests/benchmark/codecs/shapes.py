"""Our records as the others want them: dicts with wire names, and models of dataclasses-avroschema."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from eccs_contracts.models import DlqMetadata, EmailDlq, EmailRequest, EmailRetry, RetryMetadata
from tests.benchmark.codecs.avro_models import RequestModel, RetryModel, RetryPart

_REQUEST: Final = tuple(zip(EmailRequest.FIELDS, EmailRequest.__slots__, strict=True))


def request_dict(value: Any) -> dict[str, Any]:
    """Written by hand, as the documentation of AvroSerializer shows it."""
    return {
        "id": value.id,
        "to": value.to,
        "subject": value.subject,
        "body": value.body,
        "userId": value.user_id,
        "timestamp": value.timestamp,
        "source": value.source,
        "templateId": value.template_id,
        "templateData": value.template_data,
        "metadata": value.metadata,
        "expiresAt": value.expires_at,
    }


def retry_dict(value: Any) -> dict[str, Any]:
    """As above."""
    found = request_dict(value)
    retry = value.retry
    found["_retry"] = {
        "attempt": retry.attempt,
        "previousError": retry.previous_error,
        "scheduledAt": retry.scheduled_at,
        "backoffDelayMs": retry.backoff_delay_ms,
        "originalTopic": retry.original_topic,
    }
    return found


def dead_letter_dict(value: Any) -> dict[str, Any]:
    """As above."""
    metadata = value.dlq_metadata
    return {
        "originalData": request_dict(value.original_data),
        "originalPayload": value.original_payload,
        "originalKey": value.original_key,
        "originalHeaders": [{"name": one.name, "value": one.value} for one in value.original_headers],
        "dlqMetadata": {
            "failureReason": metadata.failure_reason,
            "errorCategory": metadata.error_category.value,
            "failedAt": metadata.failed_at,
            "totalAttempts": metadata.total_attempts,
            "maxAttemptsConfigured": metadata.max_attempts_configured,
            "originalTopic": metadata.original_topic,
            "originalPartition": metadata.original_partition,
            "originalOffset": metadata.original_offset,
            "consumerGroup": metadata.consumer_group,
            "serviceInstance": metadata.service_instance,
        },
    }


TO_DICT: Final[dict[type[Any], Any]] = {
    EmailRequest: request_dict,
    EmailRetry: retry_dict,
    EmailDlq: dead_letter_dict,
}


def asdict_dict(value: Any) -> dict[str, Any]:
    """`dataclasses.asdict`, with wire names: what most people write."""
    return _renamed(type(value), dataclasses.asdict(value))


def _renamed(model: type[Any], found: dict[str, Any]) -> dict[str, Any]:
    named = dict(zip(model.FIELDS, found.values(), strict=True))
    if "dlqMetadata" in named:
        named["originalData"] = _renamed(EmailRequest, named["originalData"])
        named["dlqMetadata"] = _renamed(DlqMetadata, named["dlqMetadata"])
    if "_retry" in named:
        named["_retry"] = _renamed(RetryMetadata, named["_retry"])
    return named


def _request_model(value: Any) -> RequestModel:
    return RequestModel(**request_dict(value))


def _retry_model(value: Any) -> RetryModel:
    return RetryModel(**request_dict(value), retry=RetryPart(**retry_dict(value)["_retry"]))


AVRO_MODELS: Final[dict[type[Any], Any]] = {EmailRequest: _request_model, EmailRetry: _retry_model}
MODELS_OF: Final[dict[Any, Any]] = {_request_model: RequestModel, _retry_model: RetryModel}
