"""What readers of mails find in one: Python's `email` in its old and its new way, and Node's mailparser."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any, TypeAlias

from tests.node import MailParser


@dataclass(frozen=True, slots=True)
class Found:
    """A mail as a reader sees it; line ends of bodies are LF.

    Attributes:
        names: of all header fields, in their order.
        sender: display name and address.
    """

    names: tuple[str, ...]
    subject: str
    sender: tuple[str, str]
    to: str
    text: str
    html: str | None = None


Reader: TypeAlias = Callable[[bytes], Found]


def with_email(mail: bytes) -> Found:
    """The policy `default`."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    (sender,), (to,) = message["From"].addresses, message["To"].addresses
    html = message.get_body(("html",))
    return Found(
        tuple(message.keys()),
        message["Subject"],
        # Its display_name has a blank between two encoded words (RFC 2047, section 6.2 wants none) and loses others.
        (_sender(dict(message.raw_items())["From"])[0], sender.addr_spec),
        _in_utf8(to.addr_spec),
        _lines(_text_part(message).get_content()),
        None if html is None else _lines(html.get_content()),
    )


def with_compat32(mail: bytes) -> Found:
    """The policy `compat32`, which hands out header fields as they are written."""
    message = email.message_from_bytes(mail, policy=email.policy.compat32)
    parts = message.get_payload() if message.is_multipart() else [message]
    bodies = [_lines(part.get_payload(decode=True).decode()) for part in parts]  # type: ignore[union-attr]
    name, address = _sender(str(message["From"]))
    return Found(
        tuple(message.keys()),
        _decoded(message["Subject"]),
        (name, address),
        _in_utf8(dict(message.raw_items())["To"]),
        bodies[0],
        bodies[1] if len(bodies) == 2 else None,
    )


def with_mailparser(parser: MailParser) -> Reader:
    """mailparser, in the process that is given."""

    def read(mail: bytes) -> Found:
        found: dict[str, Any] = parser.read(mail)
        (sender,), ((_, to),) = found["from"], found["to"]
        assert (found["others"], found["attachments"]) == ([], 0)
        html = found["html"]
        text, names = _lines(found["text"]), tuple(found["names"])
        return Found(names, found["subject"], tuple(sender), to, text, None if html is None else _lines(html))

    return read


def _text_part(message: EmailMessage) -> EmailMessage:
    part = message.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return part


def _sender(field: str) -> tuple[str, str]:
    name, bracket, address = _unfolded(field).rpartition("<")
    return (_decoded(name.rstrip(" ")), address.removesuffix(">")) if bracket else ("", field)


def _decoded(field: str) -> str:
    return str(make_header(decode_header(_unfolded(field))))


def _in_utf8(field: str) -> str:
    """An address beyond ASCII: the parser keeps octets as lone surrogates (PEP 383)."""
    return field.encode("ascii", "surrogateescape").decode()


def _unfolded(field: str) -> str:
    return re.sub(r"\r?\n(?=[ \t])", "", field)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
