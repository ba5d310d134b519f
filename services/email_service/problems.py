"""Problems as callers see them: RFC 9457 documents, one table of kinds, and what becomes of each exception."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from eccs_contracts.errors import InfrastructureError, UnknownSchema

MEDIA_TYPE: Final = "application/problem+json"
MOST: Final = 20  # broken rules that are told; whoever sends more has seen enough
RETRY_AFTER: Final = {"Retry-After": "5"}
_RULES: Final = {"uuid_parsing": "a UUID is expected"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its name in `type`, and its title."""

    name: str
    title: str


KINDS: Final[Mapping[int, Kind]] = {
    400: Kind("malformed", "The request is not well-formed"),
    401: Kind("not-authenticated", "A valid bearer token is needed"),
    404: Kind("not-found", "There is no such thing of yours"),
    405: Kind("method", "This path does not take the method"),
    408: Kind("too-slow", "The body did not arrive in time"),
    409: Kind("key-busy", "A request with this Idempotency-Key is under way"),
    413: Kind("too-large", "The request is too large"),
    415: Kind("media-type", "The body must be application/json, not compressed"),
    422: Kind("invalid", "The request is not valid"),
    429: Kind("too-many", "Too many requests"),
    431: Kind("head-too-large", "The head of the request is too large"),
    500: Kind("internal", "The service failed"),
    503: Kind("unavailable", "The service cannot take this now"),
}


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken rule; the value is never told."""

    field: str
    rule: str

    def document(self) -> dict[str, str]:
        """As callers see it."""
        return {"field": self.field, "rule": self.rule}


@dataclass(slots=True)  # not frozen: an exception's traceback is set on it
class ApiError(Exception):
    """Raised where a request ends with a problem.

    Attributes:
        status: one of KINDS.
        detail: what happened and the way out; without values of the caller's.
    """

    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Broken] = ()

    def __str__(self) -> str:
        return self.detail


def document(error: ApiError, request_id: str) -> dict[str, Any]:
    """The problem document."""
    kind = KINDS[error.status]
    return {
        "type": f"urn:eccs:problem:{kind.name}",
        "title": kind.title,
        "status": error.status,
        "detail": error.detail,
        "instance": f"urn:eccs:request:{request_id}",
        "problems": [one.document() for one in error.problems[:MOST]],
    }


def invalid(problems: Sequence[Broken]) -> ApiError:
    """The request breaks rules."""
    count = "1 rule is" if len(problems) == 1 else f"{len(problems)} rules are"
    return ApiError(422, f"{count} broken", problems=problems)


def unavailable(what: str) -> ApiError:
    """Something that is needed does not answer; nothing was lost, and trying again can help."""
    return ApiError(503, f"{what}; try again, with the same Idempotency-Key if there is one", RETRY_AFTER)


def respond(error: ApiError, request_id: str) -> JSONResponse:
    """The problem as an answer."""
    return JSONResponse(document(error, request_id), error.status, dict(error.headers), MEDIA_TYPE)


def explain_errors(app: FastAPI) -> None:
    """Answer every exception that a route may raise with a problem document."""

    def handle(kind: type[Exception], translate: Any) -> None:
        async def handler(request: Request, error: Any) -> JSONResponse:
            return respond(translate(error), request.state.request_id)

        app.add_exception_handler(kind, handler)

    handle(ApiError, lambda error: error)
    handle(RequestValidationError, _of_validation)
    handle(HTTPException, _of_http)
    handle(InfrastructureError, lambda _: unavailable("the broker or the schema registry does not answer"))
    handle(UnknownSchema, lambda _: unavailable("the schema is not registered yet"))


def _of_validation(error: RequestValidationError) -> ApiError:
    """Parameters only; the body is checked by its contract."""
    return invalid([Broken(_place(one["loc"]), rule_of(one)) for one in error.errors()])


def rule_of(error: Mapping[str, Any]) -> str:
    """The rule that a parameter breaks, in the words of this API.

    Args:
        error: as pydantic gives it, with `type` and `msg`.
    """
    return _RULES.get(error["type"], str(error["msg"]).removeprefix("Value error, "))


def _place(steps: Sequence[str | int]) -> str:
    """The name of a parameter; a name that the caller made up is cut."""
    return ascii(".".join(map(str, steps[1:])))[1:-1][:100]


def _of_http(error: HTTPException) -> ApiError:
    status = error.status_code if error.status_code in KINDS else 400
    return ApiError(status, KINDS[status].title, error.headers or {})
