"""Operations on a port of their own: its settings, and two servers that live and end together."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from eccs_contracts.errors import ConfigurationError
from services.web.connections import Bounds
from services.web.serving import Address, Companion, Server, listening, operations_setting, run

_INTERFACE = Address("192.0.2.1", 3002, grace=2.0, bounds=Bounds(connections=1_000, head=3.0))


def test_without_a_port_operations_stay_on_the_interface() -> None:
    """An empty variable is as good as none."""
    assert operations_setting(_INTERFACE, {}) is None
    assert operations_setting(_INTERFACE, {"OPERATIONS_PORT": ""}) is None


@pytest.mark.parametrize(("given", "host"), [({}, "192.0.2.1"), ({"OPERATIONS_HOST": "127.0.0.1"}, "127.0.0.1")])
def test_the_host_is_the_interfaces_unless_it_is_set(given: dict[str, str], host: str) -> None:
    """The deadlines are the same, the connections few: the descriptors of the interface are not taken."""
    found = operations_setting(_INTERFACE, {"OPERATIONS_PORT": "9002", **given})

    assert found == Address(host, 9002, 2.0, Bounds(connections=32, head=3.0), "OPERATIONS")


def test_operations_have_no_more_connections_than_the_interface() -> None:
    """So that a process with few file descriptors keeps some."""
    small = Address("127.0.0.1", 3002, grace=2.0, bounds=Bounds(connections=5))

    found = operations_setting(small, {"OPERATIONS_PORT": "9002"})

    assert found
    assert found.bounds.connections == 5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"OPERATIONS_HOST": "127.0.0.1"}, "OPERATIONS_HOST is set, but OPERATIONS_PORT is not"),
        ({"OPERATIONS_PORT": "nine"}, "OPERATIONS_PORT is 'nine'"),
        ({"OPERATIONS_PORT": "-1"}, "OPERATIONS_PORT is '-1'"),
        ({"OPERATIONS_PORT": "65536"}, "OPERATIONS_PORT is '65536': a whole number from 0 to 65535"),
    ],
)
def test_a_setting_that_is_not_usable_is_named(given: dict[str, str], message: str) -> None:
    """A host alone would do nothing."""
    with pytest.raises(ConfigurationError, match=message):
        operations_setting(_INTERFACE, given)


@pytest.mark.parametrize("port", [99_999, None])
def test_a_port_that_cannot_be_listened_on_is_named(port: int | None) -> None:
    """By the variables that gave it; None for one that is taken."""
    with listening("127.0.0.1", 0) as taken, pytest.raises(ConfigurationError, match="OPERATIONS_PORT") as caught:
        listening("127.0.0.1", port or taken.getsockname()[1], "OPERATIONS")

    assert "HTTP_" not in str(caught.value)


@dataclass(frozen=True, slots=True)
class _App:
    """Answers GET with its name; POST only when its body is whole."""

    name: str

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        more = scope["method"] == "POST"
        while more:
            message = await receive()
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.name.encode()})


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two servers that run; addresses end without a slash."""

    interface: str
    operations: str
    leader: Server
    thread: threading.Thread


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def _pair(connections: int = 10) -> Iterator[_Pair]:
    bounds = Bounds(connections=connections)
    leader = Server(_App("interface"), bounds, 2.0)
    companion = Companion(_App("operations"), bounds, 2.0, leader)
    with listening("127.0.0.1", 0) as first, listening("127.0.0.1", 0) as second:
        thread = threading.Thread(target=run, args=([(leader, first), (companion, second)],))
        thread.start()
        try:
            yield _Pair(_url(first), _url(second), leader, thread)
        finally:
            leader.should_exit = True
            thread.join()


def test_each_port_answers_with_its_own_application() -> None:
    """From one process."""
    with _pair() as pair:
        answers = [httpx.get(url, timeout=10).text for url in (pair.interface, pair.operations)]

    assert answers == ["interface", "operations"]


def test_operations_answer_while_the_interface_has_no_connection_left() -> None:
    """Both of its connections have a request under way, so a third one is refused."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    with _pair(connections=2) as pair, ExitStack() as held:
        port = httpx.URL(pair.interface).port
        for _ in range(2):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            connection.sendall(head)
            assert connection.recv(1_000).startswith(b"HTTP/1.1 100 ")
        refused = httpx.get(pair.interface, timeout=10)
        probes = [httpx.get(pair.operations, timeout=10) for _ in range(5)]

    assert refused.status_code == 503
    assert [probe.status_code for probe in probes] == [200] * 5


def test_both_end_together() -> None:
    """When the interface is told to stop, though a client keeps a connection to operations open."""
    with _pair() as pair, httpx.Client() as client:
        client.get(pair.operations)
        pair.leader.should_exit = True
        pair.thread.join(10)
        ended = not pair.thread.is_alive()
        with suppress(httpx.HTTPError):
            client.get(pair.operations)
            pytest.fail("operations still answer")

    assert ended
