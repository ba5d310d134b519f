"""An SMTP server that keeps what it is given and fails as it is told, at every phase of the dialogue."""

import asyncio
import itertools
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import SMTP as SMTP_POLICY
from typing import Self

from services.local_stack.errors import StackError
from services.local_stack.smtp_faults import Fault, Script

_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted mail.

    Attributes:
        sender: Envelope sender.
        recipients: Envelope recipients.
        data: The bytes as they came, dots unstuffed, lines ending in CRLF.
        time: When it was accepted, in seconds as `time.time()`.
        session: Names the connection it came over.
        message_id: Its Message-ID header, if it has one.
    """

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    time: float
    session: str
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One RCPT command that reached the sink, whatever became of it.

    Attributes:
        recipient: The address as it was given.
        time: When, in seconds as `time.time()`.
        session: Names the connection it came over.
    """

    recipient: str
    time: float
    session: str


@dataclass(frozen=True, slots=True)
class SinkOptions:
    """How the sink listens.

    Attributes:
        host: Address to listen on.
        port: 0 lets the kernel choose.
        credentials: User and password that AUTH PLAIN or LOGIN must give; None offers no AUTH.
        tls_context: Server-side context; given, STARTTLS is offered, and AUTH only under it.
        implicit_tls: TLS from the first byte instead of STARTTLS.
    """

    host: str = "127.0.0.1"
    port: int = 0
    credentials: tuple[str, str] | None = None
    tls_context: ssl.SSLContext | None = None
    implicit_tls: bool = False


class SmtpSink:
    """An SMTP server in a thread of this process; a context manager.

    All methods and properties may be used from any thread.
    """

    def __init__(self, faults: Sequence[Fault] = (), options: SinkOptions | None = None) -> None:
        self.options = options or SinkOptions()
        self.host = self.options.host
        self.port = self.options.port
        self._changed = threading.Condition()
        self._script = Script(faults)
        self._messages: list[Mail] = []
        self._attempts: dict[str, list[Attempt]] = {}
        self._sessions = itertools.count(1)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._started = threading.Event()
        self._failure: OSError | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listens; `port` is known afterwards.

        Raises:
            StackError: The address cannot be bound.
        """
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="smtp-sink", daemon=True)
        self._thread.start()
        self._started.wait(_START_SECONDS)
        if self._failure is not None or not self._started.is_set():
            message = f"the SMTP sink cannot listen on {self.host}:{self.port}: {self._failure or 'no answer'}"
            raise StackError(message)

    def stop(self) -> None:
        """Closes every connection; what was recorded stays readable. Stopping twice is harmless."""
        if self._thread is None or self._loop is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        self._thread = None

    @property
    def messages(self) -> tuple[Mail, ...]:
        """The mails accepted so far, in the order of acceptance."""
        with self._changed:
            return tuple(self._messages)

    @property
    def attempts(self) -> Mapping[str, tuple[Attempt, ...]]:
        """The attempts so far by recipient, in the order they came."""
        with self._changed:
            return {recipient: tuple(tries) for recipient, tries in self._attempts.items()}

    @property
    def fired(self) -> Mapping[Fault, int]:
        """How often each scripted fault has fired; 0 for one that has not."""
        with self._changed:
            return self._script.fired

    def script(self, *faults: Fault) -> None:
        """Replaces the faults in force; attempts and fired faults are counted from zero again."""
        with self._changed:
            self._script = Script(faults)

    def reset(self) -> None:
        """Forgets faults, mails and attempts."""
        with self._changed:
            self._script = Script()
            self._messages.clear()
            self._attempts.clear()

    def wait_for(self, predicate: Callable[["SmtpSink"], bool], timeout: float) -> bool:
        """Waits until the predicate holds for this sink; False when `timeout` seconds are over first."""
        with self._changed:
            return self._changed.wait_for(lambda: predicate(self), timeout)

    def open_session(self) -> str:
        """Names a new connection; for the protocol."""
        return f"session-{next(self._sessions)}"

    def fault_at(self, phase: str, recipients: Sequence[str] = ()) -> Fault | None:
        """The fault that fires now, counted; for the protocol."""
        with self._changed:
            fault = self._script.fault_at(phase, recipients)
            self._changed.notify_all()
            return fault

    def record_attempt(self, recipient: str, session: str) -> None:
        """Records an attempt; for the protocol."""
        with self._changed:
            self._script.count_attempt(recipient)
            self._attempts.setdefault(recipient, []).append(Attempt(recipient, time.time(), session))
            self._changed.notify_all()

    def record_mail(self, sender: str, recipients: Sequence[str], data: bytes, session: str) -> None:
        """Records an accepted mail; for the protocol."""
        message_id = BytesHeaderParser(policy=SMTP_POLICY).parsebytes(data)["Message-ID"]
        mail = Mail(sender, tuple(recipients), data, time.time(), session, message_id and str(message_id))
        with self._changed:
            self._messages.append(mail)
            self._changed.notify_all()

    async def _serve(self) -> None:
        from services.local_stack.smtp_protocol import SinkProtocol

        connections: set[SinkProtocol] = set()
        self._loop = asyncio.get_running_loop()
        # A client that goes away is what some faults are about; it is no news on standard error.
        self._loop.set_exception_handler(_report_unless_reset)
        tls = self.options.tls_context if self.options.implicit_tls else None
        try:
            server = await self._loop.create_server(
                lambda: SinkProtocol(self, connections), self.host, self.port, ssl=tls
            )
        except OSError as error:
            self._failure = error
            self._started.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        for connection in tuple(connections):
            connection.abort()
            await connection.lost.wait()


def _report_unless_reset(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    if not isinstance(context.get("exception"), ConnectionError):
        loop.default_exception_handler(context)
