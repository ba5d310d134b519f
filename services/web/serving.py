"""One application, served until a signal."""

from __future__ import annotations

import logging
import os
import signal
import socket
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from services.logs import JsonHandler, Log
from services.startup import port_unavailable

_BACKLOG: Final = 2048
_START_FAILED: Final = 3


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
    """Serve until SIGTERM or SIGINT: take no more, answer what is under way, and return.

    Raises:
        PortUnavailable: the address cannot be listened on; names it and its variables.
    """
    logging.basicConfig(handlers=[JsonHandler(log)], level=logging.WARNING, force=True)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        http="h11",  # the one that bounds the size of a request's head
        timeout_graceful_shutdown=round(address.grace),
    )
    server = uvicorn.Server(config)

    def end_unless_started(*_: object) -> None:
        """End a process that has not begun to serve; uvicorn raises a signal again once it has stopped serving."""
        if not server.started:
            os._exit(0)

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, end_unless_started)
    with _listen(address) as listener:
        server.run([listener])
    if not server.started:
        raise SystemExit(_START_FAILED)


def _listen(address: Address) -> socket.socket:
    """Return a socket that listens; raises PortUnavailable where that is not possible."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise port_unavailable(address.host, address.port, error) from None
