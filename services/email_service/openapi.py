"""The description of the API: what FastAPI cannot see by itself, and the components that it refers to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from eccs_contracts import EmailRequest
from services.email_service.models import SEND_REQUEST, Problem
from services.email_service.problems import KINDS, MEDIA_TYPE
from services.email_service.rules import with_rules

_REF: Final = "#/components/schemas/{model}"
_RETRY: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
_WITH_RETRY: Final = (409, 429, 503)

Responses = dict[int | str, dict[str, Any]]


def answers(*statuses: int) -> Responses:
    """Problem documents under their statuses."""
    return {
        status: {
            "description": KINDS[status].title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
            **({"headers": _RETRY} if status in _WITH_RETRY else {}),
        }
        for status in statuses
    }


READING: Final = answers(400, 401, 422, 429, 431, 503)
READING_ONE: Final = READING | answers(404)
SENDING: Final = answers(400, 401, 408, 409, 413, 415, 422, 429, 431, 503)
IDEMPOTENT: Final[Responses] = {
    202: {
        "description": "The broker has acknowledged.",
        "headers": {
            "Idempotency-Replayed": {
                "description": "An earlier call with the same key sent it.",
                "schema": {"type": "string", "const": "true"},
            }
        },
    }
}


def json_body(model: str) -> dict[str, Any]:
    """A body that a component describes."""
    return _body({"$ref": _REF.format(model=model)}, SEND_REQUEST["examples"][0])


def BATCH_BODY(most: int) -> dict[str, Any]:  # noqa: N802  reads as the constant that it nearly is
    """The body of a batch. A wrong item has a result of its own, so it is let pass beside one that is right."""
    right = {"$ref": _REF.format(model="SendRequest")}
    wrong = {"description": "Anything else is answered with its problems, as long as another item is right."}
    schema = {
        "type": "array",
        "items": {"anyOf": [right, wrong]},
        "contains": right,
        "minItems": 1,
        "maxItems": most,
    }
    return _body(schema, SEND_REQUEST["examples"])


def _body(schema: Mapping[str, Any], example: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}


def describe(app: FastAPI, templates: Collection[str] | None) -> None:
    """Let the application describe itself whole; made once, when it is asked for."""

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = _document(app, with_rules(SEND_REQUEST, templates))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _document(app: FastAPI, request: Mapping[str, Any]) -> dict[str, Any]:
    made = get_openapi(
        title="ECCS e-mail service",
        version=EmailRequest.VERSION,
        summary="Takes e-mails, answers once the broker has them, tells what became of them.",
        routes=app.routes,
    )
    problem = Problem.model_json_schema(ref_template=_REF)
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= {**problem.pop("$defs", {}), "Problem": problem, "SendRequest": request}
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for path, operations in made["paths"].items():
        if path.startswith("/api/"):
            for operation in operations.values():
                operation["security"] = [{"bearer": []}]
    return made
