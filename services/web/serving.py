"""One application, served until a signal."""

from __future__ import annotations

import functools
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import port_setting, seconds_setting, setting
from services.logs import JsonHandler, Log
from services.web.connections import MOST_HEAD, BoundedProtocol, Bounds, Room, bounds_setting

_BACKLOG: Final = 1_024  # connections that the kernel keeps until they are accepted
_START_FAILED: Final = 3  # as uvicorn's own
_SWITCH: Final = 0.001  # seconds that the loop waits, at each of its turns, for a thread that is busy
_AT_ONCE: Final = 32  # connections that asyncio accepts before it does anything else


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, what connections may take, and how to leave.

    Attributes:
        grace: seconds that requests under way have to end after a signal.
    """

    host: str
    port: int
    grace: float
    bounds: Bounds


def address_setting(port: int, env: Mapping[str, str]) -> Address:
    """Read HTTP_HOST, HTTP_PORT (`port` unless it is set), SHUTDOWN_GRACE, and the settings of `Bounds`.

    Raises:
        ConfigurationError: one is not usable.
    """
    return Address(
        host=setting("HTTP_HOST", "127.0.0.1", env),
        port=port_setting("HTTP_PORT", port, env=env),
        grace=seconds_setting("SHUTDOWN_GRACE", 25_000, env),
        bounds=bounds_setting(env, resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
    )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        ConfigurationError: the address is taken, or none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"cannot listen on HTTP_HOST {host}, HTTP_PORT {port}: {reason}") from None


class Server(uvicorn.Server):
    """uvicorn with bounded connections, without access log, and silent about what it is."""

    def __init__(self, app: ASGIApp, bounds: Bounds, grace: float) -> None:
        """Take the application, the bounds, and the seconds that requests under way have at the end."""
        room: Room[BoundedProtocol] = Room(bounds.connections)
        protocol: Any = functools.partial(BoundedProtocol, bounds=bounds, room=room)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            http=protocol,
            ws="none",
            h11_max_incomplete_event_size=MOST_HEAD,
            backlog=_AT_ONCE,
            timeout_keep_alive=bounds.idle,  # type: ignore[arg-type]  # goes to call_later(), which takes a float
            timeout_graceful_shutdown=round(grace),
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn, with the kernel's queue as long as it was: asyncio makes it as short as its own loop of accepts.

        A connection that the queue has no place for is tried again by its client a second later.
        """
        await super().startup(sockets)
        for one in sockets or ():
            one.listen(_BACKLOG)


def serve(app: ASGIApp, address: Address, log: Log) -> None:
    """Serve until SIGTERM or SIGINT: take no more, answer what is under way, and return.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """
    logging.basicConfig(handlers=[JsonHandler(log)], level=logging.WARNING, force=True)
    server = Server(app, address.bounds, address.grace)

    def end_unless_started(*_: object) -> None:
        """End a process that has not begun to serve; uvicorn raises a signal again once it has stopped serving."""
        if not server.started:
            os._exit(0)

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, end_unless_started)
    sys.setswitchinterval(_SWITCH)
    listener = listening(address.host, address.port)
    gc.collect()
    gc.freeze()  # what is there from the start is never garbage: looking at it again holds up the loop for 0.1 s
    server.run([listener])
    if not server.started:
        raise SystemExit(_START_FAILED)
