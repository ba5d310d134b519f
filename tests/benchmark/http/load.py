"""A load generator that costs little: one process, plain sockets, one request at a time on each connection."""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Final

_HEAD_END: Final = b"\r\n\r\n"


@dataclass(slots=True)
class Connection:
    """A kept-alive connection and what has come on it."""

    socket: socket.socket
    sent_at: float = 0.0
    buffer: bytes = b""


@dataclass(slots=True)
class Figures:
    """What a run saw; latencies in seconds."""

    statuses: dict[str, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)


def run(port: int, request: bytes, connections: int, seconds: float) -> tuple[Figures, float]:
    """Keep `connections` busy for so long; every request that was sent is waited for."""
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        one = Connection(socket.create_connection(("127.0.0.1", port)))
        one.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(one.socket, selectors.EVENT_READ, one)
        _send(one, request)
    figures = Figures()
    start = time.perf_counter()
    busy = connections
    while busy:
        for key, _ in selector.select(10):
            one = key.data
            if not _receive(one, figures):
                continue
            if time.perf_counter() - start < seconds:
                _send(one, request)
            else:
                selector.unregister(one.socket)
                one.socket.close()
                busy -= 1
    return figures, time.perf_counter() - start


def _send(one: Connection, request: bytes) -> None:
    one.sent_at = time.perf_counter()
    one.buffer = b""
    one.socket.sendall(request)


def _receive(one: Connection, figures: Figures) -> bool:
    """Take what has come; True where the answer is whole."""
    part = one.socket.recv(65536)
    if not part:
        raise ConnectionError("the server closed a connection")
    one.buffer += part
    head, end, body = one.buffer.partition(_HEAD_END)
    if not end:
        return False
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    if len(body) < int(length):
        return False
    status = head[9:12].decode()
    figures.statuses[status] = figures.statuses.get(status, 0) + 1
    figures.latencies.append(time.perf_counter() - one.sent_at)
    return True


def main() -> None:
    """Arguments: port, connections, seconds; the request on standard input; JSON on standard output."""
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    figures, took = run(port, sys.stdin.buffer.read(), connections, seconds)
    ordered = sorted(figures.latencies)
    result = {
        "statuses": figures.statuses,
        "seconds": took,
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[len(ordered) * 99 // 100],
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
