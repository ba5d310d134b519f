"""A TCP server that sends scripted bytes to each client: answers that drip, explode or lie."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def with_length(content: bytes, *fields: bytes) -> bytes:
    """A whole answer."""
    return HEAD + b"".join(field + b"\r\n" for field in fields) + b"Content-Length: %d\r\n\r\n" % len(content) + content


@contextlib.contextmanager
def scripted(pieces: Iterable[bytes], *, pause: float = 0.0) -> Iterator[str]:
    """Serve on loopback; its URL. Each connection gets the pieces in turn, with `pause` seconds before each."""
    script = list(pieces)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, lambda sock: _send(sock, script, pause, stop))).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            stop.set()
            server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    with contextlib.suppress(OSError):  # the server is closed
        while True:
            threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


def _send(sock: socket.socket, script: list[bytes], pause: float, stop: threading.Event) -> None:
    with sock, contextlib.suppress(OSError):  # the client hung up
        sock.recv(65536)
        for piece in script:
            if stop.wait(pause):
                return
            sock.sendall(piece)
        stop.wait(10)
