"""From a request to the bytes of a mail (RFC 5322), ready for SMTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage, Message
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import idna
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from eccs_contracts import EmailRequest
from eccs_contracts.delivery import Outcome, OutcomeKind

_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f<>]")
_LONGEST: Final = 76  # characters of a line with its name: the policy folds beyond 78
_PLAIN: Final = {
    "From": re.compile(r"[\w!#$%&'*+/?^`{|}~-]+(\.[\w!#$%&'*+/?^`{|}~-]+)*@[\w-]+(\.[\w-]+)*", re.ASCII),
    "Subject": re.compile(r"(?!.*=\?)[!-~]( ?[!-~])*"),
    "Date": re.compile(r"[\w,:+ -]+", re.ASCII),
    "Message-ID": re.compile(r"<[\w-]+@[\w.-]+>", re.ASCII),
}
_PLAIN["To"] = _PLAIN["From"]
_OF_PARTS: Final = ("Content-Type", "Content-Transfer-Encoding", "MIME-Version")


class _Headers(HeaderRegistry):
    """The standard library's, which makes a class for each header of each mail; this one makes each class once.

    Headers are immutable, and those that describe a part have few values: they are parsed once, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self._classes: dict[str, Any] = {}
        self._of_parts = lru_cache(64)(super().__call__)

    def __call__(self, name: str, value: Any) -> Any:
        return (self._of_parts if name in _OF_PARTS else super().__call__)(name, value)

    def __getitem__(self, name: str) -> Any:
        name = name.lower()
        if name not in self._classes:
            self._classes[name] = super().__getitem__(name)
        return self._classes[name]


class _Policy(EmailPolicy):
    """The standard library's for SMTP; headers that describe a part are folded once, too."""

    def __init__(self, *, utf8: bool) -> None:
        # Bodies go out in 7 bits, whatever the server offers: nobody on the way has to know 8BITMIME (RFC 6152).
        super().__init__(
            linesep=SMTP.linesep,
            utf8=utf8,
            header_factory=_Headers(),
            cte_type="7bit",
            message_factory=Message,
        )

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header as it is written."""
        return _folded(self, name, value) if name in _OF_PARTS else super().fold_binary(name, value)


@lru_cache(64)
def _folded(policy: EmailPolicy, name: str, value: str) -> bytes:
    return EmailPolicy.fold_binary(policy, name, value)


_POLICIES: Final = {needs_utf8: _Policy(utf8=needs_utf8) for needs_utf8 in (False, True)}


class Unsendable(Exception):
    """Raised where no mail can be made of a request; carries the outcome."""

    def __init__(self, kind: OutcomeKind, reason: str) -> None:
        self.outcome = Outcome(kind, reason)
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as SMTP takes it.

    Attributes:
        needs_utf8: whether the server must offer SMTPUTF8 (RFC 6531): the name before the @ is not ASCII.
    """

    sender: str
    recipient: str
    content: bytes
    needs_utf8: bool


class Composer:
    """Makes mails; templates come from one folder and can do nothing but fill in values."""

    def __init__(self, sender: str, templates: Path) -> None:
        self._sender = _ascii_domain(sender)
        self._templates = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(templates),
            undefined=StrictUndefined,
            autoescape=_is_html,
            trim_blocks=True,
        )

    def compose(self, request: EmailRequest) -> Mail:
        """The mail of a request.

        Raises:
            Unsendable: unknown template (permanent), missing template data (validation), or an address that
                cannot be written.
        """
        recipient = _ascii_domain(request.to)
        needs_utf8 = not recipient.isascii()
        message = EmailMessage(policy=_POLICIES[needs_utf8])
        try:
            _set(message, "From", self._sender)
            _set(message, "To", recipient)
            _set(message, "Subject", request.subject)
        except (ValueError, MessageError):
            raise Unsendable(OutcomeKind.VALIDATION, "to or subject cannot stand in a mail header") from None
        _set(message, "Date", format_datetime(request.timestamp))
        _set(message, "Message-ID", f"<{request.id}@{self._sender.rpartition('@')[2]}>")
        text, html = self._bodies(request)
        try:
            message.set_content(text)
            if html is not None:
                message.add_alternative(html, subtype="html")
        except ValueError:  # a lone surrogate: text that no encoding has
            raise Unsendable(OutcomeKind.VALIDATION, "body: it is not text") from None
        return Mail(self._sender, recipient, message.as_bytes(), needs_utf8)

    def _bodies(self, request: EmailRequest) -> tuple[str, str | None]:
        if request.template_id is None:
            return request.body, None
        name, data = request.template_id, request.template_data or {}
        text = self._rendered(f"{name}.txt", data)
        if text is None:
            raise Unsendable(OutcomeKind.PERMANENT, f"templateId: there is no template {name}")
        return text, self._rendered(f"{name}.html", data)

    def _rendered(self, name: str, data: Mapping[str, Any]) -> str | None:
        """A template filled in; None where there is none of that name."""
        try:
            return self._templates.get_template(name).render(data)
        except TemplateNotFound:
            return None
        except UndefinedError as error:
            raise Unsendable(OutcomeKind.VALIDATION, f"templateData: {error.message}") from None
        except TemplateError as error:
            raise Unsendable(OutcomeKind.PERMANENT, f"templateId: {type(error).__name__} in {name}") from None
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:  # what expressions do with such data
            raise Unsendable(OutcomeKind.VALIDATION, f"templateData: {type(error).__name__} in {name}") from None


def _set(message: EmailMessage, name: str, value: str) -> None:
    """Set a header: as it is where parsing and folding would change nothing, which they take most of the time for."""
    if len(name) + len(value) < _LONGEST and _PLAIN[name].fullmatch(value):
        message.set_raw(name, value)
    elif name == "To":
        local, _, domain = value.rpartition("@")
        message[name] = Address(username=local, domain=domain)
    else:
        message[name] = value


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")


def _ascii_domain(address: str) -> str:
    """The address with its domain in the form that DNS has (RFC 5891; UTS 46 for case and width)."""
    local, _, domain = address.rpartition("@")
    if _UNSAFE.search(address) or not local:
        # One of these in MAIL or RCPT would end the command, or the path in it, and begin what the caller likes.
        raise Unsendable(OutcomeKind.VALIDATION, "to: it holds a character that no address on the wire has")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        raise Unsendable(OutcomeKind.VALIDATION, "to: the domain has no form for DNS (IDNA)") from None
