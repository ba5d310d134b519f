"""Heads of requests: what RFC 9112 allows is read, and what two programs could read differently is refused."""

from __future__ import annotations

import pytest

from compat_checks.registry.http_head import CHUNKED, MAX_BODY, MAX_HEAD, MAX_LINE, Head, body_length, parse_head
from compat_checks.registry.http_origin import check_media_type, check_origin
from compat_checks.registry.refused import Refused


def _head(*fields: str, line: str = "POST / HTTP/1.1") -> Head:
    return parse_head("\r\n".join((line, *fields)).encode("latin-1"))


def _status(*fields: str, line: str = "POST / HTTP/1.1") -> int:
    """The status that a head is refused with."""
    with pytest.raises(Refused) as caught:
        body_length(_head(*fields, line=line))
    return caught.value.status


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("", 400),
        ("GET", 400),
        ("GET /", 400),
        ("GET  / HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400),
        (" GET / HTTP/1.1", 400),
        ("GET\t/\tHTTP/1.1", 400),
        ("GET /a b HTTP/1.1", 400),
        ("GET /\x00 HTTP/1.1", 400),
        ("GET /\xe9 HTTP/1.1", 400),
        ("G@T / HTTP/1.1", 400),
        ("G" * 65 + " / HTTP/1.1", 400),
        ("GET / http/1.1", 400),
        ("GET / HTTP/11", 400),
        ("GET / HTTP/1.1\r", 400),
        ("GET / HTTP/2.0", 505),
        ("GET / HTTP/0.9", 505),
        ("GET /" + "a" * MAX_LINE + " HTTP/1.1", 414),
    ],
)
def test_a_request_line_that_is_none(line: str, status: int) -> None:
    """One space between three words, and printable ASCII."""
    assert _status(line=line) == status


@pytest.mark.parametrize(
    "field",
    [
        "Host",
        ": x",
        "Host : x",
        " Host: x",
        "\tfolded",
        "A: x\r\n folded",
        "A: \x00",
        "A: x\ny",
        "A: x\ry",
        "A: \x7f",
        "A\xe9: x",
        "A" * 65 + ": x",
    ],
)
def test_a_field_that_is_none(field: str) -> None:
    """Folded lines (RFC 9112, section 5.2) and blanks before the colon (section 5.1) among them."""
    assert _status("Host: x", field) == 400


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (["Content-Length: 1", "Content-Length: 2"], 400),
        (["Content-Length: 1", "content-length: 1"], 400),
        (["Content-Length: 1, 1"], 400),
        (["Content-Length: +1"], 400),
        (["Content-Length: -1"], 400),
        (["Content-Length: 1_0"], 400),
        (["Content-Length: 1 0"], 400),
        (["Content-Length: 0x1"], 400),
        (["Content-Length: \xb2"], 400),
        (["Content-Length: 1.0"], 400),
        (["Content-Length:"], 400),
        ([f"Content-Length: {MAX_BODY + 1}"], 413),
        (["Content-Length: " + "9" * 5000], 413),
        (["Content-Length: " + "0" * 17], 413),
        (["Transfer-Encoding: chunked", "Content-Length: 1"], 400),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400),
        (["Transfer-Encoding: gzip, chunked"], 501),
        (["Transfer-Encoding: chunked, identity"], 501),
        (["Transfer-Encoding: xchunked"], 501),
        (["Transfer-Encoding: \x0bchunked"], 400),
        (["Transfer-Encoding:"], 501),
        (["Expect: a-miracle"], 417),
        (["Host: a", "Host: a"], 400),
    ],
)
def test_a_body_that_two_programs_read_differently(fields: list[str], status: int) -> None:
    """RFC 9112, sections 6.1 to 6.3."""
    assert _status(*fields) == status


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("field", ["Content-Length: 1", "Transfer-Encoding: chunked"])
def test_reading_has_no_body(method: str, field: str) -> None:
    """It would be ignored here, and might be a request elsewhere."""
    assert _status(field, line=f"{method} / HTTP/1.1") == 400


def test_chunks_are_of_version_1_1() -> None:
    """RFC 9112, section 6.1."""
    assert _status("Transfer-Encoding: chunked", line="POST / HTTP/1.0") == 400


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ([], 0),
        (["Content-Length: 0"], 0),
        (["Content-Length: 007"], 7),
        (["Content-Length:\t 5 \t"], 5),
        ([f"Content-Length: {MAX_BODY}"], MAX_BODY),
        (["Transfer-Encoding: Chunked"], CHUNKED),
        (["Expect: 100-Continue", "Content-Length: 3"], 3),
    ],
)
def test_a_body_that_is_read(fields: list[str], length: int) -> None:
    """Names and codings in any case."""
    assert body_length(_head(*fields)) == length


def test_a_head_is_as_long_as_allowed_or_refused() -> None:
    """Both sides of the bound."""
    line = "GET / HTTP/1.1"
    room = MAX_HEAD - len(f"{line}\r\nA: ")

    assert _head("A: " + "x" * room, line=line).field("a") == "x" * room
    assert _status("A: " + "x" * (room + 1), line=line) == 431


@pytest.mark.parametrize(
    ("line", "fields", "keeps"),
    [
        ("GET / HTTP/1.1", [], True),
        ("GET / HTTP/1.1", ["Connection: keep-alive, Close"], False),
        ("GET / HTTP/1.0", ["Connection: keep-alive"], False),
    ],
)
def test_a_connection_stays_open_where_both_sides_know_it(line: str, fields: list[str], keeps: bool) -> None:
    """HTTP/1.0 closes it."""
    assert _head(*fields, line=line).keeps_alive == keeps


@pytest.mark.parametrize(
    "fields",
    [
        ["Host: localhost:8081"],
        ["Host: LOCALHOST"],
        ["Host: localhost."],
        ["Host: a.localhost"],
        ["Host: 127.0.0.1:8081"],
        ["Host: 127.1.2.3"],
        ["Host: 10.0.0.7:80"],
        ["Host: [::1]:8081"],
        ["Host: registry.internal:8081"],
        ["Host: localhost:8081", "Origin: http://localhost:8081", "Sec-Fetch-Site: same-origin"],
        ["Host: localhost", "Sec-Fetch-Site: none"],
    ],
)
def test_a_request_that_no_foreign_page_sent(fields: list[str]) -> None:
    """Loopback names, addresses, and names that were allowed."""
    check_origin(_head(*fields), {"registry.internal"})


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([], 400),
        (["Host:"], 400),
        (["Host: a b"], 400),
        (["Host: user@localhost"], 400),
        (["Host: localhost/"], 400),
        (["Host: localhost:8081:8081"], 400),
        (["Host: localhost, rebound.example"], 400),
        (["Host: rebound.example"], 403),
        (["Host: rebound.example:8081"], 403),
        (["Host: localhost.rebound.example"], 403),
        (["Host: notlocalhost"], 403),
        (["Host: 127.0.0.1.rebound.example"], 403),
        (["Host: 2130706433"], 403),
        (["Host: 0x7f.1"], 403),
        (["Host: [rebound]"], 400),
        (["Host: localhost", "Origin: http://evil.example"], 403),
        (["Host: localhost", "Origin: null"], 403),
        (["Host: localhost", "Origin:"], 403),
        (["Host: localhost:8081", "Origin: http://localhost:3000"], 403),
        (["Host: localhost", "Sec-Fetch-Site: cross-site"], 403),
        (["Host: localhost", "Sec-Fetch-Site: same-site"], 403),
    ],
)
def test_a_request_of_a_foreign_page(fields: list[str], status: int) -> None:
    """By its origin, or by the name that it reaches us under."""
    with pytest.raises(Refused) as caught:
        check_origin(_head(*fields), {"registry.internal"})
    assert caught.value.status == status


@pytest.mark.parametrize(
    "fields",
    [
        [],
        ["Content-Type: application/json; charset=utf-8"],
        ["Content-Type: application/vnd.schemaregistry.v1+json"],
        ["Content-Type: application/vnd.schemaregistry+json"],
        ["Content-Type: application/octet-stream"],
        ["Content-Type: application/x-www-form-urlencoded"],
        ["Content-Type: application/json", "Content-Encoding: identity"],
    ],
)
def test_a_body_of_a_type_that_clients_send(fields: list[str]) -> None:
    """Those of Confluent's clients, and of curl."""
    check_media_type(_head(*fields))


@pytest.mark.parametrize(
    "fields",
    [
        ["Content-Type: text/plain"],
        ["Content-Type: text/plain;application/json"],
        ["Content-Type: text/html"],
        ["Content-Type: multipart/form-data; boundary=x"],
        ["Content-Type: application/xml"],
        ["Content-Type: application/x-www-form-urlencoded", "Origin: http://localhost"],
        ["Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Mode: no-cors"],
        ["Content-Type: application/json", "Content-Encoding: gzip"],
    ],
)
def test_a_body_of_another_type(fields: list[str]) -> None:
    """A page could send the first ones without asking."""
    with pytest.raises(Refused) as caught:
        check_media_type(_head(*fields))
    assert caught.value.status == 415
