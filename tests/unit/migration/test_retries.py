"""Retries that the older service wrote: whatever is wrong with their state, the mail is not lost for it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from eccs_contracts import EmailRetry
from eccs_contracts.decoding import retry_of
from eccs_contracts.errors import DecodeError, ValidationError
from eccs_contracts.headers import Headers
from eccs_contracts.migration import FromJson, retry_from_json, retry_state_from_json
from eccs_contracts.models import RetryMetadata
from tests.unit.migration.older import MILLIS, NOW, text, with_raw

HEADERS: Headers = [
    ("x-retry-count", b"4"),
    ("x-scheduled-retry-time", str(MILLIS + 3000).encode()),
    ("x-original-topic", b"from_headers"),
]
STATE = {
    "attempt": 2,
    "previousError": "451 4.3.0",
    "scheduledAt": "2026-11-28T12:00:01.500Z",
    "backoffDelayMs": 2000,
    "originalTopic": "email_requests",
}


def _read(value: bytes, headers: Headers | None = None) -> FromJson:
    return retry_from_json(value, headers or [], NOW)


def _state(value: bytes, headers: Headers | None = None) -> RetryMetadata:
    state = _read(value, headers).retry
    assert state is not None
    return state


def _after(seconds: float) -> Any:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("name", ["_retry", "retry", "retryMetadata", "_retry_metadata"])
@pytest.mark.parametrize("as_text", [False, True])
def test_the_state_is_read_from_the_object(name: str, as_text: bool) -> None:
    """By any of its names, also as a text that holds JSON; the headers disagree and lose."""
    found = _read(text(**{name: json.dumps(STATE) if as_text else STATE}), HEADERS)

    assert found.unknown == ()
    assert found.retry == RetryMetadata(
        attempt=2,
        previous_error="451 4.3.0",
        scheduled_at=_after(1.5),
        backoff_delay_ms=2000,
        original_topic="email_requests",
    )


def test_the_state_is_read_from_the_headers() -> None:
    """Where the value has none."""
    state = _state(text(), HEADERS)

    assert (state.attempt, state.scheduled_at, state.original_topic) == (4, _after(3), "from_headers")


@pytest.mark.parametrize("state", [{}, {"_retry": None}, {"_retry": 5}, {"_retry": "x"}, {"_retry": []}, {"retry": {}}])
def test_without_any_state_it_is_the_first_retry_and_due(state: dict[str, Any]) -> None:
    """From the topic of requests."""
    found = _read(text(**state))

    assert found.unknown == ()
    assert found.retry == RetryMetadata(
        attempt=1, previous_error="unknown", scheduled_at=NOW, backoff_delay_ms=0, original_topic="email_requests"
    )


def test_what_the_object_lacks_comes_from_the_headers() -> None:
    """Part by part."""
    state = _state(text(_retry={"attempt": "no number", "originalTopic": "a b"}), HEADERS)

    assert (state.attempt, state.scheduled_at, state.original_topic) == (4, _after(3), "from_headers")


@pytest.mark.parametrize(
    ("given", "attempt"),
    [
        (3, 3),
        ("3", 3),
        (" 3 ", 3),
        ("+3", 3),
        (3.0, 3),
        (0, 1),
        (-7, 1),
        ("-7", 1),
        (10**30, 2**31 - 1),
        ("9" * 10_000, 2**31 - 1),
        ("-" + "9" * 10_000, 1),
        (1e300, 2**31 - 1),
        (2.5, 1),
        (True, 1),
        (None, 1),
        ("", 1),
        ("two", 1),
        ("٣", 1),
        ([2], 1),
        ({"n": 2}, 1),
    ],
)
def test_attempts_are_whole_numbers_from_one(given: Any, attempt: int) -> None:
    """In text, too; what is none is 1, and too large a one is bounded."""
    assert _state(text(_retry={"attempt": given})).attempt == attempt


@pytest.mark.parametrize(("raw", "attempt"), [("1e400", 2**31 - 1), ("-1e400", 1), ("9" * 1_000_000, 2**31 - 1)])
def test_numbers_that_nothing_can_hold_are_bounded(raw: str, attempt: int) -> None:
    """JSON allows any number."""
    state = _state(with_raw("_retry", f'{{"attempt": {raw}, "scheduledAt": {raw}, "backoffDelayMs": {raw}}}'))

    assert state.attempt == attempt
    assert state.scheduled_at.year == (9999 if attempt > 1 else 1970)


@pytest.mark.parametrize(
    ("given", "year", "second"),
    [
        (MILLIS + 5000, 2026, 5),
        (float(MILLIS + 5000), 2026, 5),
        (MILLIS + 5000.7, 2026, 5),
        (str(MILLIS + 5000), 2026, 5),
        ("2026-11-28T12:00:05.000Z", 2026, 5),
        ("2026-11-28T13:00:05+01:00", 2026, 5),
        ("2026-11-28T12:00:05", 2026, 5),
        ("2026-11-28t12:00:05z", 2026, 5),
        ("9999-12-31T23:59:59Z", 9999, 59),
        ("9999-12-31T23:59:59-12:00", 2026, 0),
        ("0001-01-01T00:00:00+12:00", 2026, 0),
        ("0001-01-01T00:00:00Z", 1970, 0),
        (10**30, 9999, 59),
        (-5, 1970, 0),
        ("tomorrow", 2026, 0),
        (None, 2026, 0),
        ({}, 2026, 0),
        ("2" * 100_000, 9999, 59),
        ("x" * 100_000, 2026, 0),
    ],
)
def test_due_times_are_milliseconds_or_iso_text(given: Any, year: int, second: int) -> None:
    """Whatever cannot be read is due now."""
    due = _state(text(_retry={"scheduledAt": given})).scheduled_at

    assert (due.year, due.second) == (year, second)


@pytest.mark.parametrize("given", ["", "a b", "../x", "t\n", "x" * 250, 5, None, "ünicode"])
def test_no_topic_but_a_name_that_kafka_takes(given: Any) -> None:
    """It goes into a header."""
    assert _state(text(_retry={"originalTopic": given})).original_topic == "email_requests"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("451", "451"),
        ({"message": "451", "code": 451}, "451"),
        ("x" * 2000, "x" * 1024),
        ("a\ud800", "a?"),
        ("", "unknown"),
        (5, "unknown"),
        ({"message": 5}, "unknown"),
    ],
)
def test_the_last_error_is_a_bounded_text(given: Any, error: str) -> None:
    """Also of an error as Node writes it."""
    assert _state(text(_retry={"previousError": given})).previous_error == error


@pytest.mark.parametrize(
    "fields",
    [
        {"retryCount": 3, "scheduledAt": MILLIS + 1000},
        {"_retry": {"retry_count": "3", "next_retry_at": MILLIS + 1000}},
        {"retry": {"attemptNumber": 3, "ScheduledRetryTime": MILLIS + 1000}},
    ],
)
def test_other_spellings_are_read(fields: dict[str, Any]) -> None:
    """Beside the fields of the request, too; they are not unknown."""
    found = _read(text(**fields))

    assert found.unknown == ()
    assert found.retry is not None
    assert (found.retry.attempt, found.retry.scheduled_at) == (3, _after(1))


def test_what_is_no_state_stays_unknown() -> None:
    """As in any request."""
    assert _read(text(cc="x", count=5, topic="x", _retry=STATE)).unknown == ("cc", "count", "topic")


@pytest.mark.parametrize(
    "headers", [[("x-retry-count", b"\xff")], [("x-retry-count", None)], [("x-retry-count", b"9" * 2000)]]
)
def test_headers_that_are_not_usable_count_as_absent(headers: Headers) -> None:
    """And the mail goes out."""
    assert _state(text(), headers).attempt == 1


def test_names_given_twice_in_the_state_do_not_matter() -> None:
    """The last one counts."""
    assert _state(with_raw("_retry", '{"attempt": 2, "attempt": 3}')).attempt == 3


def test_the_request_is_held_to_its_contract() -> None:
    """Its state is still known."""
    wrong = text("to", _retry=STATE)

    with pytest.raises(ValidationError, match="to: a value is required"):
        _read(wrong)
    assert retry_state_from_json(wrong, [], NOW).attempt == 2


def test_what_is_no_json_is_refused() -> None:
    """As in any request."""
    with pytest.raises(DecodeError):
        _read(b"[1]")


def test_a_retry_becomes_one_of_the_contract() -> None:
    """With every field of the request, valid and writable."""
    made = retry_of(_read(text(_retry={"attempt": -1, "scheduledAt": "?", "backoffDelayMs": -5}, source="shop")))

    made.validate()
    assert EmailRetry.from_avro(made.to_avro()) == made
    assert (made.source, made.retry.attempt, made.retry.backoff_delay_ms) == ("shop", 1, 0)
