"""Connections of an HTTP server with bounds: how many there are, and how long each may take for what it does.

uvicorn bounds none of this itself: a client that connects and sends nothing, or a byte now and then, holds its
connection for ever. Every deadline here is one for the whole step, so bytes that drip in do not extend it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import number_setting, seconds_setting

MOST_HEAD: Final = 16_384  # bytes of a request's head, here and in `services.web.heads`
_MOST_DEFAULT: Final = 1_000  # connections
_RESERVED: Final = 256  # file descriptors for the broker, the database, and connections that are being accepted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What connections may take; times in seconds.

    Attributes:
        connections: how many are open at most.
        head: time from connecting, or from the first byte after an answer, to the end of a request's head.
        idle: time that a connection is kept after an answer for the next request.
        answer: time that a client has to take what was written to it.
    """

    connections: int
    head: float = 10.0
    idle: float = 5.0
    answer: float = 30.0


def bounds_setting(env: Mapping[str, str], descriptors: int) -> Bounds:
    """Read MAX_CONNECTIONS, HEAD_TIMEOUT, IDLE_TIMEOUT and ANSWER_TIMEOUT.

    Args:
        env: the environment.
        descriptors: how many files the process may have open (RLIMIT_NOFILE, the soft limit).

    Raises:
        ConfigurationError: one is not usable, or there are too few file descriptors for the connections.
    """
    possible = most_connections(descriptors)
    connections = number_setting("MAX_CONNECTIONS", min(possible, _MOST_DEFAULT), least=1, env=env)
    if connections > possible:
        raise ConfigurationError(
            f"MAX_CONNECTIONS is {connections}: {descriptors} file descriptors (ulimit -n) allow {possible} at most"
        )
    return Bounds(
        connections=connections,
        head=seconds_setting("HEAD_TIMEOUT", 10_000, env),
        idle=seconds_setting("IDLE_TIMEOUT", 5_000, env),
        answer=seconds_setting("ANSWER_TIMEOUT", 30_000, env),
    )


def most_connections(descriptors: int) -> int:
    """Connections that so many file descriptors allow, some being left for everything else; at least 1."""
    return max(descriptors - _RESERVED, descriptors // 2, 1)


class Room(Generic[T]):
    """Who is connected, and which of them wait for a request, the longest waiting first.

    If it is full, the longest waiting gives way to a newcomer. So connections without a request keep nobody out; a
    newcomer is refused only if every connection has a request under way.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._inside: set[T] = set()
        self._waiting: dict[T, None] = {}

    def enter(self, one: T) -> T | None:
        """Let a connection in. Returns which one has to go, the newcomer itself included; None if there is room."""
        leaving = None
        if len(self._inside) >= self._most:
            leaving = next(iter(self._waiting), None)
            if leaving is None:
                return one
            self.leave(leaving)
        self._inside.add(one)
        self._waiting[one] = None
        return leaving

    def wait(self, one: T) -> None:
        """Note that a connection waits for a request from now on."""
        if one in self._inside:
            self._waiting.setdefault(one)

    def work(self, one: T) -> None:
        """Note that a connection has a request under way."""
        self._waiting.pop(one, None)

    def leave(self, one: T) -> None:
        """Forget a connection."""
        self._inside.discard(one)
        self._waiting.pop(one, None)


def refusal(status: int, title: str) -> bytes:
    """The whole answer, as sent where no application has a say: a problem document (RFC 9457), and the end."""
    body = json.dumps({"type": "about:blank", "title": title, "status": status}).encode()
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(["Retry-After: 1"] if status == HTTPStatus.SERVICE_UNAVAILABLE else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with the bounds of `Bounds`."""

    def __init__(self, *, bounds: Bounds, room: Room[BoundedProtocol], **given: Any) -> None:
        """Take the bounds, the room that all connections of a server share, and what uvicorn gives."""
        super().__init__(**given)
        self._bounds = bounds
        self._room = room
        self._heard = False  # whether a part of a head has come
        self._head_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let it in, if need be in the place of the one that has been waiting longest."""
        super().connection_made(transport)
        # asyncio does it only for sockets that say that they are TCP; without it, a body waits 40 ms behind its head.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.set_write_buffer_limits(high=0)  # so that `pause_writing` tells of every byte that is not taken
        leaving = self._room.enter(self)
        if leaving is not None:
            leaving.give_way()
        if leaving is not self:
            self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._room.leave(self)
        self._stop_head_timer()
        self.resume_writing()
        super().connection_lost(exc)

    def give_way(self) -> None:
        """Close, to make room for others."""
        if self._heard or self.cycle is None:
            self._refuse(503, "Too many connections")
        else:  # between two requests: an answer that nobody asked for could be taken for that of the next one
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Start or stop the clock of the head."""
        self._heard = True
        super().data_received(data)
        if self._under_way:
            self._heard = False
            self._stop_head_timer()
            self._room.work(self)
        elif not self.transport.is_closing():
            self._start_head_timer()

    def on_response_complete(self) -> None:
        """Wait for the next request, unless it has come already."""
        super().on_response_complete()
        if not self._under_way:
            self._room.wait(self)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the status that h11 suggests, and end a request that is under way."""
        # uvicorn calls this while it handles h11's error, which it does not pass on.
        status = getattr(sys.exception(), "error_status_hint", 400)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._refuse(status, msg)
        else:  # an answer has begun
            self.transport.close()

    def pause_writing(self) -> None:
        """Give the client a time to take what was written."""
        super().pause_writing()
        if self._answer_timer is None:
            self._answer_timer = self.loop.call_later(self._bounds.answer, self.transport.abort)

    def resume_writing(self) -> None:
        """All was taken."""
        super().resume_writing()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None

    @property
    def _under_way(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._bounds.head, self._too_slow)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        if self._heard and self.conn.our_state is h11.IDLE:
            self._refuse(408, "The head of the request did not arrive in time")
        else:
            self.transport.close()

    def _refuse(self, status: int, title: str) -> None:
        if not self.transport.is_closing():
            self.transport.write(refusal(status, title))
            self.transport.close()
