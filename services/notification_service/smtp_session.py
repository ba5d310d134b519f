"""One SMTP session (RFC 5321) over asyncio: pipelined where the server offers it, each phase with its own time-out.

What a caller must know to be exact is which phase a connection was lost in: after the final dot nobody can say
whether the server has the mail (RFC 1047), before it the server cannot have it. So the phases are in the errors.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Self

from eccs_contracts.failure_reasons import network_reason
from services.notification_service.mail import Mail
from services.notification_service.mail_text import ehlo_name, smtp_command
from services.notification_service.settings import SmtpSettings
from services.notification_service.smtp_replies import Reply

_BELATED: Final = 0.05  # seconds
_LINES: Final = 200  # of one reply
_SMALL: Final = 32_768  # bytes of a mail that go out with their dot in one write
_DOTS: Final = re.compile(rb"^\.", re.MULTILINE)
_END: Final = b".\r\n"
_BROKEN: Final = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)


class Refused(Exception):
    """Raised where the server answers with a 4xx or 5xx reply, or with one that fits nowhere."""

    def __init__(self, phase: str, reply: Reply) -> None:
        self.phase, self.reply = phase, reply
        super().__init__(f"{phase}: {reply.code}")


class Lost(Exception):
    """Raised where the connection is lost or the server stays silent.

    Attributes:
        phase: where; "DOT" once the end of the mail is out of our hands.
        silent: a time-out ran off; the connection stood.
    """

    def __init__(self, phase: str, why: str, *, silent: bool = False) -> None:
        self.phase, self.silent = phase, silent
        super().__init__(f"{phase}: {why}")


class SmtpSession:
    """A connection that is greeted, secured and authenticated; one mail at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, settings: SmtpSettings) -> None:
        self._reader, self._writer, self._settings = reader, writer, settings
        self.extensions: Mapping[str, str] = {}
        self.mails = 0

    @classmethod
    async def open(cls, settings: SmtpSettings) -> Self:
        """Connect, greet, secure and authenticate, as the settings ask for.

        Raises:
            Refused: the server does not want us.
            Lost: it does not answer, or offers less than the settings ask for.
        """
        try:
            async with asyncio.timeout(settings.timeouts.connect):
                tls = settings.tls.context if settings.tls.implicit else None
                reader, writer = await asyncio.open_connection(settings.host, settings.port, ssl=tls)
        except TimeoutError:
            raise Lost("CONNECT", "no answer", silent=True) from None
        except OSError as error:
            raise Lost("CONNECT", network_reason(error, settings.host)) from None
        session = cls(reader, writer, settings)
        try:
            await session._begin()
        except BaseException:
            session.abort()
            raise
        return session

    @property
    def usable(self) -> bool:
        """Whether nobody has closed it so far."""
        return not (self._reader.at_eof() or self._writer.is_closing())

    @property
    def largest(self) -> int | None:
        """Bytes of the largest mail that the server takes (RFC 1870); None where it does not say."""
        size = self.extensions.get("SIZE", "")
        return int(size) or None if size.isdecimal() else None

    async def send(self, mail: Mail) -> None:
        """Send one mail, to its one recipient.

        Raises:
            Refused: the server did not take it; the session can go on after `reset`.
            Lost: the session is over.
        """
        if "PIPELINING" in self.extensions:
            await self._envelope_at_once(mail)
        else:
            for phase, command in self._envelope(mail):
                await self._order(phase, command)
        await self._content(mail.content)
        self.mails += 1

    async def reset(self) -> None:
        """Forget a mail that was refused; errors as `send`."""
        await self._order("RSET", b"RSET\r\n")

    async def quit(self) -> None:
        """End it in order, or at once where that does not work."""
        with suppress(Refused, Lost, TimeoutError):
            async with asyncio.timeout(1):
                await self._order("QUIT", b"QUIT\r\n")
        self.abort()

    def abort(self) -> None:
        """End it at once."""
        self._writer.transport.abort()

    async def _begin(self) -> None:
        await self._expect("CONNECT", self._settings.timeouts.greeting)
        await self._hello()
        if self._settings.tls.starttls:
            await self._secure()
        if self._settings.username is not None:
            await self._log_in(self._settings.username, self._settings.password or "")

    async def _hello(self) -> None:
        reply = await self._order("EHLO", smtp_command(f"EHLO {ehlo_name(socket.gethostname())}"))
        lines = [line.partition(" ") for line in reply.text.splitlines()[1:]]
        self.extensions = {keyword.upper(): rest for keyword, _, rest in lines}

    async def _secure(self) -> None:
        """Raises Lost where it is not offered: to go on in the clear would hand out mail and password."""
        if "STARTTLS" not in self.extensions:
            raise Lost("STARTTLS", "not offered")
        await self._order("STARTTLS", b"STARTTLS\r\n")
        await self._nothing_more()
        try:
            context = self._settings.tls.context
            assert context is not None  # noqa: S101  STARTTLS is not asked for without one
            await self._writer.start_tls(context, server_hostname=self._settings.host)
        except OSError as error:
            raise Lost("STARTTLS", network_reason(error, self._settings.host)) from None
        await self._hello()

    async def _nothing_more(self) -> None:
        """Raises Lost where something came behind the reply: it would be read as if it had come under TLS."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0):  # what is there is given at once
                await self._reader.read(1)
                raise Lost("STARTTLS", "data before the handshake")

    async def _log_in(self, username: str, password: str) -> None:
        offered = self.extensions.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            token = base64.b64encode(f"\0{username}\0{password}".encode())
            await self._order("AUTH", b"AUTH PLAIN " + token + b"\r\n")
        elif "LOGIN" in offered:
            await self._order("AUTH", b"AUTH LOGIN\r\n")
            for secret in (username, password):
                await self._order("AUTH", base64.b64encode(secret.encode()) + b"\r\n")
        else:
            raise Lost("AUTH", "neither PLAIN nor LOGIN is offered")

    def _envelope(self, mail: Mail) -> tuple[tuple[str, bytes], ...]:
        options = " SMTPUTF8 BODY=8BITMIME" if mail.needs_utf8 else ""
        size = f" SIZE={len(mail.content)}" if "SIZE" in self.extensions else ""
        return (
            ("MAIL", smtp_command(f"MAIL FROM:<{mail.sender}>{size}{options}")),
            ("RCPT", smtp_command(f"RCPT TO:<{mail.recipient}>")),
            ("DATA", b"DATA\r\n"),
        )

    async def _envelope_at_once(self, mail: Mail) -> None:
        """Write all three commands at once (RFC 2920). The first refusal counts; the other replies are read, too.

        A server may close after a refusal, as with 421 (RFC 5321, section 3.8): then the refusal is the reason.
        """
        commands = self._envelope(mail)
        self._writer.write(b"".join(command for _, command in commands))
        refusal: Refused | None = None
        for phase, _ in commands:
            try:
                reply = await self._expect(phase, self._settings.timeouts.of(phase))
            except Refused as error:
                refusal = refusal or error
            except Lost as error:
                if refusal is None or error.silent:
                    raise
                raise refusal from None
            else:
                if refusal is not None and phase == "DATA" and reply.code == 354:
                    # RFC 2920, section 3.1: it wants a body for nobody; give it none.
                    with suppress(Refused):
                        await self._order("DATA", _END)
        if refusal is not None:
            raise refusal

    async def _content(self, content: bytes) -> None:
        body = _DOTS.sub(b"..", content)
        if not body.endswith(b"\r\n"):
            body += b"\r\n"
        timeouts = self._settings.timeouts
        if len(body) > _SMALL:
            for start in range(0, len(body), _SMALL):
                await self._put(body[start : start + _SMALL], timeouts.block)
            body = b""
        self._writer.write(body + _END)
        await self._expect("DOT", timeouts.dot)

    async def _order(self, phase: str, command: bytes) -> Reply:
        """A command and its reply; what is so small is not waited for until it is taken: its reply is."""
        self._writer.write(command)
        return await self._expect(phase, self._settings.timeouts.of(phase))

    async def _put(self, block: bytes, seconds: float) -> None:
        """Part of a mail, before its end: whatever goes wrong here, the server cannot have it."""
        try:
            self._writer.write(block)
            async with asyncio.timeout(seconds):
                await self._writer.drain()
        except TimeoutError:
            raise Lost("DATA", f"nothing was taken for {seconds:g} s", silent=True) from None
        except OSError as error:
            raise Lost("DATA", network_reason(error)) from None

    async def _expect(self, phase: str, seconds: float) -> Reply:
        """The next reply, where it is a good one."""
        try:
            async with asyncio.timeout(seconds):
                reply = await self._read()
        except TimeoutError:
            reply = await self._belated(phase, seconds)
        except (OSError, EOFError) as error:
            raise Lost(phase, network_reason(error)) from None
        except (ValueError, asyncio.LimitOverrunError):
            raise Lost(phase, "what it sent is no reply of SMTP") from None
        if not 200 <= reply.code < 400:
            raise Refused(phase, reply)
        return reply

    async def _belated(self, phase: str, seconds: float) -> Reply:
        """The reply that came while this process stood still: its time-out ran off before it could look."""
        try:
            async with asyncio.timeout(_BELATED):
                return await self._read()
        except (TimeoutError, *_BROKEN):
            raise Lost(phase, f"no reply for {seconds:g} s", silent=True) from None

    async def _read(self) -> Reply:
        lines: list[str] = []
        while len(lines) < _LINES:
            line = await self._reader.readuntil(b"\n")
            lines.append(line[4:].decode("utf-8", "replace").strip())
            if line[3:4] != b"-":
                return Reply(int(line[:3]), "\n".join(lines))
        raise ValueError("a reply without end")
