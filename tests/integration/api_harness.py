"""The e-mail service's application on the real broker and database, called without a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, TypeAlias

import httpx
import jwt
from confluent_kafka import Consumer, TopicPartition
from fastapi import FastAPI

from eccs_contracts import AsyncEmailRequestsProducer, EmailRequest
from eccs_contracts.models._topics import EMAIL_REQUESTS
from eccs_contracts.serde import Registry
from services.email_service.app import create_app
from services.email_service.parts import make_parts
from services.email_service.settings import load_settings, producer_config
from services.logs import Log

SECRET = "s" * 32
GOOD = {"to": "a@example.com", "subject": "Hello", "body": "Text"}
Call: TypeAlias = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


class Api:
    """The application and the one loop that it lives on."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self.app = app
        self._runner = runner

    def __enter__(self) -> Self:
        self._life = self.app.router.lifespan_context(self.app)
        self._runner.run(self._life.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._life.__aexit__(None, None, None))

    def call(self, call: Call) -> httpx.Response:
        """Make one request."""
        return self.calls([call])[0]

    def calls(self, calls: list[Call]) -> list[httpx.Response]:
        """Make requests at the same time."""

        async def run() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return list(await asyncio.gather(*(call(client) for call in calls)))

        return self._runner.run(run())

    def send(self, body: Any, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send one e-mail as u1, or with other headers."""
        given = token() if headers is None else headers
        return self.call(lambda client: client.post("/api/emails/send", json=body, headers=given))

    def batch(self, body: Any, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a batch as u1, or with other headers."""
        given = token() if headers is None else headers
        return self.call(lambda client: client.post("/api/emails/batch", json=body, headers=given))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Read as u1, or with other headers."""
        given = token() if headers is None else headers
        return self.call(lambda client: client.get(path, headers=given))


@contextmanager
def running_api(env: Mapping[str, str], **settings: str) -> Iterator[Api]:
    """The application with a broker, a registry and a database, and settings of its own."""
    loaded = load_settings({**env, "JWT_SECRET": SECRET, "LOG_LEVEL": "error", **settings})
    producer = AsyncEmailRequestsProducer(producer_config(loaded, env), Registry.from_env(env))
    try:
        app = create_app(make_parts(loaded, producer, Log(loaded.log_level)))
        with asyncio.Runner() as runner, Api(app, runner) as api:
            yield api
    finally:
        producer.stop()


def token(**claims: Any) -> dict[str, str]:
    """The header with a token of u1."""
    text = jwt.encode({"sub": "u1", "exp": time.time() + 60, **claims}, SECRET, algorithm="HS256")
    return {"Authorization": f"Bearer {text}"}


def topic_end(env: Mapping[str, str]) -> int:
    """How many messages the topic of requests has ever had."""
    consumer = Consumer({"bootstrap.servers": env["KAFKA_BOOTSTRAP_SERVERS"], "group.id": "watermarks"})
    try:
        places = [TopicPartition(EmailRequest.TOPIC, number) for number in range(EMAIL_REQUESTS.partitions)]
        return sum(consumer.get_watermark_offsets(place, 10)[1] for place in places)
    finally:
        consumer.close()
