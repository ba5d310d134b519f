"""Applications, served until a signal: the interface and, on a port of its own, what operators ask."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import optional_setting, port_setting, seconds_setting, setting
from services.logs import JsonHandler, Log
from services.web.connections import MOST_HEAD, BoundedProtocol, Bounds, Room, bounds_setting

_BACKLOG: Final = 1_024  # connections that the kernel keeps until they are accepted
_START_FAILED: Final = 3  # as uvicorn's own
_SWITCH: Final = 0.001  # seconds that the loop waits, at each of its turns, for a thread that is busy
_AT_ONCE: Final = 32  # connections that asyncio accepts before it does anything else
_MOST_OPERATIONS: Final = 32  # connections of operators; few, as they use file descriptors that `Bounds` reserves


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, what connections may take, and how to leave.

    Attributes:
        grace: seconds that requests under way have to end after a signal.
        variables: what the names of its variables begin with, for messages.
    """

    host: str
    port: int
    grace: float
    bounds: Bounds
    variables: str = "HTTP"


@dataclass(frozen=True, slots=True)
class Site:
    """An application and where it listens."""

    app: ASGIApp
    address: Address


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


def operations_setting(interface: Address, env: Mapping[str, str]) -> Address | None:
    """Read OPERATIONS_PORT and OPERATIONS_HOST (the interface's unless it is set).

    Returns:
        The address for probes and metrics; None if they stay on the interface's port, as without OPERATIONS_PORT.

    Raises:
        ConfigurationError: one is not usable, or there is a host without a port.
    """
    if optional_setting("OPERATIONS_PORT", env) is None:
        if optional_setting("OPERATIONS_HOST", env) is not None:
            raise ConfigurationError("OPERATIONS_HOST is set, but OPERATIONS_PORT is not: set both, or neither")
        return None
    return dataclasses.replace(
        interface,
        host=setting("OPERATIONS_HOST", interface.host, env),
        port=port_setting("OPERATIONS_PORT", 0, env=env),
        bounds=dataclasses.replace(interface.bounds, connections=min(interface.bounds.connections, _MOST_OPERATIONS)),
        variables="OPERATIONS",
    )


def listening(host: str, port: int, variables: str = "HTTP") -> socket.socket:
    """A socket that listens there.

    Raises:
        ConfigurationError: the address is taken, or none of this machine's; names the variables that gave it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"cannot listen on {variables}_HOST {host}, {variables}_PORT {port}: {reason}"
        ) from None


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


class Companion(Server):
    """A server that stops together with another one of the same loop, which takes the signals."""

    def __init__(self, app: ASGIApp, bounds: Bounds, grace: float, leader: Server) -> None:
        """Take what `Server` takes, and the other server."""
        super().__init__(app, bounds, grace)
        self._leader = leader

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals to the leader."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop; asked ten times a second."""
        return await super().on_tick(counter) or self._leader.should_exit


def serve(interface: Site, log: Log, operations: Site | None = None) -> None:
    """Serve until SIGTERM or SIGINT: take no more, answer what is under way, and return.

    Raises:
        ConfigurationError: an address cannot be listened on.
    """
    logging.basicConfig(handlers=[JsonHandler(log)], level=logging.WARNING, force=True)
    server = Server(interface.app, interface.address.bounds, interface.address.grace)
    servers = [(server, _listening(interface.address)), *_companions(operations, server)]

    def end_unless_started(*_: object) -> None:
        """End a process that has not begun to serve; uvicorn raises a signal again once it has stopped serving."""
        if not server.started:
            os._exit(0)

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, end_unless_started)
    sys.setswitchinterval(_SWITCH)
    gc.collect()
    gc.freeze()  # what is there from the start is never garbage: looking at it again holds up the loop for 0.1 s
    run(servers)
    if not server.started:
        raise SystemExit(_START_FAILED)


def run(servers: Sequence[tuple[Server, socket.socket]]) -> None:
    """Run servers in one loop, each with its listener, until all of them have stopped."""

    async def together() -> None:
        await asyncio.gather(*(server.serve([listener]) for server, listener in servers))

    with asyncio.Runner(loop_factory=servers[0][0].config.get_loop_factory()) as runner:
        runner.run(together())


def _companions(site: Site | None, leader: Server) -> list[tuple[Server, socket.socket]]:
    if site is None:
        return []
    server = Companion(site.app, site.address.bounds, site.address.grace, leader)
    return [(server, _listening(site.address))]


def _listening(address: Address) -> socket.socket:
    return listening(address.host, address.port, address.variables)
