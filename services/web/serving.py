"""One application, served until a signal."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from eccs_contracts.errors import InfrastructureError, UnknownSchema
from services.logs import JsonHandler, Log


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, and how to leave.

    Attributes:
        grace: seconds that requests under way have to end after a signal.
    """

    host: str
    port: int
    grace: float


def serve(app: ASGIApp, address: Address, log: Log) -> None:
    """Serve until SIGTERM or SIGINT: take no more, answer what is under way, and return."""
    logging.basicConfig(handlers=[JsonHandler(log)], level=logging.WARNING, force=True)
    # uvicorn raises the signal again once it has stopped; the default would end us before the caller is done.
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: None)
    uvicorn.run(
        app,
        host=address.host,
        port=address.port,
        log_config=None,
        access_log=False,
        server_header=False,
        http="h11",  # the one that bounds the size of a request's head
        timeout_graceful_shutdown=round(address.grace),
    )


def wait_until(deadline: float, attempt: Callable[[], object]) -> None:
    """Repeat an attempt until it raises nothing; after `deadline` of the monotonic clock, raise what it raises.

    Raises:
        InfrastructureError: something does not answer.
        UnknownSchema: a schema is not registered.
    """
    while True:
        try:
            attempt()
        except (InfrastructureError, UnknownSchema):
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.5)
        else:
            return
