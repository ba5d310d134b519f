"""An SMTP server that keeps what it is given, and fails where a test or the demo asks it to."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.local_stack.processes import free_port

Phase = Literal["MAIL", "RCPT", "DATA", "DOT"]
CUT: Final = "cut"  # instead of a reply: close the connection


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong.

    Attributes:
        phase: MAIL, RCPT, DATA (all of the message is read, then refused) or DOT (it is accepted and kept; then this).
        reply: the reply, for example "550 5.1.1 no such user", or CUT.
        pattern: matches the whole recipient; for MAIL the sender.
        first: only so many times for each recipient; None for always.
    """

    phase: Phase
    reply: str
    pattern: str = ".*"
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that was accepted."""

    sender: str
    recipient: str
    content: bytes
    message_id: str
    at: float


@dataclass(slots=True)
class SmtpSink:
    """The server; a context manager. Everything that it knows may be read from any thread."""

    faults: Sequence[Fault] = ()
    port: int = 0
    host: str = "127.0.0.1"
    mails: list[Mail] = field(default_factory=list)
    attempts: dict[str, list[float]] = field(default_factory=dict)
    fired: Counter[Fault] = field(default_factory=Counter)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _failed: Counter[tuple[Fault, str]] = field(default_factory=Counter)
    _controller: Any = None

    def __enter__(self) -> Self:
        self.port = self.port or free_port()
        self._controller = _Controller(_Handler(self), hostname=self.host, port=self.port, enable_SMTPUTF8=True)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition of what was received holds; False where it does not in time."""
        with self._changed:
            return self._changed.wait_for(condition, seconds)

    def fault(self, phase: Phase, address: str) -> Fault | None:
        """The fault that an address meets now; counted as fired."""
        with self._changed:
            for fault in self.faults:
                if fault.phase != phase or not re.fullmatch(fault.pattern, address, re.IGNORECASE):
                    continue
                if fault.first is not None and self._failed[fault, address] >= fault.first:
                    continue
                self._failed[fault, address] += 1
                self.fired[fault] += 1
                self._changed.notify_all()
                return fault
        return None

    def attempt(self, recipient: str) -> None:
        """Note that a recipient was named."""
        with self._changed:
            self.attempts.setdefault(recipient, []).append(time.time())
            self._changed.notify_all()

    def keep(self, mail: Mail) -> None:
        """Keep a message."""
        with self._changed:
            self.mails.append(mail)
            self._changed.notify_all()


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="sink.local", ident="ECCS sink", enable_SMTPUTF8=True, timeout=60)


class _Handler:
    """The server's hooks: each asks for its fault first."""

    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    async def handle_MAIL(  # noqa: N802  aiosmtpd looks this name up
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del session
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._reply(server, "MAIL", address) or "250 2.1.0 sender ok"

    async def handle_RCPT(  # noqa: N802  aiosmtpd looks this name up
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del session, options
        self._sink.attempt(address)
        if reply := self._reply(server, "RCPT", address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  as above
        del session
        recipient = envelope.rcpt_tos[0]
        if reply := self._reply(server, "DATA", recipient):
            return reply
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        found = re.search(rb"(?im)^Message-ID:\s*<([^>]+)>", content)
        message_id = found[1].decode("ascii", errors="replace") if found else ""
        self._sink.keep(Mail(envelope.mail_from or "", recipient, content, message_id, time.time()))
        return self._reply(server, "DOT", recipient) or "250 2.0.0 accepted"

    def _reply(self, server: SMTP, phase: Phase, address: str) -> str | None:
        fault = self._sink.fault(phase, address)
        if fault is None:
            return None
        if fault.reply == CUT:
            transport: Any = server.transport
            transport.abort()
            return "421 4.3.0 cut"
        return fault.reply
