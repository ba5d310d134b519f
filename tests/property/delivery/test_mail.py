"""Headers that are set as they are come out as the standard library would have written them."""

from __future__ import annotations

import string
import uuid
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from eccs_contracts import EmailRequest
from services.notification_service.mail import Composer

_COMPOSER = Composer("no-reply@eccs.example", Path("services/notification_service/templates"))
_PRINTABLE = st.text(string.printable.replace("\r", "").replace("\n", "").replace("\x0b", "").replace("\x0c", ""))
_LOCAL = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9=?_-]+)*", fullmatch=True)
_SUBJECTS = st.one_of(
    _PRINTABLE, st.text(max_size=90).filter(lambda text: text.isprintable()), st.just("=?utf-8?q?a?=")
)


@given(_LOCAL, _SUBJECTS, st.integers(0, 200_000_000_000), st.uuids())
def test_a_mail_is_what_the_standard_library_writes(local: str, subject: str, second: int, number: uuid.UUID) -> None:
    """Byte for byte, for short and long values, with and without what has to be encoded."""
    to, at = f"{local}@example.com", datetime.fromtimestamp(second, UTC)
    request = EmailRequest(id=number, to=to, subject=subject, body="Hello", user_id="u", timestamp=at)
    expected = EmailMessage(policy=SMTP)
    expected["From"] = "no-reply@eccs.example"
    expected["To"] = Address(username=local, domain="example.com")
    expected["Subject"] = subject
    expected["Date"] = format_datetime(at)
    expected["Message-ID"] = f"<{number}@eccs.example>"
    expected.set_content("Hello")

    assert _COMPOSER.compose(request).content == expected.as_bytes()
