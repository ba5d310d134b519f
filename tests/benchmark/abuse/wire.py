"""HTTP over plain sockets: kept alive, one request at a time, cheap enough to measure with."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from typing import Any, Final

import jwt

SECRET: Final = "a" * 40
_PATIENCE: Final = 30.0


def bearer(user: str, scope: str = "") -> dict[str, str]:
    """The header with a token of a user."""
    text = jwt.encode({"sub": user, "exp": time.time() + 3600, "scope": scope}, SECRET, algorithm="HS256")
    return {"Authorization": f"Bearer {text}"}


def get(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A request without a body."""
    return _request("GET", path, headers or {}, b"")


def post(path: str, body: Any, headers: Mapping[str, str]) -> bytes:
    """A request with JSON."""
    content = json.dumps(body).encode()
    return _request(
        "POST", path, {**headers, "Content-Type": "application/json", "Content-Length": str(len(content))}, content
    )


def _request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Line:
    """A connection that is made again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, float]:
        """The status of the answer, 0 if there is none; and the seconds that it took."""
        began = time.perf_counter()
        status = self._try(request) or self._try(request)  # the second on a new connection
        return status, time.perf_counter() - began

    def _try(self, request: bytes) -> int:
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(request)
            return self._answer(self._socket)
        except OSError:
            self.close()
            return 0

    def _answer(self, connection: socket.socket) -> int:
        received = b""
        while True:
            part = connection.recv(262_144)
            if not part:
                raise ConnectionError
            received += part
            head, end, body = received.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            if end and len(body) >= int(length):
                if b"connection: close" in head.lower():
                    self.close()
                return int(head[9:12])

    def close(self) -> None:
        """Close; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
