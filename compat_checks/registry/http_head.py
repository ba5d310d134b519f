"""The head of an HTTP/1.1 request, read strictly: what two programs could read differently is refused.

A lenient reader lets one request be taken for two (request smuggling, RFC 9112 section 11.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from compat_checks.classes import frozen
from compat_checks.registry.refused import Refused

MAX_LINE: Final = 16 * 1024  # bytes; a subject of 1,000 characters takes at most 12,000 when it is quoted
MAX_HEAD: Final = 32 * 1024  # bytes
MAX_BODY: Final = 16 * 1024 * 1024  # bytes; larger than any schema that a registry takes, so that it can say so
CHUNKED: Final = -1

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}"
_REQUEST_LINE: Final = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) HTTP/([0-9])\.([0-9])")
_NAME: Final = re.compile(_TOKEN)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LENGTH: Final = re.compile(r"[0-9]{1,16}")
_ONCE: Final = frozenset(("host", "content-length", "transfer-encoding", "content-type", "origin", "authorization"))
_BODILESS: Final = ("GET", "HEAD")


@frozen
class Head:
    """Request line and header fields.

    Attributes:
        method: as sent; methods are case-sensitive.
        target: printable ASCII.
        minor: of the version: 0 for HTTP/1.0.
        fields: by name in lower case; the values of a repeated field joined with ", ".
    """

    method: str
    target: str
    minor: int
    fields: Mapping[str, str]

    def field(self, name: str) -> str:
        """The value of a field in lower case, or an empty text."""
        return self.fields.get(name, "").lower()

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection stays open after the answer."""
        options = [one.strip() for one in self.field("connection").split(",")]
        return self.minor > 0 and "close" not in options

    @property
    def awaits_continue(self) -> bool:
        """Whether the client sends the body only after it got `100 Continue`."""
        return self.field("expect") == "100-continue" and self.minor > 0


def parse_head(data: bytes) -> Head:
    """A head from its bytes, without the empty line at its end.

    Raises:
        Refused: 400 for what RFC 9112 does not allow, 414 and 431 for what is too long, 505 for another version.
    """
    first, *lines = data.split(b"\r\n")
    if len(first) > MAX_LINE:
        raise Refused(414, f"The request line is longer than {MAX_LINE} bytes")
    if len(data) > MAX_HEAD:
        raise Refused(431, f"The request head is longer than {MAX_HEAD} bytes")
    match = _REQUEST_LINE.fullmatch(first)
    if not match:
        raise Refused(400, "The request line is not METHOD TARGET HTTP/1.1")
    if match[3] != b"1":
        raise Refused(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here")
    return Head(match[1].decode(), match[2].decode(), int(match[4]), _fields(lines))


def body_length(head: Head) -> int:
    """How many bytes of body follow a head, or CHUNKED.

    Raises:
        Refused: 400 for a length that is no number or contradicts itself, and for a GET with a body; 413 too large;
            417 another expectation; 501 another coding of the message.
    """
    if head.field("expect") not in ("", "100-continue"):
        raise Refused(417, "The only expectation that is met here is 100-continue")
    length = _length(head)
    if length and head.method in _BODILESS:
        raise Refused(400, f"A {head.method} request has no body")
    return length


def _length(head: Head) -> int:
    if "transfer-encoding" in head.fields:
        if "content-length" in head.fields or head.minor == 0:
            raise Refused(400, "Transfer-Encoding stands beside Content-Length, or in an HTTP/1.0 request")
        if head.field("transfer-encoding") != "chunked":
            raise Refused(501, "The only transfer coding that is read here is chunked")
        return CHUNKED
    text = head.fields.get("content-length", "0")
    if not text.isascii() or not text.isdigit():
        raise Refused(400, "Content-Length is not a number")
    if not _LENGTH.fullmatch(text) or int(text) > MAX_BODY:
        raise Refused(413, f"The body is larger than {MAX_BODY} bytes")
    return int(text)


def _fields(lines: list[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        raw, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(raw) or _CONTROL.search(value):
            raise Refused(400, "A header field is not NAME: VALUE on one line")
        name, text = raw.decode().lower(), value.strip(b" \t").decode("latin-1")
        if name in found and name in _ONCE:
            raise Refused(400, f"The header field {name} is there twice")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found
