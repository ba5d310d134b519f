"""The embedded registry on its socket: one answer for each request, whatever is sent."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from compat_checks.registry.http_connection import Connection
from compat_checks.registry.http_head import MAX_BODY, MAX_HEAD, MAX_LINE
from compat_checks.registry.http_server import Application, Places, Response, Server
from compat_checks.registry.refused import Refused
from compat_checks.registry.server import EmbeddedRegistry

INNER = b"DELETE /subjects/victim HTTP/1.1\r\nHost: localhost\r\n\r\n"
SCHEMA = b'{"schema":"\\"int\\""}'


@pytest.fixture(scope="module")
def registry() -> Iterator[EmbeddedRegistry]:
    """One for all: the requests of this module change nothing that another one reads."""
    with EmbeddedRegistry() as running:
        yield running


def _sent(url: str, data: bytes, *, hang_up: bool = True) -> bytes:
    """What comes back for some bytes, until the other side closes."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(data)
        if hang_up:
            sock.shutdown(socket.SHUT_WR)
        found = b""
        while piece := sock.recv(65536):
            found += piece
        return found


def _statuses(answer: bytes) -> list[int]:
    return [int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def _request(line: str, *fields: str, body: bytes = b"") -> bytes:
    return "\r\n".join((line, "Host: localhost", *fields, "", "")).encode() + body


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (_request("POST /subjects HTTP/1.1", "Content-Length: 0", f"Content-Length: {len(INNER)}", body=INNER), 400),
        (_request("GET /subjects HTTP/1.1", f"Content-Length: {len(INNER)}", body=INNER), 400),
        (_request("GET /subjects HTTP/1.1", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + INNER), 400),
        (_request("POST /subjects/a/versions HTTP/1.1", "Transfer-Encoding: chunked", body=INNER), 400),
        (_request("POST /subjects/a/versions HTTP/1.1", "Transfer-Encoding: gzip", body=INNER), 501),
        (_request("POST /subjects/a HTTP/1.1", "Content-Length: " + "9" * 5000, body=INNER), 413),
        (_request("POST /subjects/a HTTP/1.1", "Content-Length: -1", body=INNER), 400),
        (_request("POST /subjects/a HTTP/1.1", "Content-Type: text/plain", "Content-Length: 51", body=INNER), 415),
        (_request("POST /subjects/a HTTP/1.1", "Content-Length: 999", body=INNER), 400),
        (_request("GET /subjects HTTP/1.1", "Origin: http://evil.example"), 403),
        (b"GET /subjects HTTP/1.1\r\nHost: rebound.example\r\n\r\n" + INNER, 403),
        (b"GET /subjects HTTP/1.1\r\n\r\n" + INNER, 400),
        (b"GET /subjects HTTP/1.1\nHost: localhost\n\n" + INNER, 400),
        (b"GET /subjects HTTP/1.1\r\nHost: localhost\n\r\n" + INNER, 400),
        (b"GET /subjects HTTP/1.1\r\nHost: localhost\r\nA: 1\r\n b\r\n\r\n" + INNER, 400),
        (b"GET /subjects\r\n\r\n" + INNER, 400),
        (b"GET /subjects HTTP/3.0\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /" + b"a" * 100_000, 414),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", 431),
        (b"GET / HT", 400),
    ],
)
def test_a_broken_request_gets_one_answer(registry: EmbeddedRegistry, request_: bytes, status: int) -> None:
    """Then the connection is closed: what follows is not taken for a request."""
    assert _statuses(_sent(registry.url, request_)) == [status]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (_request("HEAD /subjects HTTP/1.1"), 200),
        (_request("OPTIONS /subjects HTTP/1.1"), 200),
        (_request("OPTIONS * HTTP/1.1"), 200),
        (_request("POST /subjects HTTP/1.1", "Content-Length: 2", body=b"{}"), 405),
        (_request("PATCH /subjects HTTP/1.1"), 405),
        (_request("TRACE /subjects HTTP/1.1"), 405),
        (_request("BREW /nothing HTTP/1.1"), 405),
        (_request("GET /nothing HTTP/1.1"), 404),
        (_request("GET //[ HTTP/1.1"), 404),
        (_request("GET http://localhost/subjects HTTP/1.1"), 200),
        (_request("GET /subjects?limit=" + "9" * 5000 + " HTTP/1.1"), 404),
        (_request("GET /subjects?limit=--5 HTTP/1.1"), 404),
        (_request("GET /subjects?offset=1e5 HTTP/1.1"), 404),
        (_request("GET /subjects?limit=%D9%A3 HTTP/1.1"), 404),
        (_request("GET /subjects?limit=2147483648 HTTP/1.1"), 404),
        (_request("GET /subjects?limit=2147483647 HTTP/1.1"), 200),
        (_request("GET /subjects/a/versions/" + "9" * 5000 + " HTTP/1.1"), 422),
        (_request("GET /subjects/a/versions/%C2%B2 HTTP/1.1"), 422),
        (_request("GET /subjects/a/versions/2147483648 HTTP/1.1"), 422),
        (_request("GET /subjects/a/versions/0 HTTP/1.1"), 422),
        (_request("GET /schemas/ids/" + "9" * 5000 + " HTTP/1.1"), 404),
        (_request("GET /schemas/ids/9999999999 HTTP/1.1"), 404),
        (_request("GET /subjects HTTP/1.1", "Accept: text/html"), 406),
        (_request("GET /subjects HTTP/1.1", "Accept: text/html, */*;q=0.1"), 200),
        (_request("PUT /config HTTP/1.1", "Content-Length: 2", body=b"[]"), 422),
        (_request("PUT /config HTTP/1.1"), 422),
        (_request("PUT /config HTTP/1.1", "Content-Length: 1", body=b"{"), 400),
        (_request("PUT /config HTTP/1.1", "Content-Length: 5", body=b"1e999"), 400),
        (_request("PUT /config HTTP/1.1", "Content-Length: 5000", body=b"9" * 5000), 400),
    ],
)
def test_a_whole_request_gets_its_answer(registry: EmbeddedRegistry, request_: bytes, status: int) -> None:
    """And the next one on the same connection gets its own."""
    follows = _request("GET /schemas/types HTTP/1.1")

    assert _statuses(_sent(registry.url, request_ + follows)) == [status, 200]


def test_what_is_not_allowed_says_what_is(registry: EmbeddedRegistry) -> None:
    """RFC 9110, section 15.5.6."""
    answer = _sent(registry.url, _request("PUT /subjects/a/versions HTTP/1.1", "Content-Length: 2", body=b"{}"))

    assert b"\r\nAllow: GET, HEAD, OPTIONS, POST\r\n" in answer


def test_an_answer_to_head_has_no_content(registry: EmbeddedRegistry) -> None:
    """Only the length that it would have."""
    head, _, content = _sent(registry.url, _request("HEAD /subjects HTTP/1.1")).partition(b"\r\n\r\n")

    assert (b"Content-Length: 2" in head, content) == (True, b"")


def test_version_1_0_closes(registry: EmbeddedRegistry) -> None:
    """It needs no Host either."""
    assert _statuses(_sent(registry.url, b"GET /subjects HTTP/1.0\r\n\r\n" + INNER, hang_up=False)) == [200]


def test_a_client_may_ask_before_it_sends_a_body(registry: EmbeddedRegistry) -> None:
    """RFC 9110, section 10.1.1."""
    fields = ("Expect: 100-continue", f"Content-Length: {len(SCHEMA)}")
    answer = _sent(registry.url, _request("POST /subjects/asked/versions HTTP/1.1", *fields, body=SCHEMA))

    assert _statuses(answer) == [100, 200]


def test_a_large_body_is_refused_with_an_answer_that_arrives(registry: EmbeddedRegistry) -> None:
    """Also to a client that sends all of it before it reads."""
    body = b"x" * (MAX_BODY + 1)
    request = _request("POST /subjects/large/versions HTTP/1.1", f"Content-Length: {len(body)}", body=body)

    assert _statuses(_sent(registry.url, request)) == [413]


CHUNKED = _request("POST /subjects/chunked/versions HTTP/1.1", "Transfer-Encoding: chunked")


@pytest.mark.parametrize(
    "body",
    [
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(SCHEMA), SCHEMA),
        b"%X;name=value\r\n%s\r\n00\r\nTrailer: x\r\n\r\n" % (len(SCHEMA), SCHEMA),
        b"".join(b"1\r\n%c\r\n" % byte for byte in SCHEMA) + b"0\r\n\r\n",
    ],
)
def test_chunks_are_read(registry: EmbeddedRegistry, body: bytes) -> None:
    """In any sizes, and up to their end."""
    assert _statuses(_sent(registry.url, CHUNKED + body + _request("GET /subjects HTTP/1.1"))) == [200, 200]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\r\n", 400),
        (b"x\r\n", 400),
        (b"-1\r\n", 400),
        (b"+1\r\na\r\n0\r\n\r\n", 400),
        (b"0x1\r\na\r\n0\r\n\r\n", 400),
        (b" 1\r\na\r\n0\r\n\r\n", 400),
        (b"1\na\r\n0\r\n\r\n", 400),
        (b"1\r\nab\r\n0\r\n\r\n", 400),
        (b"1\r\na0\r\n\r\n", 400),
        (b"5\r\na", 400),
        (b"0\r\n", 400),
        (b"1" * 300, 400),
        (b"1;" + b"x" * 300 + b"\r\na\r\n0\r\n\r\n", 400),
        (b"123456789\r\n", 400),
        (b"%x\r\n" % (MAX_BODY + 1), 413),
        (b"FFFFFFFF\r\n", 413),
        (b"0\r\n" + b"A: b\r\n" * (MAX_LINE // 4 + 1), 431),
    ],
)
def test_broken_chunks(registry: EmbeddedRegistry, body: bytes, status: int) -> None:
    """One answer, and the end."""
    assert _statuses(_sent(registry.url, CHUNKED + body)) == [status]


class _Clock:
    """Seconds that pass only when they are read."""

    def __init__(self, step: float) -> None:
        self._now, self._step = 0.0, step

    def __call__(self) -> float:
        self._now += self._step
        return self._now


def test_a_head_that_drips_is_too_slow() -> None:
    """The deadline is one for the whole head, not one for each byte."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(Refused) as caught:
            Connection(ours, _Clock(6.0)).head(seconds=10.0)
    assert caught.value.status == 408


def test_a_client_that_sends_nothing_is_let_go() -> None:
    """Without an answer: it asked nothing."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert Connection(ours, _Clock(6.0)).head(seconds=5.0) is None


def test_a_body_that_drips_is_too_slow() -> None:
    """The same for bodies."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"a")
        with pytest.raises(Refused) as caught:
            Connection(ours, _Clock(6.0)).body(2, seconds=10.0)
    assert caught.value.status == 408


def test_a_head_of_the_largest_size_is_read() -> None:
    """One byte more is refused."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        head = b"GET / HTTP/1.1\r\nA: ".ljust(MAX_HEAD, b"x")
        theirs.sendall(b"\r\n" + head + b"\r\n\r\n")
        assert Connection(ours).head() == head


def test_the_connection_that_waits_longest_makes_place() -> None:
    """So idle connections keep nobody out; busy ones are not broken off."""
    pairs = [socket.socketpair() for _ in range(4)]
    one, two, three, four = (pair[0] for pair in pairs)
    places = Places(2)
    try:
        assert places.enter(one)
        assert places.enter(two)
        places.serving(one)
        assert places.enter(three)
        assert two.recv(1) == b""
        places.serving(three)
        assert not places.enter(four)
        places.leave(one)
        assert places.enter(four)
    finally:
        for pair in pairs:
            for sock in pair:
                sock.close()


def test_a_defect_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """500, one line for who runs it, and no traceback."""

    def defective(*_: object) -> Response:
        raise KeyError("x")

    server = Server(("127.0.0.1", 0), Application(defective, lambda error: Response(error.status)))
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    with ours, theirs, server:
        theirs.sendall(_request("GET / HTTP/1.1", "Connection: close"))
        theirs.shutdown(socket.SHUT_WR)
        server.finish_request(ours, None)
        assert _statuses(theirs.recv(65536)) == [500]
    assert capsys.readouterr().err == "compat-checks: defect: GET /: KeyError\n"
