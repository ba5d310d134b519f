"""Bounds of an HTTP client: seconds for a whole exchange, and bytes of a whole answer.

httpx bounds the time between two pieces of an answer only, so an answer that drips has no end, and it decodes a few
megabytes of gzip into gigabytes. The bounds hold at the socket, for the head of an answer, too.

`compat_checks/registry/http_bounds.py` does the same for the client there: neither package may import the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

MAX_ANSWER: Final = 16 * 1024 * 1024  # bytes
_PIECE: Final = 64 * 1024
_IDENTITY: Final = ("", "identity")


class AnswerRefused(Exception):
    """Raised for an answer that is not read: it is too large, or compressed although that was not asked for."""


@dataclass(slots=True)
class _Budget:
    """What is left of an exchange: the instant at which it ends, by the clock of `bind`, and bytes to read."""

    end: float
    size: int


_BUDGET: Final[ContextVar[_Budget | None]] = ContextVar("budget", default=None)


def bind(client: Any, seconds: float, size: int = MAX_ANSWER, clock: Callable[[], float] = time.monotonic) -> None:
    """Bound each exchange of an `httpx.Client` (or of its successor, which confluent-kafka uses).

    A call fails with TimeoutError, or a time-out of the client's, once it has taken `seconds`, and with AnswerRefused
    for an answer of more than `size` bytes, or with a Content-Encoding.

    Args:
        client: a synchronous one. A transport without a connection pool, such as one of a test, keeps its own bounds.
        seconds: from the request to the end of its answer.
        size: of a whole answer with its head.
        clock: in seconds.
    """

    def start(request: Any) -> None:
        request.headers["Accept-Encoding"] = "identity"
        _BUDGET.set(_Budget(clock() + seconds, size))

    hooks = client.event_hooks
    client.event_hooks = {"request": [*hooks["request"], start], "response": [refuse_encoded, *hooks["response"]]}
    transports = [getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()]
    for pool in (getattr(one, "_pool", None) for one in transports):
        if backend := getattr(pool, "_network_backend", None):
            pool._network_backend = _Backend(backend, clock)  # type: ignore[union-attr]  # noqa: SLF001  no other door


def refuse_encoded(response: Any) -> None:
    """Raises AnswerRefused for an answer with a Content-Encoding: its size is not known before it is decoded."""
    if response.headers.get("content-encoding", "").strip().lower() not in _IDENTITY:
        raise AnswerRefused("the answer is compressed although that was not asked for")


class _Backend:
    """Opens connections that keep to the budget of the exchange that they are used for."""

    def __init__(self, inner: Any, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._clock = clock

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _Stream:
        found = self._inner.connect_tcp(host, port, timeout=_left(self._clock, timeout), **options)
        return _Stream(found, self._clock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Stream:
    """One connection."""

    def __init__(self, inner: Any, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self._inner.read(max_bytes, timeout=_left(self._clock, timeout))
        if budget := _BUDGET.get():
            budget.size -= len(data)
            if budget.size < 0:
                raise AnswerRefused("the answer is too large")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], timeout=_left(self._clock, timeout))

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Stream:
        found = self._inner.start_tls(ssl_context, server_hostname, timeout=_left(self._clock, timeout))
        return _Stream(found, self._clock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _left(clock: Callable[[], float], timeout: float | None) -> float | None:
    """Seconds for the next step; raises TimeoutError if none are left."""
    budget = _BUDGET.get()
    if budget is None:
        return timeout
    left = budget.end - clock()
    if left <= 0:
        raise TimeoutError("the answer takes too long")
    return left if timeout is None else min(timeout, left)
