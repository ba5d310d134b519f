"""The HTTP interface."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from pydantic import ValidationError as PydanticError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from eccs_contracts import AsyncEmailRequestsProducer, EmailRequest
from eccs_contracts.errors import EncodeError, InfrastructureError, MessageTooLarge, ValidationError
from eccs_contracts.ledger import COLLECTION, DATABASE
from services.email_service.models import (
    Accepted,
    BatchItem,
    BatchResult,
    EmailStatus,
    ItemProblem,
    SendRequest,
)
from services.email_service.settings import Settings

_bearer = HTTPBearer(auto_error=False)
Next = Callable[[Request], Awaitable[Response]]


def create_app(settings: Settings, producer: AsyncEmailRequestsProducer) -> FastAPI:
    """The application; the caller closes the producer."""
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        settings.mongodb_uri, serverSelectionTimeoutMS=2000, tz_aware=True
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await mongo.close()

    app = FastAPI(title="ECCS e-mail service", version=EmailRequest.VERSION, lifespan=lifespan)
    _limit_bodies(app, settings.max_body)
    _explain_errors(app)
    _add_operations(app, mongo, producer)
    _add_emails(app, settings, mongo, producer)
    return app


def _limit_bodies(app: FastAPI, most: int) -> None:
    @app.middleware("http")
    async def limit(request: Request, call_next: Next) -> Response:
        """Refuse a body that is too large, or of unknown size, before it is read."""
        size = request.headers.get("content-length")
        if request.method == "POST" and (size is None or not size.isdecimal()):
            return _error(411, "the request needs a Content-Length")
        if size is not None and size.isdecimal() and int(size) > most:
            return _error(413, f"the body is larger than {most} bytes")
        return await call_next(request)


def _explain_errors(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        """The field and the rule; never the value, which may be personal."""
        return JSONResponse({"error": "invalid", "problems": _pydantic_problems(error.errors())}, 422)

    @app.exception_handler(ValidationError)
    async def broken(_: Request, error: ValidationError) -> JSONResponse:
        problems = [{"field": one.field, "rule": one.rule} for one in error.problems]
        return JSONResponse({"error": "invalid", "problems": problems}, 422)

    @app.exception_handler(EncodeError)
    async def unencodable(_: Request, error: EncodeError) -> JSONResponse:
        return JSONResponse({"error": "invalid", "problems": [{"field": error.field, "rule": str(error)}]}, 422)

    @app.exception_handler(MessageTooLarge)
    async def too_large(_: Request, error: MessageTooLarge) -> JSONResponse:
        return _error(413, str(error))

    @app.exception_handler(InfrastructureError)
    async def away(_: Request, error: InfrastructureError) -> JSONResponse:
        return _error(503, str(error), {"Retry-After": "5"})


def _add_operations(
    app: FastAPI, mongo: AsyncMongoClient[dict[str, Any]], producer: AsyncEmailRequestsProducer
) -> None:
    registry = CollectorRegistry()
    requests = Counter("http_requests", "Answers by path and status.", ["path", "status"], registry=registry)

    @app.middleware("http")
    async def count(request: Request, call_next: Next) -> Response:
        response = await call_next(request)
        route = request.scope.get("route")
        requests.labels(getattr(route, "path", "other"), str(response.status_code)).inc()
        return response

    @app.get("/health")
    async def health() -> dict[str, str]:
        """That the process answers."""
        return {"status": "healthy", "service": "email-service"}

    @app.get("/readyz")
    async def ready() -> JSONResponse:
        """That the broker and the database answer."""
        try:
            await asyncio.to_thread(producer.check, 2.0)
            await mongo.admin.command("ping")
        except InfrastructureError as error:
            return _error(503, str(error))
        except PyMongoError as error:
            return _error(503, f"MongoDB does not answer ({type(error).__name__})")
        return JSONResponse({"status": "ready"})

    @app.get("/metrics")
    async def metrics() -> Response:
        """Counters, as Prometheus reads them."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _add_emails(
    app: FastAPI,
    settings: Settings,
    mongo: AsyncMongoClient[dict[str, Any]],
    producer: AsyncEmailRequestsProducer,
) -> None:
    log = mongo.get_default_database(DATABASE)[COLLECTION]
    authenticated = Depends(_authenticated(settings))

    @app.post("/api/emails/send", status_code=202)
    async def send(body: SendRequest, user_id: Annotated[str, authenticated]) -> Accepted:
        """Publish one e-mail; answers once the broker has it."""
        request = _request(body, user_id)
        await producer.deliver(request)
        return Accepted(id=str(request.id))

    @app.post("/api/emails/batch", status_code=202)
    async def batch(body: list[dict[str, Any]], user_id: Annotated[str, authenticated]) -> BatchResult:
        """Publish many; each item has a result of its own."""
        if len(body) > settings.max_batch:
            raise HTTPException(413, f"more than {settings.max_batch} e-mails")
        items = await asyncio.gather(*(_send_item(producer, one, user_id) for one in body))
        return BatchResult(items=list(items))

    @app.get("/api/emails/{email_id}")
    async def status(email_id: uuid.UUID, user_id: Annotated[str, authenticated]) -> EmailStatus:
        """Where an e-mail of the caller's stands."""
        try:
            found = await log.find_one({"_id": str(email_id), "userId": user_id})
        except PyMongoError as error:
            raise HTTPException(503, "the ledger does not answer", {"Retry-After": "5"}) from error
        if found is None:
            raise HTTPException(404, "no e-mail of yours with this id is known; a new one may still be queued")
        return EmailStatus(
            id=found["_id"],
            state=found["state"],
            attempt=found["attempt"],
            updatedAt=found["updatedAt"].isoformat(),
            reason=found.get("reason"),
        )


def _authenticated(settings: Settings) -> Callable[..., Awaitable[str]]:
    async def user(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
        """The user that a token is for.

        Raises:
            HTTPException: 401, without saying more than that the token is not accepted.
        """
        try:
            token = credentials.credentials if credentials else ""
            options: Any = {"require": ["exp", "sub"]}
            claims = jwt.decode(token, settings.jwt_key, algorithms=[settings.jwt_algorithm], options=options)
        except jwt.PyJWTError:
            raise HTTPException(401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"}) from None
        return str(claims["sub"])

    return user


def _request(body: Any, user_id: str) -> EmailRequest:
    """The request of a body whose types are known to be right.

    Raises:
        ValidationError: a constraint is broken.
    """
    given = body.model_dump(mode="json", exclude_unset=True)
    fields = {"id": str(uuid.uuid4()), "userId": user_id, "timestamp": datetime.now(UTC).isoformat(), **given}
    request = EmailRequest.from_json(fields)
    request.validate()
    return request


async def _send_item(producer: AsyncEmailRequestsProducer, item: dict[str, Any], user_id: str) -> BatchItem:
    try:
        request = _request(SendRequest.model_validate(item), user_id)
        await producer.deliver(request)
    except PydanticError as error:
        problems = [ItemProblem(**one) for one in _pydantic_problems(error.errors())]
        return BatchItem(status="invalid", problems=problems)
    except ValidationError as error:
        found = [ItemProblem(field=one.field, rule=one.rule) for one in error.problems]
        return BatchItem(status="invalid", problems=found)
    except (EncodeError, MessageTooLarge) as error:
        return BatchItem(status="invalid", problems=[ItemProblem(field="", rule=str(error))])
    except InfrastructureError:
        return BatchItem(status="unavailable")
    return BatchItem(id=str(request.id), status="accepted")


def _pydantic_problems(errors: Any) -> list[dict[str, str]]:
    return [{"field": _path(one["loc"]), "rule": one["msg"]} for one in errors]


def _path(steps: tuple[str | int, ...]) -> str:
    """The place of an error; FastAPI says first that it is in the body, which is also the name of a field."""
    if steps[:1] == ("body",) and len(steps) > 1:
        steps = steps[1:]
    return ".".join(map(str, steps))


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message}, status, headers)
