"""What the two rivals do with a message, as tutorials have it: a mail of the standard library's, and one document.

They read messages with our decoder, and the document is on disk before it is acknowledged, as the service's are.
"""

from __future__ import annotations

import os
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any, Final

from confluent_kafka.serialization import MessageField, SerializationContext
from pymongo import WriteConcern

from eccs_contracts import EmailRequest
from eccs_contracts.serde import ContractDeserializer, Registry

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


def mail(request: EmailRequest) -> EmailMessage:
    """The same headers and the same body as the service's mail."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = "no-reply@eccs.example"
    message["To"] = request.to
    message["Subject"] = request.subject
    message["Date"] = format_datetime(request.timestamp)
    message["Message-ID"] = f"<{request.id}@eccs.example>"
    message.set_content(request.body)
    return message


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
