"""What a mail server said, as it may be shown."""

from __future__ import annotations

import pytest

from services.notification_service.server_text import MOST, server_text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("5.7.1 Message  rejected\r\nfor policy\treasons ", "5.7.1 Message rejected for policy reasons"),
        ("no <jo@example.org> here", "no <***> here"),
        ("no jo\u200b@\u2060example.org here", "no *** here"),
        ("\x1b[31mred\x1b[0m \x9b1m\u202ereversed", "[31mred[0m 1mreversed"),
        ("line\u2028separator\x85next\x00", "line separator next"),
        ("user JO.Doe is unknown to jo.doers", "user *** is unknown to jo.doers"),
        ("password s3cret$ refused", "password *** refused"),
        ("x is short", "x is short"),
        ("", ""),
    ],
)
def test_a_text_is_one_line_without_personal_data(said: str, shown: str) -> None:
    """Nor what a terminal would obey, nor what is to be hidden."""
    assert server_text(said, ("jo.doe@example.org", "jo.doe", "s3cret$", "x")) == shown


@pytest.mark.parametrize("more", [0, 1])
def test_a_text_is_bounded(more: int) -> None:
    """Its end shows that it was cut."""
    shown = server_text("ab " * (MOST // 3) + "ab" + "c" * more)

    assert len(shown) == MOST
    assert shown.endswith("…") == bool(more)


def test_an_address_at_the_end_of_what_is_read_is_masked() -> None:
    """Cutting must not take the part away that tells an address from a word."""
    assert "jo" not in server_text("x" * 990 + " jo@example.org")
    assert "jo" not in server_text("x" * 190 + " jo@example.org")
