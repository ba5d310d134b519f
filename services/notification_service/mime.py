"""The bytes of a mail: header fields and body (RFC 5322, RFC 2045)."""

from __future__ import annotations

from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from uuid import UUID

from services.notification_service.addresses import Mailbox
from services.notification_service.header_fields import mailbox_field, text_field, token_field
from services.notification_service.mail_text import body_text

_LINE: Final = 78  # octets of a line in 7bit: more are legal up to 998, but some servers break them
_BASE64_LINE: Final = 76  # RFC 2045, section 6.8
_SEVEN_BIT: Final = bytes([*b"\t\n", *range(0x20, 0x7F)])
_SELF_IN_QP: Final = bytes(set(_SEVEN_BIT) - {ord("=")})
_CONSTANT_FIELDS: Final = b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"  # RFC 3834, section 5; RFC 2045


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that a mail is made of.

    Attributes:
        recipient: as `wire_address` returns it.
        id: of the e-mail; makes the Message-ID, so that a mailbox can drop a second copy.
        sent: the instant of sending.
        html: the second form of the body; None if there is only text.
    """

    sender: Mailbox
    recipient: str
    subject: str
    id: UUID
    sent: datetime
    text: str
    html: str | None = None


def render(draft: Draft) -> bytes:
    """Return the mail, in 7 bits but for addresses beyond ASCII, every line ended by CR LF.

    Subject and bodies read back as they are given; in bodies a line end, LF or CR LF, becomes CR LF.

    Raises:
        NotMailText: the subject or a body holds what no mail can carry.
    """
    return b"".join(
        (
            mailbox_field("From", draft.sender.name, draft.sender.address),
            mailbox_field("To", "", draft.recipient),
            text_field("Subject", draft.subject),
            token_field("Date", format_datetime(draft.sent.astimezone(UTC))),
            token_field("Message-ID", f"<{draft.id}@{draft.sender.domain}>"),
            _CONSTANT_FIELDS,
            _part(draft.text, "plain", alone=True) if draft.html is None else _alternatives(draft, draft.html),
        )
    )


def _alternatives(draft: Draft, html: str) -> bytes:
    """Return text and HTML as multipart/alternative (RFC 2046, section 5.1.4).

    Neither base64 nor quoted-printable can hold `=_` (RFC 2045, section 6.7), so no part can hold the boundary.
    """
    boundary = f"=_{draft.id.hex}"
    line = f"--{boundary}".encode()
    parts = (_part(draft.text, "plain", alone=False), _part(html, "html", alone=False))
    return b"\r\n".join(
        (
            token_field("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
            line,
            parts[0],
            line,
            parts[1],
            line + b"--\r\n",
        )
    )


def _part(text: str, subtype: str, *, alone: bool) -> bytes:
    """Return the header and content of a part, in the shortest encoding that keeps every character.

    Args:
        text: any text without NUL.
        subtype: plain or html.
        alone: whether it is the whole body. Only such a part may be 7bit.
    """
    lines = body_text(text).replace("\r\n", "\n").encode()
    if alone and _survives(lines):
        encoding, content = "7bit", lines.replace(b"\n", b"\r\n")
    elif len(lines.translate(None, _SELF_IN_QP)) * 6 < len(lines):
        encoding, content = "quoted-printable", _quoted_printable(lines)
    else:
        encoding, content = "base64", _base64(lines.replace(b"\n", b"\r\n"))
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + content


def _survives(lines: bytes) -> bool:
    """Whether lines arrive unchanged without an encoding.

    Servers may cut blanks at the end of a line, mailboxes put > before a line that begins with "From ", and the last
    line of a mail always has an end (RFC 2049, section 3).
    """
    if lines.translate(None, _SEVEN_BIT) or not (lines.endswith(b"\n") or not lines):
        return False
    if b" \n" in lines or b"\t\n" in lines or lines.startswith(b"From ") or b"\nFrom " in lines:
        return False
    return max(map(len, lines.split(b"\n"))) <= _LINE


def _quoted_printable(lines: bytes) -> bytes:
    """Return lines in quoted-printable (RFC 2045, section 6.7).

    `b2a_qp` gets one line at a time: in text with line ends it would leave a CR alone as it is.
    """
    encoded = b"\n".join(b2a_qp(line, istext=False) for line in lines.split(b"\n"))
    if encoded and not encoded.endswith(b"\n"):
        encoded += b"=\n"  # a soft line break: the text ends without a line end
    if encoded.startswith(b"From "):
        encoded = b"=46=\n" + encoded[1:]
    return encoded.replace(b"\nFrom ", b"\n=46=\nrom ").replace(b"\n", b"\r\n")


def _base64(octets: bytes) -> bytes:
    encoded = b2a_base64(octets, newline=False)
    starts = range(0, len(encoded), _BASE64_LINE)
    return b"".join(encoded[start : start + _BASE64_LINE] + b"\r\n" for start in starts)
