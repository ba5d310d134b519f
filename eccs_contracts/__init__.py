"""The data contract of ECCS e-mail on Kafka.

Models and errors are here at once; clients, which need librdkafka, are imported when they are asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from eccs_contracts.models import (
    DlqMetadata,
    EmailDlq,
    EmailRequest,
    EmailRetry,
    ErrorCategory,
    OriginalHeader,
    RetryMetadata,
)

if TYPE_CHECKING:
    from eccs_contracts.clients import Delivery, Received
    from eccs_contracts.models._clients import (
        AsyncEmailDlqProducer,
        AsyncEmailRequestsProducer,
        AsyncEmailRequestsRetryProducer,
        EmailDlqConsumer,
        EmailDlqProducer,
        EmailRequestsConsumer,
        EmailRequestsProducer,
        EmailRequestsRetryConsumer,
        EmailRequestsRetryProducer,
    )

__all__ = [
    "AsyncEmailDlqProducer",
    "AsyncEmailRequestsProducer",
    "AsyncEmailRequestsRetryProducer",
    "Delivery",
    "DlqMetadata",
    "EmailDlq",
    "EmailDlqConsumer",
    "EmailDlqProducer",
    "EmailRequest",
    "EmailRequestsConsumer",
    "EmailRequestsProducer",
    "EmailRequestsRetryConsumer",
    "EmailRequestsRetryProducer",
    "EmailRetry",
    "ErrorCategory",
    "OriginalHeader",
    "Received",
    "RetryMetadata",
]

_RUNTIME = ("Delivery", "Received")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "eccs_contracts.clients" if name in _RUNTIME else "eccs_contracts.models._clients"
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
