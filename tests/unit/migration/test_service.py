"""What the notification service makes of JSON: attempts, due times, unknown fields and where a retry came from."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry, Counter

from eccs_contracts.delivery import Outcome, OutcomeKind, Retry, RetryPolicy
from eccs_contracts.headers import Headers
from services.logs import Log
from services.notification_service.envelopes import retry_envelope
from services.notification_service.message import Decoder, Job, Record
from services.notification_service.unknown_fields import MAX_NAMES, UnknownFields
from tests.unit.migration.older import ID, MILLIS, NOW, text

LONGEST = timedelta(seconds=60)
RETRIES = "email_requests_retry"


def _unknown(*, reject: bool = False) -> UnknownFields:
    counter = Counter("migration_unknown_fields", "As in the service.", ["field"], registry=CollectorRegistry())
    return UnknownFields(counter, Log("info"), reject)


def _counted(unknown: UnknownFields) -> dict[str, float]:
    return {
        sample.labels["field"]: sample.value
        for metric in unknown.counter.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


def _decoder(unknown: UnknownFields | None = None) -> Decoder:
    """A decoder that needs no registry, as all that it gets is JSON."""
    no_avro = cast("Any", None)
    return Decoder(no_avro, no_avro, RETRIES, RetryPolicy(), LONGEST, unknown or _unknown())


def _job(
    value: bytes, topic: str = RETRIES, headers: Headers | None = None, unknown: UnknownFields | None = None
) -> Job:
    return _decoder(unknown).job(Record(topic, 0, 7, ID.encode(), value, headers or []), NOW)


def _retry(**state: Any) -> bytes:
    return text(_retry=state)


@pytest.mark.parametrize(("given", "attempt"), [(0, 1), (1, 1), (5, 5), (6, 5), ("3", 3), (-9, 1), (10**30, 5)])
def test_attempts_keep_to_the_policy(given: Any, attempt: int) -> None:
    """As those of Avro retries do."""
    assert _job(_retry(attempt=given)).attempt == attempt


@pytest.mark.parametrize(
    ("given", "due"),
    [
        (MILLIS + 60_000, LONGEST),
        (MILLIS + 60_001, LONGEST),
        ("9999-12-31T23:59:59Z", LONGEST),
        (MILLIS + 1500, timedelta(seconds=1.5)),
        (MILLIS, timedelta(0)),
        (None, timedelta(0)),
    ],
)
def test_due_times_keep_to_the_policy(given: Any, due: timedelta) -> None:
    """Nobody may park a message in the year 9999."""
    assert _job(_retry(scheduledAt=given)).due == NOW + due


def test_a_request_has_no_state() -> None:
    """Not even where it brings one."""
    job = _job(_retry(attempt=3), "email_requests")

    assert (job.attempt, job.due, job.first_topic, job.verdict) == (0, None, None, None)


def test_a_redriven_retry_begins_again() -> None:
    """With all its retries, now."""
    job = _job(_retry(attempt=5, scheduledAt=MILLIS + 9000), headers=[("x-redrive-count", b"1")])

    assert (job.attempt, job.due, job.redrive) == (1, NOW, 1)


def test_the_next_retry_says_where_the_first_came_from() -> None:
    """Not that it was the topic of retries."""
    job = _job(_retry(originalTopic="email_requests"))
    assert job.request is not None
    retry, headers = retry_envelope(job, job.request, Retry(2, 2000, NOW, "451"))

    assert (retry.retry.original_topic, headers["x-original-topic"]) == ("email_requests", "email_requests")


@pytest.mark.parametrize(
    ("value", "kind", "attempt"),
    [
        (text("to", _retry={"attempt": 3}), OutcomeKind.VALIDATION, 3),
        (text(to="nobody", _retry={"attempt": 3}), OutcomeKind.VALIDATION, 3),
        (text("body", _retry={"attempt": 9}), OutcomeKind.VALIDATION, 5),
        (b"{", OutcomeKind.PARSE, 0),
    ],
)
def test_a_wrong_retry_keeps_its_count(value: bytes, kind: OutcomeKind, attempt: int) -> None:
    """For its dead letter."""
    job = _job(value)

    assert job.verdict is not None
    assert (job.verdict.kind, job.attempt) == (kind, attempt)


@pytest.mark.parametrize("start", [b"", b" \n", b"\xef\xbb\xbf"])
def test_json_is_decoded_at_once(start: bytes) -> None:
    """It needs no registry."""
    assert _decoder().at_once(Record(RETRIES, 0, 7, None, start + text(), []))


@pytest.mark.parametrize(("size", "at_once"), [(65_536, True), (65_537, False)])
def test_large_json_is_decoded_beside_the_engine(size: int, at_once: bool) -> None:
    """Its many small values would keep other messages waiting."""
    value = text()

    assert _decoder().at_once(Record(RETRIES, 0, 7, None, b" " * (size - len(value)) + value, [])) is at_once


def test_reasons_are_bounded() -> None:
    """A message can break its contract in very many places."""
    verdict = _job(text(metadata={str(number): 1 for number in range(1000)})).verdict

    assert verdict is not None
    assert len(verdict.reason) == 1024


@pytest.mark.parametrize("topic", ["email_requests", RETRIES])
def test_unknown_fields_are_counted_and_dropped(topic: str) -> None:
    """By their names; the mail goes out."""
    unknown = _unknown()
    job = _job(text(cc="x", html="y"), topic, unknown=unknown)

    assert job.verdict is None
    assert _counted(unknown) == {"cc": 1, "html": 1}


@pytest.mark.parametrize("topic", ["email_requests", RETRIES])
def test_unknown_fields_are_refused_where_none_may_be_lost(topic: str) -> None:
    """As VALIDATION that names them; the id of the e-mail is kept."""
    job = _job(text(cc="x", html="y"), topic, unknown=_unknown(reject=True))

    reason = (
        "EmailRequest: cc: no field of EmailRequest, but it is given; html: no field of EmailRequest, but it is given"
    )
    assert (job.verdict, job.ledger_id) == (Outcome(OutcomeKind.VALIDATION, reason), ID)


def test_what_breaks_the_contract_is_the_reason_before_unknown_fields() -> None:
    """Both are there."""
    job = _job(text(to="nobody", cc="x"), unknown=_unknown(reject=True))

    assert job.verdict is not None
    assert "to:" in job.verdict.reason


@pytest.mark.parametrize("state", ["_retry", "retry", "retryCount"])
def test_known_fields_are_never_refused(state: str) -> None:
    """Nor is the state of a retry."""
    assert _job(text(source="shop", **{state: 2}), unknown=_unknown(reject=True)).verdict is None


def test_names_beyond_the_table_are_others() -> None:
    """So that no producer fills the memory of Prometheus."""
    unknown = _unknown()
    unknown.seen([f"f{number}" for number in range(MAX_NAMES + 3)], NOW)
    unknown.seen(["f0", "new"], NOW)

    counted = _counted(unknown)
    assert len(counted) == MAX_NAMES + 1
    assert (counted["f0"], counted["other"]) == (2, 4)


def test_an_address_in_a_name_is_masked() -> None:
    """Labels are kept for long."""
    unknown = _unknown()
    unknown.seen(["ada@example.com"], NOW)

    assert _counted(unknown) == {"***": 1}


@pytest.mark.parametrize(("seconds", "lines"), [(0, 1), (59.9, 1), (60, 2), (-1, 2)])
def test_each_name_is_logged_once_a_minute(capsys: pytest.CaptureFixture[str], seconds: float, lines: int) -> None:
    """Also after the clock went back."""
    unknown = _unknown()
    for now in (NOW, NOW + timedelta(seconds=seconds)):
        unknown.seen(["cc"], now)

    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["event"], one["field"], one["rejected"]) for one in logged] == [("unknown_field", "cc", False)] * lines
