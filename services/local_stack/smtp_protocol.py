"""The sink's side of one SMTP connection: aiosmtpd's, with a fault asked for before each phase."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Sequence

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.local_stack.smtp_faults import DROP_AFTER, DROP_BEFORE, Fault
from services.local_stack.smtp_sink import SmtpSink


class SinkProtocol(SMTP):
    """One connection to the sink; `smtp_...` and `handle_...` are the names that aiosmtpd looks for."""

    def __init__(self, sink: SmtpSink, connections: "set[SinkProtocol]") -> None:
        options = sink.options
        starttls = None if options.implicit_tls else options.tls_context
        super().__init__(
            self,
            hostname="sink.localhost",
            ident="eccs local stack",
            enable_SMTPUTF8=True,
            tls_context=starttls,
            # Without credentials or TLS this is what keeps AUTH from being offered.
            auth_require_tls=starttls is not None or options.credentials is None,
            authenticator=self._authenticate_login,
            loop=asyncio.get_running_loop(),
        )
        self._sink = sink
        self._connections = connections
        self.lost = asyncio.Event()
        self._id = sink.open_session()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Joins the open connections; called again after STARTTLS."""
        super().connection_made(transport)
        self._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Leaves the open connections."""
        super().connection_lost(error)
        self._connections.discard(self)
        self.lost.set()

    def abort(self) -> None:
        """Ends the connection at once, without a word."""
        self._writer.transport.abort()

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Phase EHLO."""
        await self._unless_fault("EHLO", super().smtp_EHLO, hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Phase EHLO, for a client that falls back."""
        await self._unless_fault("EHLO", super().smtp_HELO, hostname)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Phase AUTH."""
        await self._unless_fault("AUTH", super().smtp_AUTH, arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Phase MAIL; refuses a client that should have authenticated."""
        if self._sink.options.credentials and not (self.session and self.session.authenticated):
            await self.push("530 5.7.0 Authentication required")
            return
        await self._unless_fault("MAIL", super().smtp_MAIL, arg, [arg or ""])

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Phase DATA, before the body is asked for."""
        recipients = self.envelope.rcpt_tos if self.envelope else []
        await self._unless_fault("DATA", super().smtp_DATA, arg, recipients)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Phase RCPT, with the address parsed."""
        self._sink.record_attempt(address, self._id)
        reply = await self._fail("RCPT", [address])
        if reply is None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply or "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Phase DOT, with the whole mail received."""
        fault = self._sink.fault_at("DOT", envelope.rcpt_tos)
        if fault is not None and fault.reply != DROP_AFTER:
            reply = await self._perform(fault)
            if reply is not None:
                return reply
        sender, data = envelope.mail_from or "", envelope.original_content or b""
        self._sink.record_mail(sender, envelope.rcpt_tos, data, self._id)
        if fault is not None and fault.reply == DROP_AFTER:
            await self._cut()
        return "250 2.0.0 OK"

    async def _handle_client(self) -> None:
        """Phase CONNECT, before the greeting; closes when the client goes away in it."""
        try:
            reply = await self._fail("CONNECT")
            if reply is not None:
                await self.push(reply)
                await self._hang_up()
            await super()._handle_client()
        except asyncio.CancelledError:
            self._writer.transport.close()
            raise

    async def _unless_fault(
        self,
        phase: str,
        command: Callable[..., Awaitable[None]],
        arg: str | None,
        recipients: Sequence[str] = (),
    ) -> None:
        reply = await self._fail(phase, recipients)
        await (command(arg) if reply is None else self.push(reply))

    async def _fail(self, phase: str, recipients: Sequence[str] = ()) -> str | None:
        fault = self._sink.fault_at(phase, recipients)
        return None if fault is None else await self._perform(fault)

    async def _perform(self, fault: Fault) -> str | None:
        """Does what the fault says; the reply to give, or None when the phase goes on as usual."""
        if fault.hang_seconds is not None:
            await asyncio.sleep(fault.hang_seconds)
            return None
        if fault.reply == DROP_BEFORE:
            await self._cut()
        if fault.reply.startswith("421"):
            await self.push(fault.reply)
            await self._hang_up()
        return fault.reply

    async def _cut(self) -> None:
        self.abort()
        await self._never()

    async def _hang_up(self) -> None:
        """Ends the connection after what was written."""
        self._writer.transport.close()
        await self._never()

    async def _never(self) -> None:
        """Waits for the end of the connection, which cancels this task; no code after it runs."""
        await asyncio.Event().wait()

    def _authenticate_login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        credentials = self._sink.options.credentials or ("", "")
        expected = [each.encode() for each in credentials]
        same = [hmac.compare_digest(*pair) for pair in zip(expected, (data.login, data.password), strict=True)]
        # handled=False makes aiosmtpd answer 535; with True a failed login would get no reply at all.
        return AuthResult(success=all(same), handled=False)
