"""From a request to the bytes of a mail (RFC 5322), ready for SMTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from eccs_contracts import EmailRequest
from eccs_contracts.delivery import Outcome, OutcomeKind
from services.notification_service.addresses import wire_address
from services.notification_service.mail_text import NotMailText, body_text, one_line
from services.notification_service.mime import Draft, render
from services.notification_service.settings import sender_mailbox


class Unsendable(Exception):
    """Raised where no mail can be made of a request; carries the outcome."""

    def __init__(self, kind: OutcomeKind, reason: str) -> None:
        self.outcome = Outcome(kind, reason)
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as SMTP takes it.

    Attributes:
        needs_utf8: whether the server must offer SMTPUTF8 (RFC 6531): an address is not ASCII.
    """

    sender: str
    recipient: str
    content: bytes
    needs_utf8: bool


class Composer:
    """Makes mails; templates come from one folder and can do nothing but fill in values."""

    def __init__(self, sender: str, templates: Path) -> None:
        """Take the sender, as SMTP_SENDER has it, and the folder of templates.

        Raises:
            ConfigurationError: the sender is not one mailbox.
        """
        self._sender = sender_mailbox(sender)
        self._templates = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(templates),
            undefined=StrictUndefined,
            autoescape=_is_html,
            trim_blocks=True,
        )

    def compose(self, request: EmailRequest, now: datetime | None = None) -> Mail:
        """Return the mail of a request.

        Args:
            request: what to send.
            now: the instant of sending, which becomes Date (RFC 5322, section 3.6.1); None for the system's clock.

        Raises:
            Unsendable: unknown template (permanent), missing template data, or text that cannot stand in a mail
                (validation).
        """
        recipient = _fit("to", wire_address, request.to)
        subject = _fit("subject", one_line, request.subject)
        text, html = self._bodies(request)
        sent = now or datetime.now(UTC)
        content = render(Draft(self._sender, recipient, subject, request.id, sent, text, html))
        sender = self._sender.address
        return Mail(sender, recipient, content, needs_utf8=not (sender.isascii() and recipient.isascii()))

    def _bodies(self, request: EmailRequest) -> tuple[str, str | None]:
        if request.template_id is None:
            return _fit("body", body_text, request.body), None
        name, data = request.template_id, request.template_data or {}
        text = self._rendered(f"{name}.txt", data)
        if text is None:
            raise Unsendable(OutcomeKind.PERMANENT, f"templateId: there is no template {name}")
        return text, self._rendered(f"{name}.html", data)

    def _rendered(self, name: str, data: Mapping[str, Any]) -> str | None:
        """Return a template filled in; None if there is no template of that name."""
        template = self._template(name)
        if template is None:
            return None
        try:
            rendered = template.render(data)
        except UndefinedError as error:
            raise Unsendable(OutcomeKind.VALIDATION, f"templateData: {error.message}") from None
        except TemplateError as error:
            raise Unsendable(OutcomeKind.PERMANENT, f"templateId: {type(error).__name__} in {name}") from None
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:  # what expressions do with such data
            raise Unsendable(OutcomeKind.VALIDATION, f"templateData: {type(error).__name__} in {name}") from None
        return _fit("templateData", body_text, rendered)

    def _template(self, name: str) -> Template | None:
        """Return the template of a file; what is wrong with the file is no fault of the data."""
        try:
            return self._templates.get_template(name)
        except TemplateNotFound:
            return None
        except (TemplateError, OSError, ValueError) as error:  # syntax, permissions, an encoding that is not UTF-8
            raise Unsendable(OutcomeKind.PERMANENT, f"templateId: {type(error).__name__} in {name}") from None


def _fit(field: str, check: Callable[[str], str], value: str) -> str:
    """Return what the check makes of a value; what it refuses is the request's fault."""
    try:
        return check(value)
    except NotMailText as error:
        raise Unsendable(OutcomeKind.VALIDATION, f"{field}: {error}") from None


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")
