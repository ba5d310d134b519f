"""SMTP sessions that are kept open, and what each answer of a server means for the message."""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from typing import Final

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from eccs_contracts.delivery import Outcome, OutcomeKind
from eccs_contracts.errors import InfrastructureError
from services.notification_service.mail import Mail
from services.notification_service.settings import SmtpSettings

_ENHANCED: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_SERVICE_CLOSES: Final = 421  # RFC 5321, section 3.8
_BAD_SEQUENCE: Final = 503  # an error on this session before; the session is to blame
_TOO_MANY_RECIPIENTS: Final = 552  # at RCPT the same as 452 (RFC 5321, section 4.5.3.1.10)
_SENT: Final = Outcome(OutcomeKind.SENT)


class SmtpUnavailable(InfrastructureError):
    """Raised where no SMTP session can be had."""


def classify(phase: str, code: int, enhanced: str) -> OutcomeKind:
    """What a reply means: by the phase first, then by its code (RFC 5321, section 4.2.1; RFC 3463).

    Args:
        phase: CONNECT, AUTH, MAIL, RCPT or DATA.
        code: the three digits of the reply.
        enhanced: the enhanced code, for example "5.1.1"; empty where there is none.
    """
    if phase in ("CONNECT", "AUTH") or code == _SERVICE_CLOSES or enhanced in ("5.7.8", "5.7.9"):
        return OutcomeKind.INFRASTRUCTURE
    if code == _BAD_SEQUENCE or (phase == "RCPT" and code == _TOO_MANY_RECIPIENTS and not enhanced):
        return OutcomeKind.TRANSIENT
    if phase == "MAIL" and code in (530, 535):
        return OutcomeKind.INFRASTRUCTURE
    return OutcomeKind.TRANSIENT if 400 <= code < 500 else OutcomeKind.PERMANENT


class SmtpPool:
    """Sessions with one server, each used by one message at a time and reused; the caller bounds how many."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._idle: list[aiosmtplib.SMTP] = []
        self.open = 0

    async def send(self, mail: Mail) -> Outcome:
        """Send one mail; how it ended. Never raises for what a server or a network does."""
        reused = bool(self._idle)
        try:
            session = self._idle.pop() if reused else await self._connect()
        except SMTPResponseException as error:
            return _outcome("CONNECT", error)
        except (SMTPException, OSError) as error:
            return Outcome(OutcomeKind.INFRASTRUCTURE, f"no SMTP server at {self._address}: {_name(error)}")
        return await self._on(session, mail, reused=reused)

    async def check(self) -> None:
        """See that a session can be had, and keep it.

        Raises:
            SmtpUnavailable: none can; names the address.
        """
        try:
            session = await self._connect()
        except (SMTPException, OSError) as error:
            reason = _name(error)
            raise SmtpUnavailable(
                f"no SMTP server answers at {self._address} ({reason}); set SMTP_HOST and SMTP_PORT"
            ) from None
        self._idle.append(session)

    async def close(self) -> None:
        """End all sessions."""
        while self._idle:
            await self._drop(self._idle.pop(), politely=True)

    @property
    def _address(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    async def _connect(self) -> aiosmtplib.SMTP:
        settings = self._settings
        session = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=settings.timeout,
            start_tls=settings.starttls,
            use_tls=False,
            tls_context=ssl.create_default_context() if settings.starttls else None,
            username=settings.username,
            password=settings.password,
        )
        await session.connect()
        self.open += 1
        return session

    async def _on(self, session: aiosmtplib.SMTP, mail: Mail, *, reused: bool) -> Outcome:
        phase = "MAIL"
        try:
            if mail.needs_utf8 and not session.supports_extension("smtputf8"):
                self._idle.append(session)
                return Outcome(OutcomeKind.PERMANENT, "the SMTP server takes no addresses beyond ASCII")
            options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.needs_utf8 else []
            encoding = "utf-8" if mail.needs_utf8 else "ascii"
            await session.mail(mail.sender, options=options, encoding=encoding)
            phase = "RCPT"
            await session.rcpt(mail.recipient, encoding=encoding)
            phase = "DATA"
            await session.data(mail.content)
        except SMTPResponseException as error:
            return await self._refused(session, mail, phase, error, reused=reused)
        except (SMTPException, OSError) as error:
            await self._drop(session)
            if reused and phase == "MAIL":  # the server had closed the idle session: nothing was tried yet
                return await self._again(mail)
            return Outcome(OutcomeKind.TRANSIENT, f"the connection broke at {phase}: {_name(error)}")
        self._idle.append(session)
        return _SENT

    async def _refused(
        self, session: aiosmtplib.SMTP, mail: Mail, phase: str, error: SMTPResponseException, *, reused: bool
    ) -> Outcome:
        if error.code in (_SERVICE_CLOSES, _BAD_SEQUENCE):
            await self._drop(session)
            if reused and phase == "MAIL":
                return await self._again(mail)
            return _outcome(phase, error)
        try:
            await session.rset()
            self._idle.append(session)
        except (SMTPException, OSError):
            await self._drop(session)
        return _outcome(phase, error)

    async def _again(self, mail: Mail) -> Outcome:
        try:
            session = await self._connect()
        except (SMTPException, OSError) as error:
            return Outcome(OutcomeKind.INFRASTRUCTURE, f"no SMTP server at {self._address}: {_name(error)}")
        return await self._on(session, mail, reused=False)

    async def _drop(self, session: aiosmtplib.SMTP, *, politely: bool = False) -> None:
        self.open -= 1
        with suppress(SMTPException, OSError):
            if politely:
                await session.quit()
        session.close()


def _outcome(phase: str, error: SMTPResponseException) -> Outcome:
    """The outcome of a reply; its text may quote an address and is left out."""
    found = _ENHANCED.search(error.message or "")
    enhanced = found[0] if found else ""
    return Outcome(classify(phase, error.code, enhanced), f"{phase}: {error.code} {enhanced}".strip())


def _name(error: BaseException) -> str:
    return type(error).__name__
