"""Corrections of dead letters: what may change, what is refused and why, and what is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from eccs_contracts import EmailRequest
from eccs_contracts import headers as names
from eccs_contracts.dead_letters.decision import Guard
from eccs_contracts.dead_letters.editing import (
    Draft,
    corrected,
    corrected_text,
    difference,
    draft_of,
    send_of,
    text_of,
)
from eccs_contracts.dead_letters.errors import EditRefused
from eccs_contracts.dead_letters.letters import REDRIVE_COUNT, REDRIVE_OF, Letter
from eccs_contracts.dead_letters.request_fields import assigned
from tests.unit.cli.letters import NOW, envelope, letter, request

GUARD = Guard(frozenset(("email_requests", "email_requests_retry")))
BROKEN: dict[str, Any] = {"id": "7f1c2f7e-1111-4222-8333-444455556666", "to": "nobody", "subject": "Hi", "cc": "b@c.de"}


def undecoded(payload: bytes) -> Letter:
    """A letter whose original could not be decoded."""
    return replace(letter(1), envelope=envelope(None, payload))


def changed(draft: Draft, **fields: Any) -> dict[str, Any]:
    """The request of a draft with other fields."""
    return {**draft.before, **fields}


def problems(draft: Draft, **fields: Any) -> tuple[str, ...]:
    """Why a correction is refused."""
    with pytest.raises(EditRefused) as caught:
        corrected(draft, changed(draft, **fields))
    return caught.value.problems


def test_a_correction_changes_what_it_changes_and_nothing_else() -> None:
    """The fields that differ are named."""
    found = corrected(draft_of(letter(1)), changed(draft_of(letter(1)), to="right@example.com", source="shop"))

    assert found.changed == ("to", "source")
    assert found.request == request(1, to="right@example.com", source="shop")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("id", "7f1c2f7e-1111-4222-8333-444455556666", "the ledger knows it by this id"),
        ("userId", "mallory", "stays the user's"),
        ("timestamp", 1, "when the e-mail was asked for"),
    ],
)
def test_what_the_e_mail_is_stays(field: str, value: object, said: str) -> None:
    """Whose it is, which one, and since when."""
    (problem,) = problems(draft_of(letter(1)), **{field: value, "subject": "Other"})

    assert problem.startswith(f"{field}: it cannot be changed")
    assert said in problem


def test_what_the_contract_refuses_may_be_put_right() -> None:
    """Also a field that otherwise stays: a letter without a valid one could not be corrected at all."""
    wrong = json.dumps({**request(1).to_json(), "timestamp": "yesterday", "userId": ""}).encode()
    draft = draft_of(undecoded(wrong))

    found = corrected(draft, changed(draft, timestamp=1767225600000, userId="u1"))
    assert found.changed == ("userId", "timestamp")
    assert len(problems(draft)) == 1  # the other one is looked for when the types are right


def test_every_problem_is_told_at_once() -> None:
    """What must not change beside what the contract does not know."""
    found = problems(draft_of(letter(1)), userId="u9", cc="b@example.com")

    assert [one.partition(":")[0] for one in found] == ["userId", "cc"]


def test_problems_hold_no_personal_data() -> None:
    """They are shown where it is masked."""
    found = problems(draft_of(letter(1)), to="ada@", subject="secret\n")

    assert [one.partition(":")[0] for one in found] == ["to", "subject"]
    assert not [one for one in found if "ada@" in one or "secret" in one]


def test_a_correction_that_changes_nothing_is_refused() -> None:
    """There is another command for that; a null for what is absent is no change."""
    draft = draft_of(letter(1))

    assert problems(draft) == ("nothing is changed; to send a letter as it is: eccs-contracts dlq redrive",)
    with pytest.raises(EditRefused, match="nothing is changed"):
        corrected_text(draft, text_of(draft.before))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON: Expecting value at line 1, column 1"),
        ('{"a": 1,\n "a": 2}', "a field is given twice"),
        ("[]", "a JSON object is expected, not an array"),
        ("null", "a JSON object is expected, not null"),
        ('{"timestamp": NaN}', "NaN is no number of JSON"),
        ('{"timestamp": ' + "9" * 5000 + "}", "a number is too long"),
        ("[" * 100_000, "nested too deeply"),
        (" " * 4_000_001, "4,000,001 characters are more than the 4,000,000"),
    ],
)
def test_text_that_is_no_correction_says_why(text: str, said: str) -> None:
    """Whatever an editor or a form brings."""
    with pytest.raises(EditRefused, match=said):
        corrected_text(draft_of(letter(1)), text)


def test_text_may_begin_with_a_mark() -> None:
    """As some editors write it."""
    draft = draft_of(letter(1))
    text = "\ufeff" + text_of({**draft.before, "subject": "Other"})

    assert corrected_text(draft, text).changed == ("subject",)


def test_json_that_could_not_be_decoded_is_a_draft_with_what_the_contract_knows() -> None:
    """Other fields are left out; what is missing can be added."""
    draft = draft_of(undecoded(b"\xef\xbb\xbf" + json.dumps(BROKEN).encode()))
    added = {"to": "ada@example.com", "body": "Text", "userId": "u1", "timestamp": 1767225600000}

    assert set(draft.before) == {"id", "to", "subject"}
    assert str(corrected(draft, changed(draft, **added)).request.id) == BROKEN["id"]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (undecoded(b"\x00\x00\x00\x12\x67"), "neither|no JSON"),
        (undecoded(b"[1]"), "no JSON"),
        (replace(letter(1), envelope=None), "unreadable"),
    ],
)
def test_a_letter_without_a_request_is_refused(one: Letter, said: str) -> None:
    """With the reason."""
    with pytest.raises(EditRefused, match=said):
        draft_of(one)


def test_fields_are_set_without_an_editor() -> None:
    """Text as it is, null for none, JSON elsewhere, entries by their names."""
    before = request(1, source="shop", template_data={"a": 1}).to_json()
    sets = [
        "subject=a=b",
        "source=null",
        "body=null",
        "expiresAt=1767225600000",
        "templateData.a=2.5",
        "templateData.name=Ada",
        "metadata.batch=7",
    ]
    after = assigned(before, sets)

    expected = {
        "subject": "a=b",
        "source": None,
        "body": "null",  # not optional: the word itself
        "expiresAt": 1767225600000,
        "templateData": {"a": 2.5, "name": "Ada"},
        "metadata": {"batch": "7"},
    }
    assert {name: after[name] for name in expected} == expected
    assert before["templateData"] == {"a": 1}


@pytest.mark.parametrize("wrong", ["subject", "=x", "cc=x", "subject.a=b", "metadata.=b", "metadata=x", "expiresAt=x"])
def test_what_is_no_assignment_is_refused(wrong: str) -> None:
    """All of them at once."""
    with pytest.raises(EditRefused) as caught:
        assigned(request(1).to_json(), [wrong, "nothing"])

    assert len(caught.value.problems) == 2


def test_a_difference_shows_no_personal_data_unless_asked() -> None:
    """That something differs is seen also where its mask is the same."""
    before, after = request(1, to="ada@example.com"), request(1, to="bob@example.com", source="shop")

    masked = difference(before.to_json(), after.to_json(), personal=False)
    assert [line for line in masked if line[0] in "+-"][2:] == [
        "-to: <masked, 15 characters>",
        "+to: <masked, 15 characters> changed",
        "+source: shop",
    ]
    assert "example.com" not in " ".join(masked)
    assert "+to: bob@example.com" in difference(before.to_json(), after.to_json(), personal=True)


def test_a_difference_of_a_long_text_shows_its_lines() -> None:
    """Not the whole text twice."""
    before, after = request(1, body="one\ntwo\nthree"), request(1, body="one\nTwo\nthree")
    lines = difference(before.to_json(), after.to_json(), personal=True)

    assert [line for line in lines if line[0] in "+-"][2:] == ["-  two", "+  Two"]


def test_what_is_sent_is_a_first_delivery_of_the_same_e_mail() -> None:
    """Headers of the original stay, but for those that say how it was written and retried."""
    kept = [("trace", b"\xff"), ("x-retry-count", b"5"), ("x-content-type", b"application/json"), (REDRIVE_COUNT, b"1")]
    one = letter(1, headers=kept, original_topic="email_requests_retry", key=b"other")
    send = send_of(corrected(draft_of(one), changed(draft_of(one), to="a@example.com")), b"new", GUARD, "run-1", NOW)

    assert (send.topic, send.key, send.value, send.redrive) == (
        "email_requests",
        str(request(1).id).encode(),
        b"new",
        2,
    )
    found = dict(send.headers)
    assert found["trace"] == b"\xff"
    assert "x-retry-count" not in found
    assert (found["x-content-type"], found["x-schema-version"]) == (
        names.AVRO.encode(),
        EmailRequest.VERSION.encode(),
    )
    assert (found[REDRIVE_COUNT], found[REDRIVE_OF], found[names.EDITED]) == (b"2", one.identity.encode(), b"run-1")


@pytest.mark.parametrize(
    ("one", "fields", "said"),
    [
        (letter(1, headers=[(REDRIVE_COUNT, b"3")]), {}, "max-redrives"),
        (letter(1, headers=[(REDRIVE_COUNT, b"12345678")]), {}, "max-redrives"),
        (letter(1, original_topic="elsewhere"), {}, "no contract"),
        (letter(1), {"expiresAt": int(NOW.timestamp() * 1000)}, "expiresAt is over"),
    ],
)
def test_the_guard_holds_for_corrections(one: Letter, fields: dict[str, Any], said: str) -> None:
    """As for redrives."""
    correction = corrected(draft_of(one), changed(draft_of(one), subject="Other", **fields))
    with pytest.raises(EditRefused, match=said):
        send_of(correction, b"", GUARD, "run", NOW)


def test_a_correction_may_give_an_expired_e_mail_more_time() -> None:
    """That is what it is corrected for."""
    one = letter(1, request(1, expires_at=NOW - timedelta(days=1)))
    later = int((NOW + timedelta(days=1)).timestamp() * 1000)
    correction = corrected(draft_of(one), changed(draft_of(one), expiresAt=later))

    assert send_of(correction, b"", GUARD, "run", NOW).redrive == 1
