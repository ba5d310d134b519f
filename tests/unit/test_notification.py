"""The notification service's own decisions: classes of SMTP replies, mails, bounds of retry state."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eccs_contracts import EmailRequest
from eccs_contracts.delivery import OutcomeKind
from services.notification_service.clock import Clock
from services.notification_service.mail import Composer, Unsendable
from services.notification_service.smtp_replies import Reply, classify
from tests.unit.test_contracts import PLAIN

COMPOSER = Composer("sender@eccs.example", Path("services/notification_service/templates"))


@pytest.mark.parametrize(
    ("phase", "code", "enhanced", "kind"),
    [
        ("CONNECT", 554, "", OutcomeKind.INFRASTRUCTURE),
        ("EHLO", 450, "", OutcomeKind.INFRASTRUCTURE),
        ("STARTTLS", 454, "", OutcomeKind.INFRASTRUCTURE),
        ("AUTH", 535, "5.7.8", OutcomeKind.INFRASTRUCTURE),
        ("AUTH", 454, "4.7.0", OutcomeKind.THROTTLED),
        ("MAIL", 421, "", OutcomeKind.INFRASTRUCTURE),
        ("MAIL", 530, "5.7.0", OutcomeKind.INFRASTRUCTURE),
        ("MAIL", 450, "4.4.5", OutcomeKind.THROTTLED),
        ("RCPT", 421, "4.7.28", OutcomeKind.THROTTLED),
        ("RCPT", 450, "4.2.0", OutcomeKind.TRANSIENT),
        ("RCPT", 552, "", OutcomeKind.TRANSIENT),
        ("RCPT", 552, "5.2.2", OutcomeKind.TRANSIENT),
        ("RCPT", 550, "5.1.1", OutcomeKind.PERMANENT),
        ("RCPT", 550, "5.7.9", OutcomeKind.PERMANENT),
        ("DATA", 451, "4.3.0", OutcomeKind.TRANSIENT),
        ("DATA", 503, "5.5.1", OutcomeKind.TRANSIENT),
        ("DOT", 552, "5.3.4", OutcomeKind.PERMANENT),
        ("DOT", 554, "5.7.1", OutcomeKind.PERMANENT),
        ("DOT", 354, "", OutcomeKind.TRANSIENT),
    ],
)
def test_what_a_reply_means(phase: str, code: int, enhanced: str, kind: OutcomeKind) -> None:
    """By the phase first, then by the code, then by the enhanced code."""
    outcome = classify(phase, Reply(code, f"{enhanced} said <a@x.example>"))

    assert (outcome.kind, outcome.phase, outcome.code, outcome.enhanced) == (kind, phase, code, enhanced)
    assert "@" not in outcome.reason


def test_a_greylisted_message_waits_as_long_as_configured() -> None:
    """RFC 6647: 450 or 451 with 4.7.1; any other refusal follows the schedule."""
    waits = [classify("RCPT", Reply(450, text), greylist_delay_ms=9).least_delay_ms for text in ("4.7.1 x", "4.2.0")]

    assert waits == [9, 0]


def _request(**changes: Any) -> EmailRequest:
    return EmailRequest.from_json({**PLAIN, **changes})


def _parsed(request: EmailRequest) -> Any:
    return email.message_from_bytes(COMPOSER.compose(request).content, policy=email.policy.default)


def test_a_mail_has_the_id_of_its_request() -> None:
    """So that mailboxes can drop a second copy."""
    message = _parsed(_request(subject="Grüße ✓", body="Zeile\nmit ß"))

    assert message["Message-ID"] == f"<{PLAIN['id']}@eccs.example>"
    assert message["Subject"] == "Grüße ✓"
    assert message.get_content().splitlines() == ["Zeile", "mit ß"]


def test_lines_end_as_smtp_wants() -> None:
    """RFC 5321, section 2.3.8: CR and LF, never one alone."""
    content = COMPOSER.compose(_request(body="a\nb")).content

    assert content.replace(b"\r\n", b"").count(b"\n") == 0


def test_a_mail_is_seven_bits_wide() -> None:
    """A server need not offer 8BITMIME (RFC 6152); what the reader sees is the same."""
    request = _request(body="Grüße\n" + "ß" * 3000)

    assert COMPOSER.compose(request).content.isascii()
    assert _parsed(request).get_content().splitlines() == ["Grüße", "ß" * 3000]


def test_a_template_that_is_wrong_is_no_fault_of_the_program(tmp_path: Path) -> None:
    """Broken syntax and escapes from the sandbox are the template's, an impossible sum is the data's."""
    texts = {"syntax": "{% if %}", "escape": "{{ ''.__class__.__mro__ }}", "sum": "{{ 1 / n }}", "half": "ok"}
    texts |= {"part": "{% include 'nowhere.txt' %}", "partly": "ok", "nul": "{{ '\\0' }}"}
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_text(text)
    (tmp_path / "latin.txt").write_bytes(b"Gr\xfc\xdfe")
    (tmp_path / "half.html").write_text("{% if %}")
    (tmp_path / "partly.html").write_text("{% include 'nowhere.html' %}")
    composer = Composer("s@eccs.example", tmp_path)
    kinds = {}
    for name in (*texts, "latin"):
        with pytest.raises(Unsendable) as caught:
            composer.compose(_request(templateId=name, templateData={"n": 0}))
        kinds[name] = caught.value.outcome.kind

    of_the_data = {"sum": OutcomeKind.VALIDATION, "nul": OutcomeKind.VALIDATION}
    assert kinds == {**dict.fromkeys(kinds, OutcomeKind.PERMANENT), **of_the_data}


def test_a_template_is_filled_in_and_escaped() -> None:
    """The HTML part cannot be broken out of; the text part is as it is."""
    data = {"name": "<b>Ada</b>", "plan": "pro"}
    message = _parsed(_request(templateId="welcome", templateData=data))

    assert "<b>Ada</b>" in message.get_body(("plain",)).get_content()
    assert "&lt;b&gt;Ada" in message.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"templateId": "nobody"}, OutcomeKind.PERMANENT),
        ({"templateId": "welcome", "templateData": {"name": "Ada"}}, OutcomeKind.VALIDATION),
        ({"to": f"a@{'ä' * 62}.example"}, OutcomeKind.VALIDATION),
        ({"to": "a>\r\nRCPT TO:<b@x.example"}, OutcomeKind.VALIDATION),
        ({"to": "a b@x.example"}, OutcomeKind.VALIDATION),
        ({"subject": "a\r\nBcc: b@x.example"}, OutcomeKind.VALIDATION),
        ({"templateId": "../welcome"}, OutcomeKind.PERMANENT),
        ({"templateId": "a\0b"}, OutcomeKind.PERMANENT),
        ({"to": "=?utf-8?q?a?=@x.example"}, OutcomeKind.VALIDATION),
        ({"subject": "a\u2028b"}, OutcomeKind.VALIDATION),
        ({"body": "a\0b"}, OutcomeKind.VALIDATION),
        ({"templateId": "welcome", "templateData": {"name": "a\0b", "plan": "pro"}}, OutcomeKind.VALIDATION),
    ],
)
def test_what_cannot_be_sent_says_why(changes: dict[str, Any], kind: OutcomeKind) -> None:
    """An unknown template, missing data, a domain without a form for DNS, an address or subject that injects."""
    with pytest.raises(Unsendable) as caught:
        COMPOSER.compose(_request(**changes))

    assert caught.value.outcome.kind is kind


def test_a_domain_beyond_ascii_goes_out_as_dns_has_it() -> None:
    """And the name before the @ asks for SMTPUTF8."""
    mail = COMPOSER.compose(_request(to="jürgen@bücher.example"))

    assert mail.recipient == "jürgen@xn--bcher-kva.example"
    assert mail.needs_utf8


def test_a_sender_beyond_ascii_needs_smtputf8_too() -> None:
    """Its address is in MAIL FROM and From; the Message-ID has the domain as DNS has it."""
    composer = Composer("Grüße <grüße@bücher.example>", Path("services/notification_service/templates"))
    mail = composer.compose(_request())

    assert (mail.sender, mail.needs_utf8) == ("grüße@xn--bcher-kva.example", True)
    assert f"Message-ID: <{PLAIN['id']}@xn--bcher-kva.example>\r\n".encode() in mail.content


def test_a_mail_is_dated_when_it_is_sent() -> None:
    """Not when it was asked for: a retry or a backlog may be hours later."""
    sent = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)

    assert b"\r\nDate: Mon, 03 Feb 2031 04:05:06 +0000\r\n" in COMPOSER.compose(_request(), sent).content


def test_a_mail_says_nothing_of_where_it_came_from() -> None:
    """Neither `source` nor `metadata` nor the user is in it."""
    inner = {"source": "billing-secret", "metadata": {"X-Secret": "trace-secret"}, "userId": "user-secret"}

    assert b"secret" not in COMPOSER.compose(_request(**inner)).content.lower()


def test_a_sharp_s_is_not_two() -> None:
    """IDNA 2008: another registration than with `ss`, and the mail would go to strangers."""
    assert COMPOSER.compose(_request(to="a@straße.example")).recipient == "a@xn--strae-oqa.example"


def test_all_instances_go_by_the_clock_of_the_ledger() -> None:
    """A host that is an hour ahead would start every retry of the others at once; an old answer makes none early."""
    seconds = iter([0.0, 12.0, 20.0])
    clock = Clock(wall=lambda: 3600.0, monotonic=lambda: next(seconds))
    ahead = clock.align(datetime(1970, 1, 1, 0, 0, 11, tzinfo=UTC))

    assert (ahead, clock.now()) == (-3601.0, datetime(1970, 1, 1, 0, 0, 19, tzinfo=UTC))
