"""A typed client of the e-mail service, for asyncio and without: the extra `client` (httpx).

    with EmailApi("http://127.0.0.1:3002", token) as api:
        sent = api.send(Email(to="name@example.com", subject="Hello", body="Text"))
        print(api.stats().states)

Every send carries an Idempotency-Key, so that it is repeated safely where the service or the network failed.
"""

from __future__ import annotations

from eccs_contracts.email_api._client import AsyncEmailApi, EmailApi
from eccs_contracts.email_api._errors import (
    BadAnswer,
    EmailApiError,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    RequestTooLarge,
    ServiceUnavailable,
    TooManyRequests,
)
from eccs_contracts.email_api._values import (
    Email,
    EmailPage,
    EmailStatus,
    Filter,
    ItemResult,
    Options,
    Sent,
    Stats,
    Step,
)

__all__ = [
    "AsyncEmailApi",
    "BadAnswer",
    "Email",
    "EmailApi",
    "EmailApiError",
    "EmailPage",
    "EmailStatus",
    "Filter",
    "InvalidRequest",
    "ItemResult",
    "NotAuthenticated",
    "NotFound",
    "Options",
    "RequestTooLarge",
    "Sent",
    "ServiceUnavailable",
    "Stats",
    "Step",
    "TooManyRequests",
]
