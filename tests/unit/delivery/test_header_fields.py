"""Header fields: what is written as it is, what is encoded, and how long lines and encoded words become."""

from __future__ import annotations

import re

import pytest

from services.notification_service.header_fields import mailbox_field, text_field, token_field
from services.notification_service.mail_text import NotMailText, body_text, ehlo_name, one_line, smtp_command
from tests.property.delivery.subjects import REFUSED, TAKEN


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "Subject: "),
        ("Your order", "Subject: Your order"),
        ("x" * 69, f"Subject: {'x' * 69}"),
        (f"{'x' * 60} {'y' * 9}", f"Subject: {'x' * 60}\r\n {'y' * 9}"),
        (f"{'x' * 69} {'y' * 77}", f"Subject: {'x' * 69}\r\n {'y' * 77}"),
        ("two  blanks", "Subject: =?utf-8?q?two__blanks?="),
        (" ", "Subject: =?utf-8?q?_?="),
        ("=?utf-8?q?a?=", "Subject: =?utf-8?b?PT91dGYtOD9xP2E/PQ==?="),
        ("Grüße und noch viel mehr Text", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_und_noch_viel_mehr_Text?="),
        ("日本", "Subject: =?utf-8?b?5pel5pys?="),
    ],
)
def test_text_is_plain_where_nobody_can_read_it_in_another_way(text: str, field: str) -> None:
    """Printable ASCII with single blanks, folded at those; anything else is encoded as a whole."""
    assert text_field("Subject", text) == f"{field}\r\n".encode()


@pytest.mark.parametrize("text", [*TAKEN, f"{'x' * 69} {'y' * 78}", f"{'x' * 70} y"], ids=ascii)
def test_lines_and_words_keep_their_sizes(text: str) -> None:
    """Lines of 78 characters, of 76 with an encoded word; words of 75, each of whole characters (RFC 2047)."""
    lines = text_field("Subject", text).decode("ascii").removesuffix("\r\n").split("\r\n")
    words = [word for line in lines for word in re.findall(r"=\?utf-8\?[bq]\?[^? ]*\?=", line)]

    assert max(len(line) for line in lines) <= (76 if words else 78)
    assert all(len(word) <= 75 for word in words)
    assert all(line.startswith(" ") for line in lines[1:])


def test_long_text_fills_its_words() -> None:
    """The first encoded word ends its line at 76 characters, the others are 75 long."""
    lines = text_field("Subject", "ab  " * 100).decode().splitlines()

    assert {len(line) for line in lines[:-1]} == {76}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("", "From: a@b.example"),
        ("Shop", "From: Shop <a@b.example>"),
        ("My Shop", "From: My Shop <a@b.example>"),
        ("Shop, Inc.", "From: =?utf-8?q?Shop=2C_Inc=2E?= <a@b.example>"),
        ("=?utf-8?q?x?=", "From: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <a@b.example>"),
        ("x" * 57, f"From: {'x' * 57}\r\n <a@b.example>"),
        ("x" * 56, f"From: {'x' * 56} <a@b.example>"),
    ],
)
def test_a_mailbox_has_its_display_name_in_front(name: str, field: str) -> None:
    """As atoms (RFC 5322, section 3.2.5) or as encoded words; the address is never encoded."""
    assert mailbox_field("From", name, "a@b.example") == f"{field}\r\n".encode()


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_no_line_lets_a_control_character_through(text: str) -> None:
    """Whichever function makes the line; the message names the code point and not the text."""
    makers = (
        one_line,
        smtp_command,
        lambda value: text_field("Subject", value),
        lambda value: mailbox_field("From", value, "a@b.example"),
        lambda value: mailbox_field("From", "Shop", value),
        lambda value: token_field("Date", value),
    )
    for make in makers:
        with pytest.raises(NotMailText, match=r"^it holds U\+[0-9A-F]{4} at character \d+, which no mail can carry$"):
            make(text)


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "a\udfff"])
def test_a_body_refuses_what_no_text_of_a_mail_has(text: str) -> None:
    """NUL (RFC 2045, section 2.7) and halves of surrogate pairs."""
    with pytest.raises(NotMailText):
        body_text(text)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mail.example.com", "mail.example.com"),
        ("pod_1-x", "pod_1-x"),
        ("", "localhost"),
        ("bücher", "localhost"),
        ("a b", "localhost"),
        ("a\r\nMAIL FROM:<b@c.example>", "localhost"),
        ("a..b", "localhost"),
        ("a" * 64, "localhost"),
        (".".join(["a" * 50] * 5), "localhost"),
    ],
)
def test_ehlo_gives_a_domain_name(host: str, name: str) -> None:
    """RFC 5321, section 4.1.1.1: nothing else fits in that command."""
    assert ehlo_name(host) == name
