"""The core of dead letters: which are meant, what a redrive does with them, how they are counted and shown."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eccs_contracts import EmailRequest, ErrorCategory
from eccs_contracts.dead_letters.decision import Guard, Leave, Left, Send, decide, pause
from eccs_contracts.dead_letters.letters import REDRIVE_COUNT, REDRIVE_OF, Letter, Place, place_of
from eccs_contracts.dead_letters.masking import masked
from eccs_contracts.dead_letters.selection import Selection, where
from eccs_contracts.dead_letters.showing import brief, shown
from eccs_contracts.dead_letters.statistics import age_band, kind_of, statistics
from eccs_contracts.dead_letters.times import age, instant
from eccs_contracts.errors import DecodeError
from eccs_contracts.headers import MAX_LENGTH, ascii_text, listed, text
from tests.unit.cli.letters import NOW, letter, request

GUARD = Guard(frozenset({"email_requests", "email_requests_retry"}))
UNREADABLE = Letter(Place(1, 2), NOW, b"k", [], b"\xff\xfe", None, DecodeError("not framed"))


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(), [0, 1, 2]),
        (Selection(ids=frozenset({str(uuid.UUID(int=1))})), [1]),
        (Selection(places=frozenset({Place(0, 2)})), [2]),
        (Selection(ids=frozenset({str(uuid.UUID(int=1))}), places=frozenset({Place(0, 2)})), [1, 2]),
        (Selection(categories=frozenset({"PARSE"})), [2]),
        (Selection(topics=frozenset({"email_requests_retry"})), [1]),
        (Selection(partitions=frozenset({1})), []),
        (Selection(reason="NO SUCH"), [0, 1]),
        (Selection(since=NOW), [0, 1]),
        (Selection(until=NOW), [2]),
        (Selection(where=(where("originalData.userId=u1"),)), [1]),
        (
            Selection(where=(where("dlqMetadata.originalTopic=email_requests"), where("originalData.templateId=null"))),
            [0, 2],
        ),
        (Selection(where=(where("originalData.unknown=1"),)), []),
        (Selection(reason="no such", categories=frozenset({"PARSE"})), []),
    ],
)
def test_a_selection_takes_what_passes_every_test(selection: Selection, found: list[int]) -> None:
    """Ids and places are alternatives; everything else must hold together."""
    letters = [
        letter(0),
        letter(1, original_topic="email_requests_retry"),
        letter(2, error_category=ErrorCategory.PARSE, failure_reason="bad byte", failed_at=NOW - timedelta(hours=1)),
    ]

    assert found == [one.place.offset for one in letters if selection.matches(one)]


def test_only_an_empty_selection_is_everything() -> None:
    """It is what a redrive asks --all for."""
    assert Selection().everything
    assert not Selection(partitions=frozenset({0})).everything


@pytest.mark.parametrize("wrong", ["", "userId", "=1", "a..b=1", ".a=1"])
def test_a_filter_that_is_none_is_refused(wrong: str) -> None:
    """With an example of one."""
    with pytest.raises(ValueError, match="field=value"):
        where(wrong)


def test_a_redrive_sends_the_bytes_as_they_came() -> None:
    """Key, value and headers of the original; the two of the redrive in the place of older ones."""
    headers = [
        ("x-user-id", b"u1"),
        ("custom", None),
        ("custom", b"\xff"),
        (REDRIVE_COUNT, b"1"),
        (REDRIVE_OF, b"0/1@2"),
    ]
    decision = decide(letter(7, payload=b"\x00\xff", key=b"\xfe", headers=headers), GUARD, NOW)

    assert isinstance(decision, Send)
    assert (decision.topic, decision.key, decision.value) == ("email_requests", b"\xfe", b"\x00\xff")
    assert decision.redrive == 2
    assert decision.headers == [
        ("x-user-id", b"u1"),
        ("custom", None),
        ("custom", b"\xff"),
        (REDRIVE_COUNT, b"2"),
        (REDRIVE_OF, b"0/7@1777896000000"),
    ]


@pytest.mark.parametrize(
    ("left", "one"),
    [
        (Left.UNREADABLE, UNREADABLE),
        (Left.NO_VALUE, letter(payload=None)),
        (Left.OTHER_TOPIC, letter(original_topic="email_dlq")),
        (Left.OTHER_TOPIC, letter(original_topic="elsewhere")),
        (Left.EXPIRED, letter(original=request(expires_at=NOW))),
        (Left.LOOP, letter(headers=[(REDRIVE_COUNT, b"3")])),
        (Left.LOOP, letter(headers=[(REDRIVE_COUNT, b"999999")])),
    ],
)
def test_a_redrive_leaves_what_would_not_end_well(left: Left, one: Letter) -> None:
    """And says why."""
    assert decide(one, GUARD, NOW) == Leave(one, left)


@pytest.mark.parametrize("count", [b"", b"-1", b"many", b"1.5", b"\xff", None, b"2"])
def test_a_forged_count_does_not_stop_the_guard(count: bytes | None) -> None:
    """What is no number counts as none, so that the guard starts over."""
    expected = 3 if count == b"2" else 1
    decision = decide(letter(headers=[(REDRIVE_COUNT, count)]), GUARD, NOW)

    assert isinstance(decision, Send)
    assert decision.redrive == expected


@pytest.mark.parametrize("count", [b"3", b"10", b"9999999", b"9" * 1024])
def test_a_count_beyond_the_limit_is_left(count: bytes) -> None:
    """However many digits it has: the service counts it as the limit, too."""
    one = letter(headers=[(REDRIVE_COUNT, count)])

    assert decide(one, GUARD, NOW) == Leave(one, Left.LOOP)


def test_the_guard_ends_a_message_that_dies_each_time() -> None:
    """Three times, not for ever."""
    one, sent = letter(), 0
    while isinstance(decision := decide(one, GUARD, NOW), Send):
        sent += 1
        one = letter(headers=[(name, value) for name, value in listed(decision.headers) if isinstance(value, bytes)])

    assert (sent, decision) == (3, Leave(one, Left.LOOP))


@pytest.mark.parametrize(
    ("sent", "rate", "elapsed", "seconds"), [(10, None, 0.0, 0.0), (10, 5.0, 0.5, 1.5), (10, 5.0, 3.0, 0.0)]
)
def test_a_rate_is_kept_over_the_whole_run(sent: int, rate: float | None, elapsed: float, seconds: float) -> None:
    """What was slow for another reason is made up for."""
    assert pause(sent, rate, elapsed) == seconds


def test_statistics_count_by_every_side() -> None:
    """Unreadable letters, too; what was redriven before is still broken."""
    letters = [
        letter(0, failure_reason="421 busy, id 123456"),
        letter(1, failure_reason="421 busy, id 987654", headers=[(REDRIVE_COUNT, b"1")]),
        letter(2, failed_at=NOW - timedelta(days=2), error_category=ErrorCategory.EXPIRED),
        UNREADABLE,
    ]
    found = statistics(letters, NOW)

    assert (found.total, found.again) == (4, 1)
    assert found.by_category == {"PERMANENT": 2, "EXPIRED": 1, "UNREADABLE": 1}
    assert found.by_reason == {"421 busy, id …": 2, "550 5.1.1 no such user": 1, "not framed": 1}
    assert found.by_topic == {"email_requests": 3, "unknown": 1}
    assert found.by_age == {"under 1 hour": 3, "1 to 3 days": 1}
    assert (found.oldest, found.newest) == (NOW - timedelta(days=2), NOW)


@pytest.mark.parametrize(
    ("span", "band"),
    [
        (timedelta(seconds=-5), "under 1 hour"),
        (timedelta(minutes=59), "under 1 hour"),
        (timedelta(hours=1), "1 to 6 hours"),
        (timedelta(days=29, hours=23), "7 to 30 days"),
        (timedelta(days=30), "30 days or more"),
        (timedelta.max, "30 days or more"),
    ],
)
def test_each_age_is_in_one_band(span: timedelta, band: str) -> None:
    """A limit belongs to the older band."""
    assert age_band(span) == band


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("550 5.1.1 no such user", "550 5.1.1 no such user"),
        ("queue id 4711234 full", "queue id … full"),
        ("550 5.1.1 <ada@example.com>: unknown", "550 5.1.1 <…>: unknown"),
        ("to: an e-mail address, but it is 'a b'", "to: an e-mail address, but it is …"),
        (f"unknown {uuid.UUID(int=5)}", "unknown …"),
        ("expired at 2026-01-02T03:04:05+00:00", "expired at …"),
    ],
)
def test_reasons_of_one_kind_are_counted_together(reason: str, kind: str) -> None:
    """Codes stay; what is different in each message goes."""
    assert kind_of(reason) == kind


def test_a_letter_is_shown_without_personal_data() -> None:
    """Neither the fields that the schema tags nor the bytes that could not be decoded."""
    one = letter(5, original=request(5, template_data={"name": "Ada"}), payload=b"secret")
    found: dict[str, Any] = shown(one, personal=False)["letter"]

    assert found["originalData"]["to"] == "<masked, 17 characters>"
    assert found["originalData"]["templateData"] == "<masked, 1 entries>"
    assert found["originalData"]["userId"] == "u2"
    assert found["originalPayload"] == "<masked, 6 bytes>"
    assert not {"user5", "Ada", "secret"} & set(str(found).split("'"))


def test_a_letter_is_shown_whole_when_it_is_asked_for() -> None:
    """Decoded, and bytes in hexadecimal."""
    found = shown(letter(5, payload=b"\x00\xff"), personal=True)["letter"]

    assert found["originalData"]["to"] == "user5@example.com"
    assert found["originalPayload"] == "00ff"


def test_what_others_wrote_is_shown_without_addresses() -> None:
    """Mail servers repeat them, and producers may put anything into a header."""
    headers = [("x-from", b"ada@example.com"), ("x-raw", "Añá".encode()), ("x-user-id", b"u1")]
    one = letter(failure_reason="550 5.1.1 <ada@example.com>: unknown", headers=headers)
    hidden, whole = (shown(one, personal=personal)["letter"] for personal in (False, True))

    assert brief(one)["reason"] == hidden["dlqMetadata"]["failureReason"] == "550 5.1.1 <***>: unknown"
    assert [one["value"] for one in hidden["originalHeaders"]] == ["***", "<masked, 5 bytes>", "u1"]
    assert whole["dlqMetadata"]["failureReason"] == one.reason
    assert [one["value"] for one in whole["originalHeaders"]] == ["ada@example.com", "0x41c3b1c3a1", "u1"]


@pytest.mark.parametrize(("personal", "raw"), [(False, "<masked, 2 bytes>"), (True, "fffe")])
def test_an_unreadable_letter_is_shown_as_bytes(personal: bool, raw: str) -> None:
    """With why it cannot be read."""
    found = shown(UNREADABLE, personal=personal)

    assert (found["error"], found["bytes"]) == ("not framed", raw)


def test_masking_follows_the_schema_into_everything() -> None:
    """A tagged field below arrays, maps and unions of records is masked; a tagged record without tags as a whole."""
    inner = (
        '{"type":"record","name":"Inner","fields":[{"name":"secret","type":"string","confluent:tags":["PII"]},'
        '{"name":"open","type":"string"}]}'
    )
    schema = (
        '{"type":"record","name":"Outer","fields":['
        f'{{"name":"many","type":{{"type":"array","items":{inner}}}}},'
        '{"name":"named","type":{"type":"map","values":"Inner"}},'
        '{"name":"maybe","type":["null","Inner"],"confluent:tags":["PII"]},'
        '{"name":"plain","type":{"type":"record","name":"Plain","fields":[{"name":"a","type":"int"}]},'
        '"confluent:tags":["PII"]},'
        '{"name":"none","type":["null","string"],"confluent:tags":["PII"]}]}'
    )
    record = {"secret": "abc", "open": "x"}
    hidden = {"secret": "<masked, 3 characters>", "open": "x"}
    value = {"many": [record], "named": {"k": record}, "maybe": record, "plain": {"a": 1}, "none": None}

    assert masked(value, schema) == {
        "many": [hidden],
        "named": {"k": hidden},
        "maybe": hidden,
        "plain": "<masked, 1 entries>",
        "none": None,
    }


def test_instants_can_be_read_wherever_they_stand() -> None:
    """In records of unions, too; what is no instant stays as it is, also a number."""
    found = shown(letter(5, original=request(5, expires_at=NOW)), personal=True, dates=True)["letter"]

    assert found["originalData"]["timestamp"] == found["originalData"]["expiresAt"] == "2026-05-04T12:00:00.000+00:00"
    assert found["dlqMetadata"]["failedAt"] == "2026-05-04T12:00:00.000+00:00"
    assert (found["dlqMetadata"]["originalOffset"], found["originalData"]["templateId"]) == (42, None)


def test_masking_knows_the_contracts() -> None:
    """Of a request, address, subject and body."""
    found = masked(request(1).to_json(), EmailRequest.SCHEMA)

    assert [name for name, value in found.items() if "masked" in str(value)] == ["to", "subject", "body"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("6h", NOW - timedelta(hours=6)),
        ("2w", NOW - timedelta(weeks=2)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T10:00:00+02:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_people_type_them(typed: str, found: datetime) -> None:
    """Before now, or ISO 8601, in UTC unless it says otherwise."""
    assert instant(typed, NOW) == found


@pytest.mark.parametrize("typed", ["", "yesterday", "6", "-1h", "99999999999w", "2026-13-01"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    """With examples."""
    with pytest.raises(ValueError, match="give 2026"):
        instant(typed, NOW)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0s"), (59, "59s"), (3661, "1h 1m"), (90_000, "1d 1h"), (86_400, "1d"), (-5, "0s")]
)
def test_ages_are_told_in_two_units(seconds: int, said: str) -> None:
    """The largest ones."""
    assert age(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("typed", "place"), [("2/15", Place(2, 15)), ("2", None), ("2/x", None), ("-1/2", None), ("1/2/3", None)]
)
def test_places_are_partition_and_offset(typed: str, place: Place | None) -> None:
    """And nothing else."""
    assert place_of(typed) == place


def test_the_identity_of_a_letter_fits_a_header() -> None:
    """It is how a message is found again."""
    identity = letter(10**17).identity

    assert ascii_text(identity) == identity
    assert len(identity) < MAX_LENGTH
    assert text([(REDRIVE_OF, identity.encode())], REDRIVE_OF) == identity


@pytest.mark.parametrize(
    "text",
    ["9" * 5_000 + "d", "9999999999s", "999999999w", "٣d", "2026-01-31T09:30:00" + "0" * 5_000, "-1d", "1e3s", "0001"],
)
def test_a_time_of_any_size_is_refused_in_a_sentence(text: str) -> None:
    """Which shows the beginning of it only."""
    with pytest.raises(ValueError, match="is no time") as caught:
        instant(text, NOW)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_that_utc_does_not_have_is_refused(text: str) -> None:
    """It could be compared, but not shown."""
    with pytest.raises(ValueError, match="is no time"):
        instant(text, NOW)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+00:00", "0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_can_be_compared(text: str) -> None:
    """And shown."""
    assert Selection(since=instant(text, NOW)).matches(letter()) is text.startswith("0001")
