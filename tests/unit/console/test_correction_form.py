"""The form of a correction: values as text that browsers change only where a person did."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from eccs_contracts import EmailRequest
from eccs_contracts.dead_letters.errors import EditRefused
from services.dlq_console.correction_form import PREFIX, after_of, inputs, text_of
from tests.unit.cli.letters import request

LATER = datetime(2026, 5, 4, 12, 0, 0, 123000, UTC)
WHOLE = request(
    7,
    id=uuid.uuid4(),
    body="\none\r\ntwo\n",
    source="",
    template_data={"a": 1, "b": None, "c": "x\ny", "d": 1.5, "e": True},
    metadata={"m": "ü"},
    expires_at=LATER,
).to_json()


def typed(**fields: str) -> dict[str, list[str]]:
    """What a browser sends: every line break as CR LF."""
    return {f"{PREFIX}{name}": [text.replace("\r\n", "\n").replace("\n", "\r\n")] for name, text in fields.items()}


def test_what_nobody_changed_stays_to_the_byte() -> None:
    """Also line breaks that browsers write in their own way, and milliseconds."""
    shown = {one.name: one.text for one in inputs(WHOLE)}

    assert set(shown) == set(EmailRequest.FIELDS)
    assert after_of(WHOLE, typed(**shown)) == WHOLE
    assert after_of(WHOLE, {}) == WHOLE


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("to", "b@example.com", "b@example.com"),
        ("body", "one\ntwo", "one\r\ntwo"),  # as the text that was there
        ("subject", "", ""),
        ("source", "shop", "shop"),
        ("metadata", "", None),
        ("templateData", '{"a": [1]}', {"a": [1]}),  # the contract refuses it afterwards
        ("expiresAt", "", None),
        ("expiresAt", "2026-05-04T12:00", 1_777_896_000_000),
        ("expiresAt", "2026-05-04T12:00:00.5+02:00", 1_777_888_800_500),
    ],
)
def test_what_was_typed_is_a_value(field: str, text: str, value: Any) -> None:
    """Nothing is none, where the contract has one."""
    assert after_of(WHOLE, typed(**{field: text}))[field] == value


def test_a_text_without_line_breaks_gets_plain_ones() -> None:
    """As mail programs write them."""
    assert after_of({**WHOLE, "body": "one"}, typed(body="one\ntwo"))["body"] == "one\ntwo"


@pytest.mark.parametrize(
    ("field", "text"),
    [("expiresAt", "soon"), ("expiresAt", "9" * 5000), ("templateData", "{"), ("metadata", "[" * 100_000)],
)
def test_what_is_no_value_is_told(field: str, text: str) -> None:
    """Without what was typed."""
    with pytest.raises(EditRefused, match=f"{field}: .* is expected"):
        after_of(WHOLE, typed(**{field: text}))


def test_what_stays_is_only_shown() -> None:
    """Unless the contract refuses it, or it is not there."""
    fixed = {one.name for one in inputs(WHOLE) if one.fixed}
    broken = {one.name for one in inputs({"id": "x", "userId": "", "timestamp": "y"}) if one.fixed}

    assert (fixed, broken) == ({"id", "userId", "timestamp"}, set())


def test_a_long_text_has_room() -> None:
    """A body has lines, a subject has one."""
    lines = {one.name: one.lines for one in inputs({**WHOLE, "body": "x\n" * 100})}

    assert (lines["subject"], lines["to"], lines["body"]) == (1, 1, 16)


def test_what_was_typed_comes_back_when_it_is_wrong() -> None:
    """Nobody types it twice; a field that stays is as the letter has it."""
    shown = {one.name: one.text for one in inputs(WHOLE, typed(to="wrong", userId="mallory"))}

    assert (shown["to"], shown["userId"], shown["subject"]) == ("wrong", WHOLE["userId"], WHOLE["subject"])


@pytest.mark.parametrize("value", [10**18, -(10**18), 253_402_300_800_000])
def test_an_instant_beyond_the_calendar_is_a_number(value: int) -> None:
    """It can be put right."""
    assert text_of("expiresAt", value) == str(value)
