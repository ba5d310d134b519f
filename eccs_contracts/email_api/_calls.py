"""Calls as values: what is sent, how its answer is read, and whether and when to try again. No network here."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from eccs_contracts.email_api._errors import BadAnswer, EmailApiError, Refusal, error_of
from eccs_contracts.email_api._values import (
    Email,
    EmailPage,
    EmailStatus,
    Filter,
    ItemResult,
    Options,
    Sent,
    Stats,
    item_of,
    page_of,
    status_of,
)

R = TypeVar("R")
_PATH: Final = "/api/emails"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """One request and how its answer is read."""

    method: str
    path: str
    read: Callable[[Any, Answer], R]
    body: Any = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes | None:
        """The body as it is sent."""
        return None if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()


def send(email: Email, key: str | None) -> Call[Sent]:
    """One e-mail; raises ValidationError where the contract does not take it."""
    email.validate()

    def read(document: Any, answer: Answer) -> Sent:
        return Sent(UUID(document["id"]), answer.headers.get("idempotency-replayed") == "true")

    return Call("POST", f"{_PATH}/send", read, email.document(), headers=_with_key(key))


def send_batch(emails: Sequence[Email], key: str | None) -> Call[list[ItemResult]]:
    """Many e-mails; what is wrong with one is in its result."""

    def read(document: Any, _: Answer) -> list[ItemResult]:
        return [item_of(one) for one in document["items"]]

    return Call("POST", f"{_PATH}/batch", read, [one.document() for one in emails], headers=_with_key(key))


def status(email_id: UUID) -> Call[EmailStatus]:
    """Where an e-mail stands."""
    return Call("GET", f"{_PATH}/{email_id}", lambda document, _: status_of(document))


def page(chosen: Filter, limit: int, cursor: str | None) -> Call[EmailPage]:
    """Some e-mails."""
    parameters = {**chosen.parameters(), "limit": str(limit), **({"cursor": cursor} if cursor else {})}
    return Call("GET", _PATH, lambda document, _: page_of(document), parameters=parameters)


def stats(chosen: Filter) -> Call[Stats]:
    """How many stand where; only the period of the filter counts."""
    known = {name: value for name, value in chosen.parameters().items() if name in ("since", "until")}
    return Call(
        "GET", f"{_PATH}/stats", lambda document, _: Stats(document["total"], document["states"]), parameters=known
    )


def result_of(call: Call[R], answer: Answer) -> R:
    """What an answer means.

    Raises:
        EmailApiError: it is a refusal, or none of the service's answers.
    """
    document = _document(answer.content)
    if not 200 <= answer.status < 300:
        raise error_of(answer.status, answer.headers, document)
    try:
        return call.read(document, answer)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        detail = f"the answer is not what {call.method} {call.path} gives ({type(error).__name__})"
        raise BadAnswer(Refusal(answer.status, detail)) from None


def wait_before(error: EmailApiError, made: int, options: Options) -> float | None:
    """Seconds until the next attempt after `made` ones; None where there is to be none."""
    if not error.retryable or made >= options.attempts:
        return None
    wait = error.refusal.retry_after
    if wait is None:
        wait = options.backoff * 2 ** (made - 1)
    return wait if wait <= options.longest_wait else None


def _with_key(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key or str(uuid.uuid4()), "Content-Type": "application/json"}


def _document(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
