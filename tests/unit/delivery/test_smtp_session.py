"""A session with a server that says what a test wants it to say, byte for byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from services.notification_service.mail import Mail
from services.notification_service.settings import SmtpSettings, SmtpTimeouts, SmtpTls
from services.notification_service.smtp_session import Lost, Refused, SmtpSession
from tests.integration.certificates import make_certificates

T = TypeVar("T")
_MAIL = Mail("s@x.example", "r@x.example", b"Subject: a\r\n\r\n.dot\r\nend\r\n", needs_utf8=False)
_HELLO = [(b"", b"220 hello\r\n"), (b"EHLO", b"250-x\r\n250-SIZE 1000\r\n250 PIPELINING\r\n")]
_TLS = SmtpTls(ssl.create_default_context())
_PLAIN = [(b"", b"220 hello\r\n"), (b"EHLO", b"250 x\r\n")]
Lines = list[tuple[bytes, bytes]]


def _talk(lines: Lines, act: Callable[[SmtpSettings], Awaitable[T]], **options: object) -> tuple[T, bytes]:
    """Answer each line that begins as a pair says with the other half; what `act` gives, and all that was heard."""
    heard, over = bytearray(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for wanted, answer in lines:
            while wanted:
                line = await reader.readline()
                heard.extend(line)
                if not line or line.startswith(wanted):
                    break
            writer.write(answer)
        with suppress(ConnectionError):
            heard.extend(await reader.read(65_536))
        writer.transport.abort()
        over.set()

    async def both() -> T:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        timeouts = SmtpTimeouts(1, 1, 1, 1, 1, 1)
        async with server:
            found = await act(SmtpSettings("127.0.0.1", port, timeouts=timeouts, **options))  # type: ignore[arg-type]
            await asyncio.wait_for(over.wait(), 5)
        return found

    return asyncio.run(both()), bytes(heard)


async def _send(settings: SmtpSettings) -> str:
    """How sending one mail ended."""
    session = await SmtpSession.open(settings)
    try:
        await session.send(_MAIL)
    except (Refused, Lost) as error:
        return str(error)
    finally:
        session.abort()
    return "sent"


def test_the_envelope_goes_out_at_once_where_the_server_offers_it() -> None:
    """RFC 2920; the size is announced, and a dot that begins a line is doubled (RFC 5321, section 4.5.2)."""
    answers = [(b"MAIL", b"250 ok\r\n"), (b"RCPT", b"250 ok\r\n"), (b"DATA", b"354 go\r\n"), (b".\r\n", b"250 ok\r\n")]
    ended, heard = _talk([*_HELLO, *answers], _send)

    assert ended == "sent"
    assert b"MAIL FROM:<s@x.example> SIZE=25\r\nRCPT TO:<r@x.example>\r\nDATA\r\n" in heard
    assert heard.endswith(b"\r\n..dot\r\nend\r\n.\r\n")


def test_a_refused_recipient_gets_no_body() -> None:
    """RFC 2920, section 3.1: a server that wants a body all the same gets an empty one; the refusal counts."""
    answers = [
        (b"MAIL", b"250 ok\r\n"),
        (b"RCPT", b"550 5.1.1 no\r\n"),
        (b"DATA", b"354 go\r\n"),
        (b".\r\n", b"554 no\r\n"),
    ]
    ended, heard = _talk([*_HELLO, *answers], _send)

    assert ended == "RCPT: 550"
    assert b"Subject" not in heard


@pytest.mark.parametrize(
    ("answers", "ended"),
    [
        ([(b"MAIL", b"250 ok\r\n"), (b"RCPT", b"250 ok\r\n"), (b"DATA", b"421 bye\r\n")], "DATA: 421"),
        ([(b"MAIL", b"250 ok\r\n"), (b"RCPT", b"421 4.3.2 bye\r\n")], "RCPT: 421"),  # and it closes
        ([(b"MAIL", b"421 4.3.2 bye\r\n"), (b"RCPT", b"")], "MAIL: 421"),
        ([(b"MAIL", b"250 ok\r\n"), (b"RCPT", b"550 5.1.1 no\r\n")], "RCPT: 550"),
        ([(b"MAIL", b"nonsense\r\n")], "MAIL: what it sent is no reply of SMTP"),
        ([(b"MAIL", b"250-ok\r\n" * 300)], "MAIL: what it sent is no reply of SMTP"),
        ([(b"MAIL", b"250 ok\r\n"), (b"RCPT", b"")], "RCPT: no reply for 1 s"),
        (
            [(b"MAIL", b"250 ok\r\n"), (b"RCPT", b"250 ok\r\n"), (b"DATA", b"354 go\r\n"), (b".\r\n", b"")],
            "DOT: no reply for 1 s",
        ),
    ],
)
def test_the_phase_is_named(answers: Lines, ended: str) -> None:
    """It decides whether the server may have the mail."""
    assert _talk([*_PLAIN, *answers], _send)[0] == ended


@pytest.mark.parametrize("secured", [False, True], ids=["in the clear", "TLS"])
def test_a_server_that_stops_taking_the_mail_cannot_have_it(tmp_path: Path, secured: bool) -> None:
    """So it is lost in DATA, and safe to send again; under TLS the bytes wait in other buffers, and count as well."""
    certificates = make_certificates(tmp_path)
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for wanted, answer in [*_PLAIN, (b"MAIL", b"250 ok\r\n"), (b"RCPT", b"250 ok\r\n"), (b"DATA", b"354 go\r\n")]:
            while wanted and not (await reader.readline()).startswith(wanted):
                pass
            writer.write(answer)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # one that reads has it
        await over.wait()
        writer.transport.abort()

    async def scenario() -> str:
        context = certificates.server_context() if secured else None
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        trusted = SmtpTls(ssl.create_default_context(cafile=str(certificates.authority)), implicit=True)
        settings = SmtpSettings(
            "127.0.0.1",
            server.sockets[0].getsockname()[1],
            timeouts=SmtpTimeouts(5, 5, 5, 5, 0.3, 5),
            tls=trusted if secured else SmtpTls(),
        )
        async with server:
            session = await SmtpSession.open(settings)
            with pytest.raises(Lost) as caught:
                await session.send(replace(_MAIL, content=b"A line of a very long mail.\r\n" * 2**20))
            session.abort()
            over.set()
        return str(caught.value)

    assert asyncio.run(scenario()) == "DATA: nothing was taken for 0.3 s"


def test_what_comes_before_the_handshake_is_not_read_as_if_it_came_after() -> None:
    """A man in the middle could answer for the server otherwise (CVE-2011-0411 and its kin)."""
    lines = [(b"", b"220 x\r\n"), (b"EHLO", b"250-x\r\n250 STARTTLS\r\n")]
    lines.append((b"STARTTLS", b"220 go\r\n250 AUTH PLAIN\r\n"))

    async def opening(settings: SmtpSettings) -> str:
        with pytest.raises(Lost) as caught:
            await SmtpSession.open(settings)
        return str(caught.value)

    ended, heard = _talk(lines, opening, tls=_TLS)

    assert ended == "STARTTLS: data before the handshake"
    assert heard.count(b"\r\n") == 2


def test_without_starttls_nothing_is_said_in_the_clear() -> None:
    """Neither the password nor the mail."""

    async def opening(settings: SmtpSettings) -> str:
        with pytest.raises(Lost) as caught:
            await SmtpSession.open(settings)
        return str(caught.value)

    ended, heard = _talk(_PLAIN, opening, tls=_TLS, username="u", password="secret")

    assert ended == "STARTTLS: not offered"
    assert heard.startswith(b"EHLO")
    assert heard.count(b"\r\n") == 1
