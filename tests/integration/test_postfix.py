"""Mails through a real MTA: what went in is what lies in the mailbox."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from eccs_contracts import EmailRequest
from eccs_contracts.delivery import Outcome, OutcomeKind
from services.notification_service.clock import Clock
from services.notification_service.mail import Composer, Mail
from services.notification_service.metrics import Metrics
from services.notification_service.settings import SmtpSettings, load_settings
from services.notification_service.smtp import SmtpPool
from tests.integration.certificates import Certificates
from tests.integration.postfix import USER, NoPostfix, Postfix, postfix
from tests.property.delivery.readers import Found, with_email
from tests.property.delivery.subjects import TAKEN

NOW: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
MAILS: Final = 50
PASSWORD: Final = "a password of the test, äöü"
TEMPLATES: Final = Path("services/notification_service/templates")
BODIES: Final = (
    "Hello Ada,\n\nyour order has shipped.\n",
    "no line end",
    "",
    "\n\n",
    ".\n..\n.leading dots\n.",
    "From Ada\n>From Ada\nFrom",
    "trailing blanks  \n\t\n ",
    "x" * 3000,
    "a return alone\rhere, a bell \a, an escape \x1b[31m\n",
    "Grüße 你好 😀\u2028\x85\n",
    "The quick brown fox jumps over the lazy dog.\n" * 23_000,
    "日本語\r\n" * 1000,
)
DISCARDED: Final = "pipelining,size,etrn,starttls,auth,enhancedstatuscodes,8bitmime,dsn,smtputf8,chunking,vrfy"


@dataclass(frozen=True, slots=True)
class Case:
    """A way to run Postfix, and the mails for it.

    Attributes:
        extensions: what its EHLO must offer, and must not if it begins with "!".
        secured: whether it asks for TLS and AUTH.
    """

    settings: Mapping[str, str]
    sender: str
    recipients: tuple[str, ...]
    extensions: tuple[str, ...]
    secured: bool = False


PLAIN_RECIPIENTS: Final = ("ada@example.com", "a.b+c!#$%&'*/?=^_`{|}~-@example.com", "ada@bücher.example")
CASES: Final = {
    "STARTTLS and AUTH": Case(
        {}, '"Shop, Inc." <no-reply@shop.example>', PLAIN_RECIPIENTS, ("AUTH", "PIPELINING", "SIZE"), secured=True
    ),
    "no extensions": Case(
        {"smtpd_discard_ehlo_keywords": DISCARDED},
        "Grüße vom Shop <no-reply@shop.example>",
        PLAIN_RECIPIENTS,
        ("!PIPELINING", "!SIZE", "!8BITMIME", "!SMTPUTF8", "!STARTTLS", "!AUTH"),
    ),
    "SMTPUTF8": Case(
        {},
        "店 <店@bücher.example>",
        ("jürgen@bücher.example", "用户@例子.example", "हिन्दी@example.com", "ü" * 32 + "@example.com"),
        ("SMTPUTF8", "8BITMIME"),
    ),
}


@pytest.fixture(params=CASES.values(), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    """Each way."""
    found: Case = request.param
    return found


@pytest.fixture
def server(case: Case, certificates: Certificates) -> Iterator[Postfix]:
    """Skips where Postfix cannot be had, unless ECCS_REQUIRE_POSTFIX is 1."""
    tls = {
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_cert_file": str(certificates.server),
        "smtpd_tls_key_file": str(certificates.server),
    }
    try:
        with postfix({**case.settings, **(tls if case.secured else {})}, PASSWORD if case.secured else None) as running:
            yield running
    except NoPostfix as reason:
        without = pytest.fail if os.environ.get("ECCS_REQUIRE_POSTFIX") == "1" else pytest.skip
        without(f"no mail goes through a real MTA here: {reason}")


def test_fifty_mails_arrive_as_they_were(case: Case, server: Postfix, certificates: Certificates) -> None:
    """Sender, recipient, subject and body, through the service's own sessions; no header field but ours."""
    requests = [_request(number, case) for number in range(MAILS)]
    composer = Composer(case.sender, TEMPLATES)
    mails = [composer.compose(request, NOW) for request in requests]
    outcomes, extensions = asyncio.run(_deliver(_settings(case, server, certificates), mails))

    assert outcomes == [Outcome(OutcomeKind.SENT)] * MAILS, server.log()
    assert [one for one in case.extensions if (one.removeprefix("!") in extensions) == one.startswith("!")] == []
    arrived = dict(_arrived(mail) for mail in server.mails(MAILS))
    assert arrived == {
        request.id: (mail.recipient, _expected(request, mail)) for request, mail in zip(requests, mails, strict=True)
    }


def _request(number: int, case: Case) -> EmailRequest:
    fields: dict[str, Any] = {"subject": TAKEN[number], "body": BODIES[number % len(BODIES)]}
    to = case.recipients[number % len(case.recipients)]
    request = EmailRequest(id=UUID(int=number), to=to, user_id="u", timestamp=NOW, **fields)
    request.validate()
    return request


def _settings(case: Case, server: Postfix, certificates: Certificates) -> SmtpSettings:
    """As the service reads them from its environment."""
    secured = {
        "SMTP_STARTTLS": "true",
        "SMTP_CA_FILE": str(certificates.authority),
        "SMTP_USERNAME": USER,
        "SMTP_PASSWORD": PASSWORD,
    }
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "MONGODB_URI": "mongodb://127.0.0.1:9/",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(server.port),
        "SMTP_SENDER": case.sender,
        "SMTP_SESSIONS": "4",
        **(secured if case.secured else {}),
    }
    return load_settings(environment).smtp


async def _deliver(settings: SmtpSettings, mails: list[Mail]) -> tuple[list[Outcome], frozenset[str]]:
    """How each ended, and the extensions that the server offered."""
    pool = SmtpPool(settings, Clock(), Metrics())
    await pool.check(30)
    (session,) = pool._idle
    extensions = frozenset(session.extensions)
    outcomes = await asyncio.gather(*(pool.send(mail) for mail in mails))
    await pool.close()
    return outcomes, extensions


def _arrived(mail: bytes) -> tuple[UUID, tuple[str, Found]]:
    """The e-mail's id, the recipient of RCPT, and the mail without the fields that Postfix puts before ours."""
    number = re.search(rb"^Message-ID: <([0-9a-f-]{36})@", mail, re.MULTILINE)
    delivered = re.search(rb"^Delivered-To: (.*)$", mail, re.MULTILINE)
    assert number is not None
    assert delivered is not None
    trace, own, rest = mail.partition(b"\nFrom: ")
    assert set(re.findall(rb"^[\w-]+(?=:)", trace, re.MULTILINE)) == {
        b"Return-Path",
        b"X-Original-To",
        b"Delivered-To",
        b"Received",
    }
    return UUID(number[1].decode()), (delivered[1].decode(), with_email((own + rest)[1:]))


def _expected(request: EmailRequest, mail: Mail) -> Found:
    """What the composed mail says, with the request's own subject and body in it."""
    found = with_email(mail.content)
    assert (found.subject, found.text) == (request.subject, request.body.replace("\r\n", "\n"))
    return found
