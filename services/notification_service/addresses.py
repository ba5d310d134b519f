"""Addresses as SMTP and header fields take them, and mailboxes: an address with a display name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import idna

from services.notification_service.mail_text import NotMailText, one_line

_LONGEST: Final = 254  # octets (RFC 5321, section 4.5.3.1.3, less the angle brackets)
_LONGEST_LOCAL: Final = 64  # octets (section 4.5.3.1.1)
_TOO_LONG: Final = f"it is too long: {_LONGEST_LOCAL} octets before the @ and {_LONGEST} in all are the most"
# A dot-atom (RFC 5322, section 3.2.3), with every character beyond ASCII (RFC 6531, section 3.3).
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u00a1-\U0010ffff]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*+")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*+")
_SPECIALS: Final = re.compile(r'[()<>\[\]:;@\\,"]')  # RFC 5322, section 3.2.3; a dot needs no quotes (section 4.1)
_QUOTED: Final = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"')
_ESCAPE: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who a mail is from.

    Attributes:
        name: the display name; "" for none.
        address: as `wire_address` returns it.
    """

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What follows the @, in ASCII."""
        return self.address.rpartition("@")[2]


def wire_address(text: str) -> str:
    """Return an address with its domain in the form that DNS has (RFC 5891; UTS 46 for case and width).

    The local part may hold characters beyond ASCII; then the server must offer SMTPUTF8 (RFC 6531).

    Raises:
        NotMailText: it is no dot-atom with a domain, holds `=?` (RFC 2047, section 5, rule 3: a reader would decode
            the address to another one), is too long, or its domain has no form in DNS.
    """
    local, _, domain = one_line(text).rpartition("@")
    if len(local.encode()) > _LONGEST_LOCAL or len(text.encode()) > _LONGEST:
        raise NotMailText(_TOO_LONG)
    if not _LOCAL.fullmatch(local):
        raise NotMailText("it is no address: letters, digits and dots, then @ and a domain are expected")
    if "=?" in local:
        raise NotMailText("it holds =?, which begins an encoded word: no address may (RFC 2047, section 5)")
    address = f"{local}@{_dns_name(domain)}"
    if len(address.encode()) > _LONGEST:
        raise NotMailText(_TOO_LONG)
    return address


def parse_mailbox(text: str) -> Mailbox:
    r"""Return the mailbox that a text describes: `name@example.com` or `Display Name <name@example.com>`.

    A display name with one of the characters ()<>[]:;@,\" must be in double quotes (RFC 5322, section 3.4).

    Raises:
        NotMailText: it is not one mailbox; says why.
    """
    text = one_line(text.strip(" "))
    if not text.endswith(">"):
        return Mailbox("", wire_address(text))
    name, bracket, address = text[:-1].rpartition("<")
    if not bracket:
        raise NotMailText("there is no < before the address")
    return Mailbox(_display_name(name.strip(" ")), wire_address(address))


def _display_name(text: str) -> str:
    if quoted := _QUOTED.fullmatch(text):
        return _ESCAPE.sub(r"\1", quoted[1])
    if special := _SPECIALS.search(text):
        raise NotMailText(f"the display name holds the character {special[0]!r}: put the name in double quotes")
    return text


@lru_cache(maxsize=1024)
def _dns_name(domain: str) -> str:
    try:
        name = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise NotMailText("its domain has no form in DNS (IDNA)") from None
    if not _DOMAIN.fullmatch(name):
        raise NotMailText("its domain is no domain name: labels of letters, digits and hyphens are expected")
    return name
