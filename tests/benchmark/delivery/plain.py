"""What the two rivals do with a message: the same decoding and the same mail as the service, the rest as tutorials have it.

One connection for each mail, and one document for each e-mail, on disk before it is acknowledged.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from confluent_kafka.serialization import MessageField, SerializationContext
from pymongo import WriteConcern

import services.notification_service as service
from eccs_contracts import EmailRequest
from eccs_contracts.serde import ContractDeserializer, Registry
from services.notification_service.mail import Composer

COLLECTION: Final = "email_log"
DURABLE: Final = WriteConcern(w=1, j=True)
SMTP: Final = (os.environ.get("SMTP_HOST", ""), int(os.environ.get("SMTP_PORT", "0")))
_CONTEXT: Final = SerializationContext(EmailRequest.TOPIC, MessageField.VALUE)


def decoder() -> ContractDeserializer[EmailRequest]:
    """The decoder of the environment's registry."""
    return ContractDeserializer(Registry.from_env(), EmailRequest)


def decoded(decode: ContractDeserializer[EmailRequest], value: bytes | None) -> EmailRequest:
    """The request in a record."""
    request = decode(value, _CONTEXT)
    assert request is not None
    return request


def composer() -> Composer:
    """The service's own, so that all send the same bytes."""
    return Composer("no-reply@eccs.example", Path(service.__file__).with_name("templates"))


def document(request: EmailRequest) -> dict[str, Any]:
    """What is known of an e-mail that was sent."""
    return {
        "_id": str(request.id),
        "state": "sent",
        "userId": request.user_id,
        "to": request.to,
        "subject": request.subject,
        "requestedAt": request.timestamp,
    }
