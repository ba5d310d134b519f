"""Connections with bounds: who gives way, and what each deadline ends, over real sockets with deadlines of 0.2 s."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from eccs_contracts.errors import ConfigurationError
from services.local_stack.processes import Patience
from services.web.connections import Bounds, Room, bounds_setting, most_connections, refusal
from services.web.heads import CheckedHeads
from services.web.serving import Server, listening

_SHORT = Bounds(connections=4, head=0.2, idle=0.2, answer=0.2)
_GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
_LARGE = b"x" * 20_000_000


def test_a_room_with_room_takes_a_newcomer() -> None:
    """Nobody goes."""
    room: Room[str] = Room(2)

    assert [room.enter("a"), room.enter("b")] == [None, None]


def test_the_longest_waiting_gives_way() -> None:
    """Not one with a request under way, though it came first."""
    room: Room[str] = Room(3)
    for one in "abc":
        room.enter(one)
    room.work("a")
    room.work("b")
    room.wait("b")

    assert [room.enter("d"), room.enter("e"), room.enter("f")] == ["c", "b", "d"]


def test_a_newcomer_goes_if_all_others_work() -> None:
    """And comes in when one of them has left."""
    room: Room[str] = Room(2)
    for one in "ab":
        room.enter(one)
        room.work(one)
    refused = room.enter("c")
    room.leave("a")

    assert (refused, room.enter("c")) == ("c", None)


def test_who_has_left_does_not_wait() -> None:
    """An answer may end after its connection."""
    room: Room[str] = Room(1)
    room.enter("a")
    room.leave("a")
    room.wait("a")

    assert [room.enter("b"), room.enter("c")] == [None, "b"]


@pytest.mark.parametrize(("descriptors", "most"), [(1, 1), (256, 128), (512, 256), (1024, 768), (1_000_000, 999_744)])
def test_descriptors_are_left_for_everything_else(descriptors: int, most: int) -> None:
    """256, or half of them if there are few."""
    assert most_connections(descriptors) == most


@pytest.mark.parametrize(("descriptors", "given", "expected"), [(1024, "", 768), (4096, "", 1000), (4096, "9", 9)])
def test_the_connections_are_what_is_possible_or_wanted(descriptors: int, given: str, expected: int) -> None:
    """1,000 unless said otherwise."""
    assert bounds_setting({"MAX_CONNECTIONS": given}, descriptors).connections == expected


def test_more_connections_than_descriptors_are_refused() -> None:
    """With the variable, and what is possible."""
    with pytest.raises(ConfigurationError, match=r"MAX_CONNECTIONS is 769: 1024 file descriptors .* allow 768"):
        bounds_setting({"MAX_CONNECTIONS": "769"}, 1024)


def test_an_address_that_is_taken_is_named() -> None:
    """By its variables; and a port that is none."""
    with listening("127.0.0.1", 0) as first, pytest.raises(ConfigurationError, match=r"HTTP_PORT .*already in use"):
        listening("127.0.0.1", first.getsockname()[1])
    with pytest.raises(ConfigurationError, match="HTTP_PORT 99999"):
        listening("127.0.0.1", 99_999)


def test_a_refusal_is_a_whole_answer() -> None:
    """With the length of what follows, and when to come again."""
    head, _, body = refusal(503, "Too many connections").partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert {b"Retry-After: 1", b"Connection: close", b"Content-Length: %d" % len(body)} <= set(head.split(b"\r\n"))
    assert json.loads(body)["status"] == 503


class _App:
    """Answers GET with a little or, at /large, much; POST only when its body is whole."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        more = scope["method"] == "POST"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            more = message["more_body"]
        body = _LARGE if scope["path"] == "/large" else b"ok"
        length = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def _served(bounds: Bounds) -> Iterator[tuple[int, Server]]:
    with listening("127.0.0.1", 0) as listener:
        server = Server(CheckedHeads(_App()), bounds, 1.0)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield int(listener.getsockname()[1]), server
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server with short deadlines and four connections."""
    with _served(_SHORT) as (port, _):
        yield port


def _connect(port: int, data: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(data)
    return connection


def _all(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"G", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"HTTP/1.1 408 "),
        (_GET, b"HTTP/1.1 200 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", b"HTTP/1.1 431 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000, b"HTTP/1.1 431 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 101 + b"\r\n", b"HTTP/1.1 431 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", b"HTTP/1.1 400 "),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"HTTP/1.1 400 "),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 400 "),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", b"HTTP/1.1 501 "),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 400 "),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 400 ",
        ),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", b"HTTP/1.1 400 "),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET / HTTP/9999999999999999999999.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 400 "),
    ],
)
def test_every_connection_ends_with_its_answer(port: int, sent: bytes, answer: bytes) -> None:
    """Also those that send nothing, half of something or what is no HTTP."""
    with _connect(port, sent) as connection:
        assert _all(connection)[: len(answer) or 1] == answer


def _drip(connection: socket.socket, byte: bytes) -> bytes:
    """Send a byte every 20 ms until an answer comes, for 5 s at most."""
    connection.settimeout(0.02)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            connection.sendall(byte)
            return connection.recv(100)
        except TimeoutError:
            continue
    return b""


@pytest.mark.parametrize(("begun", "byte"), [(b"GET / HTTP/1.1\r\nX: ", b"y"), (b"", b"G")])
def test_bytes_that_drip_do_not_extend_a_deadline(port: int, begun: bytes, byte: bytes) -> None:
    """The connection ends while they still come."""
    with _connect(port, begun) as connection:
        assert _drip(connection, byte).startswith(b"HTTP/1.1 408 ")


def test_what_drips_after_an_answer_is_bounded_too(port: int) -> None:
    """The head of the next request has the same deadline."""
    with _connect(port, _GET) as connection:
        received = b""
        while not received.endswith(b"ok"):
            received += connection.recv(1000)

        assert _drip(connection, b"G").startswith(b"HTTP/1.1 408 ")


def test_an_answer_that_is_not_taken_is_given_up() -> None:
    """The server forgets the connection, and the rest can be read no more."""
    with _served(_SHORT) as (port, server), socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        begun = connection.recv(1) == b"H"
        ended = Patience(10, threading.Event()).until(lambda: not server.server_state.connections)

        assert (begun, ended) == (True, True)
        assert len(_all(connection)) < len(_LARGE)


def test_connections_without_a_request_keep_nobody_out() -> None:
    """Eight of them in a server for four, and a ninth client is answered."""
    with _served(Bounds(connections=4)) as (port, _):
        idle = [_connect(port, b"G") for _ in range(8)]
        with _connect(port, _GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as connection:
            answer = _all(connection)
        gone = _all(idle[0])
        for one in idle:
            one.close()

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert gone.startswith(b"HTTP/1.1 503 ")


def test_requests_under_way_are_not_ended_for_others() -> None:
    """A newcomer beyond the limit is told to come again."""
    lines = b"Host: x\r\nConnection: close\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    with _served(Bounds(connections=2)) as (port, _):
        working = [_connect(port, b"POST / HTTP/1.1\r\n" + lines) for _ in range(2)]
        begun = [one.recv(1000)[:12] for one in working]
        with _connect(port) as connection:
            refused = _all(connection)
        for one in working:
            one.sendall(b"x")
        answers = [_all(one)[:12] for one in working]
        for one in working:
            one.close()

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert (begun, answers) == ([b"HTTP/1.1 100"] * 2, [b"HTTP/1.1 200"] * 2)


def test_an_answer_is_not_held_back() -> None:
    """Head and body go out at once, though they are written one after the other (TCP_NODELAY)."""
    with _served(Bounds(connections=2)) as (port, server), _connect(port, _GET) as connection:
        connection.recv(1)
        [one] = server.server_state.connections
        option = one.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert option != 0


def test_a_head_asked_for_has_no_body(port: int) -> None:
    """The length is that of a GET (RFC 9110, 9.3.2)."""
    with _connect(port, b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as connection:
        head, _, body = _all(connection).partition(b"\r\n\r\n")

    assert (b"content-length: 2" in head, body) == (True, b"")
