"""The paths under /api/emails.

Annotations are values here: FastAPI reads them, and those of a function inside of a function are found no other way.
"""

import asyncio
import math
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from eccs_contracts.headers import trace
from services.email_service.models import (
    Accepted,
    BatchItem,
    BatchResult,
    EmailPage,
    EmailStatus,
    ItemProblem,
    ListQuery,
    Period,
    Stats,
)
from services.email_service.openapi import BATCH_BODY, IDEMPOTENT, READING, READING_ONE, SENDING, json_body
from services.email_service.parts import Parts
from services.email_service.problems import MOST, ApiError, Broken, invalid, unavailable
from services.email_service.sending import TOO_LARGE, Caller, Outcome

_REPLAYED: Final = "Idempotency-Replayed"
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern="^[!-~]+$",
        description="Makes a repeated call return the first result. Any text of yours, for example a UUID.",
    ),
]


def email_routes(parts: Parts) -> APIRouter:
    """The routes; each needs a token and is counted against its user's rate."""
    router = APIRouter(prefix="/api/emails", tags=["emails"])

    async def user_of(request: Request) -> str:
        user = parts.auth.user(request.headers.get("authorization"))
        charge(parts, user, 1)
        return user

    _add_sending(router, parts, Depends(user_of))
    _add_reading(router, parts, Depends(user_of))
    return router


def _add_sending(router: APIRouter, parts: Parts, user_of: Any) -> None:
    @router.post("/send", status_code=202, openapi_extra=json_body("SendRequest"), responses=SENDING | IDEMPOTENT)
    async def send(request: Request, response: Response, user: Annotated[str, user_of], key: Key = None) -> Accepted:
        """Send one e-mail. 202 means that the broker has it."""
        async with parts.bodies.reading(request, user) as body:
            [outcome] = await parts.sending.send(_caller(request, user, key), "send", [body])
        _count(parts, response, [outcome])
        _raise_unless_accepted([outcome])
        return Accepted(id=outcome.id or "")

    @router.post(
        "/batch",
        status_code=202,
        response_model=BatchResult,
        openapi_extra=BATCH_BODY(parts.settings.limits.batch),
        responses=SENDING | IDEMPOTENT,
    )
    async def batch(request: Request, response: Response, user: Annotated[str, user_of], key: Key = None) -> Response:
        """Send many e-mails. 202 means that the broker has at least one; each item says what became of it."""
        async with parts.bodies.reading(request, user) as body:
            items = _batch(body, parts.settings.limits.batch)
            charge(parts, user, len(items) - 1)  # one is charged already
            outcomes = await parts.sending.send(_caller(request, user, key), "batch", items)
        _count(parts, response, outcomes)
        if all(one.result != "accepted" for one in outcomes):
            _raise_unless_accepted(outcomes)
        result = BatchResult(items=[_item(one) for one in outcomes])
        # FastAPI would check it again and encode it in Python, which takes ten times as long for 500 items.
        return Response(result.model_dump_json(), 202, dict(response.headers), "application/json")


def _add_reading(router: APIRouter, parts: Parts, user_of: Any) -> None:
    @router.get("", responses=READING)
    async def page(user: Annotated[str, user_of], query: Annotated[ListQuery, Query()]) -> EmailPage:
        """List the caller's e-mails, newest first."""
        return await parts.ledger.page(user, query)

    @router.get("/stats", responses=READING)
    async def stats(user: Annotated[str, user_of], query: Annotated[Period, Query()]) -> Stats:
        """Count the caller's e-mails by where they stand."""
        return await parts.ledger.stats(user, query)

    @router.get("/{email_id}", responses=READING_ONE)
    async def status(email_id: uuid.UUID, user: Annotated[str, user_of]) -> EmailStatus:
        """Tell where an e-mail of the caller's stands, and how it came there."""
        return await parts.ledger.status(user, str(email_id))


def charge(parts: Parts, user: str, cost: int) -> None:
    """Take from a user's bucket; raises ApiError 429."""
    wait = parts.rate.take(user, cost, asyncio.get_running_loop().time())
    if wait:
        parts.metrics.limited.inc()
        limits = parts.settings.limits
        raise ApiError(
            429,
            f"at most {limits.rate} e-mails a second, {limits.burst} at once",
            {"Retry-After": str(math.ceil(wait))},
        )


def _caller(request: Request, user: str, key: str | None) -> Caller:
    given = request.headers.get("traceparent")
    return Caller(user, key, trace([("traceparent", given)]) if given else {})


def _batch(body: Any, most: int) -> list[Any]:
    if not isinstance(body, list) or not body:
        raise invalid([Broken("", "a list of e-mails, at least one")])
    if len(body) > most:
        raise ApiError(413, f"at most {most} e-mails in a batch")
    return body


def _count(parts: Parts, response: Response, outcomes: Sequence[Outcome]) -> None:
    for result, count in Counter(one.result for one in outcomes if not one.replayed).items():
        parts.metrics.emails.labels(result).inc(count)
    if any(one.replayed for one in outcomes):
        parts.metrics.replays.inc()
        response.headers[_REPLAYED] = "true"


def _raise_unless_accepted(outcomes: Sequence[Outcome]) -> None:
    """Nothing was accepted: say why, the broker first, since trying again can help there."""
    results = {one.result for one in outcomes}
    if "unavailable" in results:
        raise unavailable("the broker did not acknowledge in time")
    if "accepted" in results:
        return
    if all(TOO_LARGE in one.problems for one in outcomes):
        raise ApiError(413, "the e-mail is larger than the broker takes")
    single = len(outcomes) == 1
    raise invalid(
        [
            broken if single else Broken(f"[{place}].{broken.field}".rstrip("."), broken.rule)
            for place, one in enumerate(outcomes)
            for broken in one.problems
        ]
    )


def _item(outcome: Outcome) -> BatchItem:
    problems = [ItemProblem(field=one.field, rule=one.rule) for one in outcome.problems[:MOST]]
    return BatchItem(id=outcome.id, status=outcome.result, problems=problems)
