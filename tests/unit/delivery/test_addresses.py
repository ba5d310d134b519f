"""Addresses and mailboxes: what is taken, in which form, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from eccs_contracts.errors import ConfigurationError
from services.notification_service.addresses import Mailbox, parse_mailbox, wire_address
from services.notification_service.mail import Composer
from services.notification_service.mail_text import NotMailText
from services.notification_service.settings import load_settings

ENV = {"KAFKA_BOOTSTRAP_SERVERS": "k:9", "MONGODB_URI": "mongodb://m/", "SMTP_HOST": "s"}
D61 = ".".join(["d" * 61] * 4)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a@example.com", "a@example.com"),
        ("root@localhost", "root@localhost"),
        ("!#$%&'*+/?=^_`{|}~-@example.com", "!#$%&'*+/?=^_`{|}~-@example.com"),
        ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example", "a@xn--mgba3gch31f060k.example"),
        ("ü" * 32 + "@example.com", "ü" * 32 + "@example.com"),
        (f"ab@{D61}.com", f"ab@{D61}.com"),
    ],
)
def test_the_domain_is_as_dns_has_it(text: str, address: str) -> None:
    """And the local part as it came, beyond ASCII too."""
    assert wire_address(text) == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no address"),
        ("example.com", "no address"),
        ("@example.com", "no address"),
        ("a b@example.com", "no address"),
        ("a>b@example.com", "no address"),
        ("a@b@example.com", "no address"),
        ('"a"@example.com', "no address"),
        ("=?utf-8?q?a?=@example.com", "encoded word"),
        ("a=?@example.com", "encoded word"),
        ("a@=?utf-8?q?b?=.example", "no domain name"),
        ("a@\uff1d\uff1f.example", "domain"),
        ("a@[127.0.0.1]", "no domain name"),
        ("a@b c.example", "no domain name"),
        ("a@b>.example", "no domain name"),
        ("a@-b.example", "no domain name"),
        ("a@", "no domain name"),
        ("a@ex\u200cample.com", "no form in DNS"),
        (f"a@{'ä' * 62}.example", "no form in DNS"),
        ("ü" * 33 + "@example.com", "too long"),
        (f"abc@{D61}.com", "too long"),
        ("a@example.com\r\nRCPT TO:<b@c.example>", r"U\+000D"),
    ],
)
def test_what_is_no_address_is_refused(text: str, why: str) -> None:
    """With the reason; the address is not in it."""
    with pytest.raises(NotMailText, match=why):
        wire_address(text)


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("a@b.example", Mailbox("", "a@b.example")),
        (" a@b.example ", Mailbox("", "a@b.example")),
        ("<a@b.example>", Mailbox("", "a@b.example")),
        ("Shop <a@b.example>", Mailbox("Shop", "a@b.example")),
        ("Shop<a@b.example>", Mailbox("Shop", "a@b.example")),
        ("Grüße vom Shop <ä@bücher.example>", Mailbox("Grüße vom Shop", "ä@xn--bcher-kva.example")),
        ("Shop Inc. <a@b.example>", Mailbox("Shop Inc.", "a@b.example")),
        ('"Shop, \\"Inc\\" <x>" <a@b.example>', Mailbox('Shop, "Inc" <x>', "a@b.example")),
        ("=?utf-8?q?x?= <a@b.example>", Mailbox("=?utf-8?q?x?=", "a@b.example")),
    ],
)
def test_a_sender_may_have_a_display_name(text: str, mailbox: Mailbox) -> None:
    """A name is text: what looks like an encoded word stands for itself."""
    assert parse_mailbox(text) == mailbox
    assert load_settings({**ENV, "SMTP_SENDER": text}).smtp.sender == text


@pytest.mark.parametrize(
    "text",
    [
        "Shop",
        "Shop <>",
        "Shop <a@b.example",
        "a@b.example>",
        "Shop <a@b.example> x",
        "Shop, Inc. <a@b.example>",
        "a@b.example, c@d.example",
        "a@b.example, Shop <c@d.example>",
        "Shop <a@b.example>, Shop <c@d.example>",
        "Shop: a@b.example;",
        "a@b.example (Shop)",
        '"Shop <a@b.example>',
        "Shop <a@b.example\r\nBcc: c@d.example>",
        "Shop\r\nBcc: c@d.example <a@b.example>",
        "Shop\x1b[31m <a@b.example>",
        "Shop <=?utf-8?q?a?=@b.example>",
        "x" * 65 + "@b.example",
    ],
)
def test_any_other_sender_is_refused_at_start(text: str) -> None:
    """With the variable, what is wrong and how to write it, on one line."""
    with pytest.raises(ConfigurationError, match=r"^SMTP_SENDER is '.*: .*Shop <no-reply@shop\.example>$") as caught:
        load_settings({**ENV, "SMTP_SENDER": text})
    with pytest.raises(ConfigurationError, match="SMTP_SENDER"):
        Composer(text, Path("services/notification_service/templates"))

    assert str(caught.value).isprintable()


def test_a_character_that_needs_quotes_is_itself_shown_in_quotes() -> None:
    """A bare colon after "holds" cannot be read."""
    with pytest.raises(ConfigurationError, match="the display name holds the character ':': put the name in double"):
        load_settings({**ENV, "SMTP_SENDER": "Shop: x <a@b.example>"})
