"""A small HTTP/1.1 server: a thread for each connection, a bound for their number, one answer for each request."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Final, TypeAlias

from compat_checks.classes import field, frozen
from compat_checks.registry.http_connection import Connection
from compat_checks.registry.http_head import CHUNKED, Head, body_length, parse_head
from compat_checks.registry.http_origin import check_media_type, check_origin
from compat_checks.registry.refused import Refused

MAX_CONNECTIONS: Final = 256


@frozen
class Response:
    """What a request is answered with."""

    status: int
    content: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)


Answer: TypeAlias = Callable[[Head, bytes], Response]
Failed: TypeAlias = Callable[[Refused], Response]


@frozen
class Application:
    """What a server serves.

    Attributes:
        answer: the response to a request and its body; raises Refused.
        failed: the response for a refusal.
        hosts: names under which it may be reached (see `check_origin`).
    """

    answer: Answer
    failed: Failed
    hosts: Collection[str] = ()


class Server(socketserver.ThreadingTCPServer):
    """Listens, and serves each connection on a thread of its own."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], application: Application, limit: int = MAX_CONNECTIONS) -> None:
        """Listen.

        Args:
            address: host and port.
            application: what is served.
            limit: of connections at once.

        Raises:
            OSError: the address is taken, or is none of this machine.
        """
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._application = application
        self._places = Places(limit)
        super().__init__(address, socketserver.BaseRequestHandler)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Start a thread, unless all places are taken by requests that are being served."""
        if not isinstance(request, socket.socket):  # typeshed's type is that of all socket servers
            return
        if self._places.enter(request):
            with contextlib.suppress(OSError):
                request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            super().process_request(request, client_address)
            return
        full = Refused(503, "Too many connections; try again")
        with contextlib.suppress(OSError):
            request.settimeout(0.0)
            request.send(_bytes(self._application.failed(full), closes=True))
        self.shutdown_request(request)

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], _client_address: object) -> None:
        """Serve one connection until it ends."""
        if not isinstance(request, socket.socket):
            return
        connection = Connection(request)
        try:
            with contextlib.suppress(OSError):  # the client hung up
                while _serve(connection, self._application, lambda: self._places.serving(request)):
                    self._places.waiting(request)
                self._places.waiting(request)
                connection.linger()
        finally:
            self._places.leave(request)


class Places:
    """Who holds one of a number of connections; a new client takes the place of the one that waits longest."""

    def __init__(self, limit: int) -> None:
        """Take how many there may be at once."""
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: dict[socket.socket, None] = {}  # for a request, longest first
        self._serving: set[socket.socket] = set()

    def enter(self, sock: socket.socket) -> bool:
        """Give a new connection a place; False if requests are being served on all."""
        with self._lock:
            if len(self._waiting) + len(self._serving) >= self._limit:
                if not self._waiting:
                    return False
                oldest = next(iter(self._waiting))
                del self._waiting[oldest]
                with contextlib.suppress(OSError):
                    oldest.shutdown(socket.SHUT_RD)  # its thread reads the end of the request, and ends
            self._waiting[sock] = None
            return True

    def waiting(self, sock: socket.socket) -> None:
        """The connection has nothing to do until its client sends something."""
        with self._lock:
            self._serving.discard(sock)
            self._waiting[sock] = None

    def serving(self, sock: socket.socket) -> None:
        """The connection has read a whole head."""
        with self._lock:
            self._waiting.pop(sock, None)
            self._serving.add(sock)

    def leave(self, sock: socket.socket) -> None:
        """The connection is over."""
        with self._lock:
            self._waiting.pop(sock, None)
            self._serving.discard(sock)


def _serve(connection: Connection, application: Application, started: Callable[[], None]) -> bool:
    """Answer one request; whether another one may follow on the connection."""
    head = None
    try:
        data = connection.head()
        if data is None:
            return False
        started()
        head = parse_head(data)
        body = _body(connection, head, application.hosts)
    except Refused as error:  # where this request ends, and another begins, is not known for sure
        connection.send(_bytes(application.failed(error), closes=True, bare=head is not None and head.method == "HEAD"))
        return False
    response = _answer(application, head, body)
    connection.send(_bytes(response, closes=not head.keeps_alive, bare=head.method == "HEAD"))
    return head.keeps_alive


def _body(connection: Connection, head: Head, hosts: Collection[str]) -> bytes:
    length = body_length(head)
    check_origin(head, hosts)
    if not length:
        return b""
    check_media_type(head)
    if head.awaits_continue:
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    return connection.chunked_body() if length == CHUNKED else connection.body(length)


def _answer(application: Application, head: Head, body: bytes) -> Response:
    try:
        return application.answer(head, body)
    except Refused as error:
        return application.failed(error)
    except Exception as error:  # noqa: BLE001  a defect of this program: the server goes on
        sys.stderr.write(f"compat-checks: defect: {head.method} {head.target[:200]}: {type(error).__name__}\n")
        return application.failed(Refused(500, "Internal error of the registry; please report it"))


def _bytes(response: Response, *, closes: bool, bare: bool = False) -> bytes:
    """A response as it is sent; `bare` is without its content, for HEAD."""
    reason = HTTPStatus(response.status).phrase
    fields = {"Date": formatdate(usegmt=True), **response.fields, "Content-Length": str(len(response.content))}
    if closes:
        fields["Connection"] = "close"
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (b"" if bare else response.content)
