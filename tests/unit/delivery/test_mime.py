"""The bytes of a mail: fields in their order, and the encoding that a body needs."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from services.notification_service.addresses import Mailbox
from services.notification_service.mime import Draft, render

SENT = datetime(2030, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))
SHOP = Mailbox("", "no-reply@xn--bcher-kva.example")


def _mail(text: str, html: str | None = None) -> bytes:
    return render(Draft(SHOP, "ada@example.com", "Hello", UUID(int=7), SENT, text, html))


def test_a_short_mail_is_plain_to_the_eye() -> None:
    """Date is the instant of sending; Message-ID has the sender's domain as DNS has it; no reply by a machine."""
    assert _mail("Hello Ada\n") == (
        b"From: no-reply@xn--bcher-kva.example\r\n"
        b"To: ada@example.com\r\n"
        b"Subject: Hello\r\n"
        b"Date: Tue, 01 Jan 2030 12:00:00 +0000\r\n"
        b"Message-ID: <00000000-0000-0000-0000-000000000007@xn--bcher-kva.example>\r\n"
        b"Auto-Submitted: auto-generated\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Hello Ada\r\n"
    )


def test_text_and_html_are_alternatives() -> None:
    """Encoded, so that no text can hold the boundary."""
    boundary = b"=_00000000000000000000000000000007"
    mail = _mail(f"--{boundary.decode()}--\n", "<p>Hello</p>\n")

    assert mail.endswith(
        b'Content-Type: multipart/alternative; boundary="' + boundary + b'"\r\n'
        b"\r\n"
        b"--" + boundary + b"\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"--=3D_00000000000000000000000000000007--\r\n"
        b"\r\n"
        b"--" + boundary + b"\r\n"
        b'Content-Type: text/html; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"<p>Hello</p>\r\n"
        b"\r\n"
        b"--" + boundary + b"--\r\n"
    )


@pytest.mark.parametrize(
    ("text", "encoding", "content"),
    [
        ("", "7bit", b""),
        ("\n", "7bit", b"\r\n"),
        ("tab\there\n.\n..\n", "7bit", b"tab\there\r\n.\r\n..\r\n"),
        ("x" * 78 + "\n", "7bit", b"x" * 78 + b"\r\n"),
        ("x" * 79 + "\n", "quoted-printable", b"x" * 75 + b"=\r\nxxxx\r\n"),
        ("no end", "quoted-printable", b"no end=\r\n"),
        ("a = b, no end", "quoted-printable", b"a =3D b, no end=\r\n"),
        ("a trailing blank \n", "quoted-printable", b"a trailing blank=20\r\n"),
        ("a trailing tab\t", "quoted-printable", b"a trailing tab=09=\r\n"),
        ("From me\n>From\nFrom you\n", "quoted-printable", b"=46=\r\nrom me\r\n>From\r\n=46=\r\nrom you\r\n"),
        ("a return alone\rhere\n", "quoted-printable", b"a return alone=0Dhere\r\n"),
        ("ends with return\r\r\n", "quoted-printable", b"ends with return=0D\r\n"),
        ("one bell is rung\a\n", "quoted-printable", b"one bell is rung=07\r\n"),
        ("Most of it is plain, viele Grüße\n", "quoted-printable", b"Most of it is plain, viele Gr=C3=BC=C3=9Fe\r\n"),
        ("日本\n", "base64", b"5pel5pysDQo=\r\n"),
        ("\x1b\x07", "base64", b"Gwc=\r\n"),
    ],
)
def test_a_body_is_encoded_where_it_would_not_survive(text: str, encoding: str, content: bytes) -> None:
    """Controls, blanks at line ends, long lines, "From ", a missing last line end (RFC 2049, section 3)."""
    head, _, found = _mail(text).partition(b"\r\n\r\n")

    assert head.endswith(f"Content-Transfer-Encoding: {encoding}".encode())
    assert found == content


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "Grüße aus München\n" * 50_000,
        "From \n" * 20_000 + "ß",
        "日本語\n" * 100_000,
        "The quick brown fox jumps over the lazy dog\n" * 23_000,
        "\r" * 100_000,
        "=\n" * 100_000 + ".",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_a_long_body_arrives_whole_on_short_lines(text: str) -> None:
    """A megabyte, with lines that every server takes."""
    mail = _mail(text)
    message = email.message_from_bytes(mail, policy=email.policy.default)

    assert message.get_payload(decode=True).decode().replace("\r\n", "\n") == text  # type: ignore[union-attr]
    assert max(map(len, mail.split(b"\r\n"))) <= 78
    assert mail.replace(b"\r\n", b"").count(b"\n") == 0


def test_a_sender_with_another_time_zone_is_shown_in_utc() -> None:
    """So that Date says nothing of where the service runs."""
    assert b"Date: Tue, 01 Jan 2030 12:00:00 +0000\r\n" in _mail("x")
    assert SENT.astimezone(UTC).hour == 12
