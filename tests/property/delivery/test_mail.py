"""Every reader finds in a mail exactly what went in, and no header field but ours."""

from __future__ import annotations

import html
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from eccs_contracts import EmailRequest
from eccs_contracts.delivery import OutcomeKind
from eccs_contracts.errors import ValidationError
from services.notification_service.mail import Composer, Unsendable
from tests.property.delivery.readers import Found, Reader
from tests.property.delivery.subjects import REFUSED, TAKEN

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
TEMPLATES = Path("services/notification_service/templates")
NAMES = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
)
COMPOSER = Composer("Shop <no-reply@shop.example>", TEMPLATES)
SENDER = ("Shop", "no-reply@shop.example")
_DANGER = st.sampled_from(
    [*TAKEN, *REFUSED, "=?", "?=", "=?utf-8?q?", "\r\n", "  ", "\nFrom ", "\n.\n", "--=_", "=\n", " \n", "é" * 30]
)
_CHARACTERS = st.characters(codec="utf-8")
_TEXTS = st.lists(st.text(_CHARACTERS, max_size=20) | _DANGER, max_size=5).map("".join)
_ATOMS = st.text("abcXYZ019!#$%&'*+-/?^_`{|}~äß用ह", min_size=1, max_size=8)
_LOCALS = st.lists(_ATOMS, min_size=1, max_size=3).map(".".join)


def _request(**changes: Any) -> EmailRequest:
    fields = {"to": "ada@example.com", "subject": "Hello", "body": "Text\n", "user_id": "u", **changes}
    return EmailRequest(id=uuid.UUID(int=7), timestamp=NOW, **fields)


def _refused(request: EmailRequest) -> list[str]:
    """The fields that the contract refuses."""
    try:
        request.validate()
    except ValidationError as error:
        return [problem.field for problem in error.problems]
    return []


@pytest.mark.parametrize("subject", TAKEN, ids=ascii)
def test_a_subject_arrives_as_it_was(reader: Reader, subject: str) -> None:
    """Encoded words of every form, blanks, and every script."""
    request = _request(subject=subject)

    assert _refused(request) == []
    assert reader(COMPOSER.compose(request, NOW).content) == Found(NAMES, subject, SENDER, "ada@example.com", "Text\n")


@pytest.mark.parametrize("subject", REFUSED, ids=ascii)
def test_a_subject_with_a_control_character_is_refused_twice(subject: str) -> None:
    """By the contract before Kafka, and before a mail is made of it."""
    request = _request(subject=subject)
    with pytest.raises(Unsendable, match="subject: it holds U") as caught:
        COMPOSER.compose(request, NOW)

    assert _refused(request) == ["subject"]
    assert caught.value.outcome.kind is OutcomeKind.VALIDATION


@given(subject=_TEXTS, body=_TEXTS, local=_LOCALS)
@example(subject="x" * 998, body="x" * 998 + "\r", local="ä" * 32)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_is_composed_is_what_is_read(reader: Reader, subject: str, body: str, local: str) -> None:
    """Whatever the contract takes, though longer."""
    request = _request(subject=subject, body=body, to=f"{local}@example.com")
    assume(
        not _refused(replace(request, subject=subject[:500])) and not _refused(replace(request, subject=subject[500:]))
    )

    found = reader(COMPOSER.compose(request, NOW).content)

    assert found == Found(NAMES, subject, SENDER, f"{local}@example.com", body.replace("\r\n", "\n"))


@given(name=_TEXTS)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_display_name_is_text(reader: Reader, name: str) -> None:
    """In quotes it may be anything of one line; readers find that, and our address."""
    assume(not _refused(_request(subject=name[:500])) and len(name) <= 500)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    composer = Composer(f'"{quoted}" <no-reply@shop.example>', TEMPLATES)
    found = reader(composer.compose(_request(), NOW).content)

    assert found == Found(NAMES, "Hello", (name, "no-reply@shop.example"), "ada@example.com", "Text\n")


@given(name=st.text(_CHARACTERS.filter(lambda char: char not in "\0\r"), max_size=40))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_template_adds_no_part_and_no_header(reader: Reader, name: str) -> None:
    """Whatever the values are, both bodies arrive as the templates made them."""
    request = _request(template_id="welcome", template_data={"name": name, "plan": "pro"})
    found = reader(COMPOSER.compose(request, NOW).content)

    assert (found.names, found.subject, found.sender) == (NAMES[:-1], "Hello", SENDER)
    assert name in found.text
    assert html.escape(name).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in (found.html or "")
