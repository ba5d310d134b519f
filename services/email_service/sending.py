"""What a call to send becomes: checked requests, ids, messages, and a result for each e-mail."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

from pymongo.errors import PyMongoError

from eccs_contracts import Delivery, EmailRequest
from eccs_contracts.errors import EncodeError, InfrastructureError, MessageTooLarge, UnknownSchema, ValidationError
from services.email_service.idempotency import Ask, Idempotency, Reservation
from services.email_service.models import SET_BY_US
from services.email_service.problems import Broken
from services.email_service.publish import Publisher
from services.email_service.rules import broken_rules, too_many
from services.email_service.turns import Turns
from services.logs import Log
from services.web.templates import Templates

Result: TypeAlias = Literal["accepted", "invalid", "unavailable"]
TOO_LARGE: Final = Broken("", "small enough for the broker")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one e-mail.

    Attributes:
        replayed: an earlier call with the same key sent it.
    """

    result: Result
    id: str | None = None
    problems: tuple[Broken, ...] = ()
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and with what beside the body.

    Attributes:
        key: the Idempotency-Key, where there is one.
        headers: for the messages: the trace.
    """

    user: str
    key: str | None
    headers: Mapping[str, str]


class Sending:
    """Sends the e-mails of one call after another."""

    def __init__(self, publisher: Publisher, keys: Idempotency, log: Log, templates: Templates | None = None) -> None:
        """Take what publishes and what keeps keys; without `templates`, a templateId may be any name."""
        self._publisher = publisher
        self._keys = keys
        self._log = log
        self._templates = templates
        self._turns = Turns()
        self._unanswered = 0
        self._settled = asyncio.Event()

    async def send(self, caller: Caller, operation: str, items: Sequence[Any]) -> list[Outcome]:
        """Publish what is valid; a result for each item, in their order.

        Raises:
            ApiError: 422 or 409, about the Idempotency-Key.
            PyMongoError: there is a key, and the database does not answer; nothing was published.
        """
        # Without a key the producer's own check does; with one, what is invalid must not reserve an id.
        check = request_of if caller.key is None else valid_request_of
        templates = self._templates.names() if self._templates else None
        checked = await self._turns.work(caller.user, items, lambda item: check(item, caller.user, templates))
        requests = [one for one in checked if isinstance(one, EmailRequest)]
        sent = iter(await self._send_valid(caller, _fingerprint(operation, items, caller.key), requests))
        return [next(sent) if isinstance(one, EmailRequest) else Outcome("invalid", problems=one) for one in checked]

    async def _send_valid(self, caller: Caller, fingerprint: str, requests: list[EmailRequest]) -> list[Outcome]:
        if not requests:
            return []
        if caller.key is None:
            return await self._publish(caller, requests)
        held = await self._keys.reserve(Ask(caller.user, caller.key, fingerprint, len(requests)))
        for request, email_id in zip(requests, held.ids, strict=True):
            request.id = uuid.UUID(email_id)
        return await self._publish_held(caller, held, requests)

    async def _publish_held(self, caller: Caller, held: Reservation, requests: list[EmailRequest]) -> list[Outcome]:
        """Publish what the broker does not have yet, and note what it has then."""
        earlier = {
            place: Outcome("accepted", held.ids[place]) if place in held.accepted else _too_large()
            for place in range(len(requests))
            if place in held.accepted or held.finished
        }
        left = [place for place in range(len(requests)) if place not in earlier]
        fresh = dict(zip(left, await self._publish(caller, [requests[place] for place in left]), strict=True))
        if not held.finished:
            await self._note(held, {**earlier, **fresh})
        replayed = {place: replace(one, replayed=True) for place, one in earlier.items()}
        return [(replayed | fresh)[place] for place in range(len(requests))]

    async def _note(self, held: Reservation, outcomes: Mapping[int, Outcome]) -> None:
        """Keep the result. Where that fails the caller still has it; a repeat publishes under the same ids."""
        accepted = frozenset(place for place, one in outcomes.items() if one.result == "accepted")
        done = all(one.result != "unavailable" for one in outcomes.values())
        try:
            await self._keys.finish(held, accepted, done=done)
        except PyMongoError as error:
            self._log("warning", "idempotency key not finished", error=type(error).__name__)

    async def _publish(self, caller: Caller, requests: list[EmailRequest]) -> list[Outcome]:
        """Hand all over, and wait for the broker to have them."""
        if not requests:
            return []
        try:
            await self._publisher.warm_up(requests[0])
        except _REFUSALS as error:
            return [_refused(error)] * len(requests)
        handed = await self._turns.work(
            caller.user,
            requests,
            lambda request: self._hand_over(caller, request),
            before=self._room if len(requests) > 1 else None,
        )
        await asyncio.gather(*(one for one in handed if isinstance(one, asyncio.Future)), return_exceptions=True)
        outcomes = [
            _outcome(one, request) if isinstance(one, asyncio.Future) else one
            for one, request in zip(handed, requests, strict=True)
        ]
        if any(one.result == "unavailable" for one in outcomes):
            self._log("warning", "not published", count=sum(one.result == "unavailable" for one in outcomes))
        return outcomes

    def _hand_over(self, caller: Caller, request: EmailRequest) -> asyncio.Future[Delivery] | Outcome:
        try:
            answer = self._publisher.hand_over(request, caller.headers)
        except _REFUSALS as error:
            return _refused(error)
        self._unanswered += 1
        answer.add_done_callback(self._answered)
        return answer

    def _answered(self, _: asyncio.Future[Delivery]) -> None:
        self._unanswered -= 1
        if self._unanswered < _MOST_UNANSWERED:
            self._settled.set()

    async def _room(self) -> None:
        """Wait while the broker owes so many answers that settling them would hold up the loop."""
        while self._unanswered >= _MOST_UNANSWERED:
            self._settled.clear()
            await self._settled.wait()


_MOST_UNANSWERED: Final = 256
_REFUSALS: Final = (ValidationError, EncodeError, MessageTooLarge, InfrastructureError, UnknownSchema)


def _outcome(answer: asyncio.Future[Delivery], request: EmailRequest) -> Outcome:
    error = answer.exception()
    if error is None:
        return Outcome("accepted", str(request.id))
    if isinstance(error, _REFUSALS):
        return _refused(error)
    raise error


def _refused(error: Exception) -> Outcome:
    if isinstance(error, ValidationError):
        return Outcome("invalid", problems=_broken(error))
    if isinstance(error, MessageTooLarge | EncodeError):
        return _too_large()
    return Outcome("unavailable")


def request_of(item: Any, user: str, templates: Collection[str] | None = None) -> EmailRequest | tuple[Broken, ...]:
    """The request of a JSON value, or what is missing, unknown, of a wrong type or against the API's own rules.

    The contract's constraints are not checked yet.
    """
    if not isinstance(item, dict):
        return (Broken("", "an object is expected"),)
    ours = tuple(Broken(name, "set by the service; leave it out") for name in sorted(SET_BY_US & item.keys()))
    if early := ours or too_many(item):
        return early
    try:
        given = {name: _whole(value) if type(value) is float else value for name, value in item.items()}
        request = EmailRequest.from_json({**given, "id": str(uuid.uuid4()), "userId": user, "timestamp": 0})
    except ValidationError as error:
        return _broken(error)
    request.timestamp = datetime.now(UTC)
    return broken_rules(item, request, templates) or request


def valid_request_of(
    item: Any, user: str, templates: Collection[str] | None = None
) -> EmailRequest | tuple[Broken, ...]:
    """The same with the constraints checked."""
    request = request_of(item, user, templates)
    try:
        if isinstance(request, EmailRequest):
            request.validate()
    except ValidationError as error:
        return _broken(error)
    return request


def _whole(value: float) -> float | int:
    """5.0 as 5: to JSON Schema both are integers, and a field of doubles takes either."""
    return int(value) if value.is_integer() else value


def _broken(error: ValidationError) -> tuple[Broken, ...]:
    """Fields and rules, never a value of the caller's."""
    return tuple(Broken(one.field, one.rule) for one in error.problems)


def _too_large() -> Outcome:
    return Outcome("invalid", problems=(TOO_LARGE,))


def _fingerprint(operation: str, items: Sequence[Any], key: str | None) -> str:
    """Digest of what is asked for; the order of names and white space do not count."""
    if key is None:
        return ""
    text = json.dumps([operation, items], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
