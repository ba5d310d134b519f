"""Every error of the client.

ContractsError
└── EmailApiError                    the service did not do what was asked
    ├── NotAuthenticated             401: the token is missing, expired or not for this service
    ├── NotFound (LookupError)       404: no e-mail of yours has this id
    ├── RequestTooLarge (ValueError) 413: the body, or the number of e-mails
    ├── InvalidRequest (ValueError)  400, 415, 422: lists the broken rules
    ├── TooManyRequests              429: retryable, after `retry_after` seconds
    ├── ServiceUnavailable (ConnectionError)   503, or no answer: retryable
    └── BadAnswer                    an answer that is not the service's: a proxy, or another version
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from eccs_contracts.errors import ContractsError


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an answer says.

    Attributes:
        status: HTTP status; 0 where there was no answer.
        detail: one sentence, without values of the caller's.
        request_id: the id under which the service's log has it; empty where there is none.
        retry_after: seconds to wait; None where the service does not say.
        problems: (field, rule) of each broken rule.
    """

    status: int
    detail: str
    request_id: str = ""
    retry_after: float | None = None
    problems: tuple[tuple[str, str], ...] = ()


class EmailApiError(ContractsError):
    """Raised where the service did not do what was asked.

    Attributes:
        refusal: what the answer says.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        rules = "; ".join(f"{field or 'the request'}: {rule}" for field, rule in refusal.problems)
        about = f" (request {refusal.request_id})" if refusal.request_id else ""
        super().__init__(f"{refusal.status or 'no answer'}: {rules or refusal.detail}{about}")


class NotAuthenticated(EmailApiError):
    """Raised where the service does not accept the token: get a new one."""


class NotFound(EmailApiError, LookupError):
    """Raised where no e-mail of the caller's has the id; a new one may still be queued."""


class RequestTooLarge(EmailApiError, ValueError):
    """Raised where the body is too large, or a batch too long: send less at once."""


class InvalidRequest(EmailApiError, ValueError):
    """Raised where the request breaks rules, which `refusal.problems` lists."""


class TooManyRequests(EmailApiError):
    """Raised where the caller's user sends more than the service lets it."""

    retryable: ClassVar[bool] = True


class ServiceUnavailable(EmailApiError, ConnectionError):
    """Raised where the service cannot take it now, or does not answer."""

    retryable: ClassVar[bool] = True


class BadAnswer(EmailApiError):
    """Raised where an answer is not the service's: a proxy answered, or another version."""


_KINDS: Final[Mapping[int, type[EmailApiError]]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    404: NotFound,
    408: ServiceUnavailable,
    409: ServiceUnavailable,
    413: RequestTooLarge,
    415: InvalidRequest,
    422: InvalidRequest,
    429: TooManyRequests,
    500: ServiceUnavailable,
    502: ServiceUnavailable,
    503: ServiceUnavailable,
    504: ServiceUnavailable,
}


def error_of(status: int, headers: Mapping[str, str], document: Any) -> EmailApiError:
    """The error that an answer means; the document is RFC 9457's, or anything."""
    found = document if isinstance(document, dict) else {}
    after = headers.get("retry-after", "")
    problems = found.get("problems")
    refusal = Refusal(
        status=status,
        detail=str(found.get("detail", "the answer says no more"))[:500],
        request_id=headers.get("x-request-id", "")[:64],
        retry_after=float(after) if after.isdecimal() else None,
        problems=tuple(
            (str(one.get("field", "")), str(one.get("rule", "")))
            for one in (problems if isinstance(problems, list) else ())
            if isinstance(one, dict)
        ),
    )
    return _KINDS.get(status, BadAnswer)(refusal)
