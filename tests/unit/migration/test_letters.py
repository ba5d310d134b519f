"""Dead letters that the older service wrote: what is read of them, and what a redrive sends."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import fastavro
import pyarrow.parquet
import pytest

from eccs_contracts import EmailDlq
from eccs_contracts._older_letters import letter_from_json
from eccs_contracts.dead_letters import archive
from eccs_contracts.dead_letters.decision import Decision, Guard, Leave, Left, Send, decide
from eccs_contracts.dead_letters.letters import Letter, Place
from eccs_contracts.dead_letters.showing import brief, shown
from eccs_contracts.errors import DecodeError
from eccs_contracts.headers import Headers
from eccs_contracts.models import ErrorCategory
from tests.unit.migration.older import ID, MILLIS, NOW, PLAIN, text

METADATA = {
    "failureReason": "550 no such user",
    "errorCategory": "VALIDATION",
    "failedAt": MILLIS - 1000,
    "totalAttempts": 3,
    "maxAttemptsConfigured": 5,
    "originalTopic": "email_requests",
    "originalPartition": 2,
    "originalOffset": 17,
    "consumerGroup": "g",
    "serviceInstance": "i",
}
HEADERS: Headers = [
    ("x-failure-reason", b"451 try later"),
    ("x-total-attempts", b"4"),
    ("x-failed-at", str(MILLIS - 2000).encode()),
    ("x-original-topic", b"email_requests_retry"),
    ("x-email-id", ID.encode()),
    ("x-content-type", b"application/json"),
]


def _value(**fields: Any) -> bytes:
    return json.dumps({"originalData": PLAIN, "dlqMetadata": METADATA, **fields}).encode()


def _read(value: bytes, headers: Headers | None = None) -> EmailDlq:
    return letter_from_json(value, headers or [], NOW)


def _letter(value: bytes, headers: Headers | None = None) -> Letter:
    return Letter(Place(0, 1), NOW, ID.encode(), headers or [], value, _read(value, headers))


def _redriven(value: bytes, headers: Headers | None = None) -> Decision:
    topics = frozenset({"email_requests", "email_requests_retry"})
    return decide(_letter(value, headers), Guard(topics), NOW)


def test_a_whole_letter_is_read() -> None:
    """Every part of the metadata, and the request."""
    envelope = _read(_value(originalPayload=None))

    assert envelope.original_data is not None
    assert str(envelope.original_data.id) == ID
    assert envelope.dlq_metadata.to_json() == METADATA


def test_headers_stand_in_for_metadata() -> None:
    """For a request in JSON beside which nothing else is said."""
    found = _read(text(), HEADERS).dlq_metadata

    assert (found.failure_reason, found.total_attempts) == ("451 try later", 4)
    assert found.failed_at == NOW - timedelta(seconds=2)
    assert (found.original_topic, found.error_category) == ("email_requests_retry", ErrorCategory.PERMANENT)


@pytest.mark.parametrize("metadata", [None, {}, 5, "x", [], dict.fromkeys(METADATA), {name: [[]] for name in METADATA}])
def test_missing_metadata_is_replaced_by_safe_values(metadata: Any) -> None:
    """The letter was given up when it was written, for all that is known."""
    found = _read(_value(dlqMetadata=metadata)).dlq_metadata

    found.validate()
    assert found.to_json() == {
        "failureReason": "unknown",
        "errorCategory": "PERMANENT",
        "failedAt": MILLIS,
        "totalAttempts": 0,
        "maxAttemptsConfigured": 0,
        "originalTopic": "email_requests",
        "originalPartition": 0,
        "originalOffset": 0,
        "consumerGroup": "unknown",
        "serviceInstance": "unknown",
    }


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        ("failedAt", "2026-11-28T11:59:59.000Z", MILLIS - 1000),
        ("failedAt", str(MILLIS - 1000), MILLIS - 1000),
        ("failedAt", "9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("failedAt", "yesterday", MILLIS),
        ("originalOffset", "17", 17),
        ("originalOffset", -1, 0),
        ("originalOffset", 10**40, 2**63 - 1),
        ("originalPartition", 2**40, 2**31 - 1),
        ("totalAttempts", "5", 5),
        ("totalAttempts", -5, 0),
        ("totalAttempts", 1e300, 2**31 - 1),
        ("errorCategory", "expired", "EXPIRED"),
        ("errorCategory", "SMTP_ERROR", "PERMANENT"),
        ("errorCategory", 5, "PERMANENT"),
        ("failureReason", {"message": "550 gone"}, "550 gone"),
        ("failureReason", "r" * 5000, "r" * 1024),
        ("failureReason", "a\ud800", "a?"),
        ("originalTopic", "no topic\n", "email_requests"),
        ("consumerGroup", "", "unknown"),
    ],
)
def test_each_part_is_bounded(field: str, given: Any, expected: Any) -> None:
    """So that it can be shown, counted and archived as any other letter."""
    envelope = _read(_value(dlqMetadata={**METADATA, field: given}))

    envelope.dlq_metadata.validate()
    assert EmailDlq.from_avro(envelope.to_avro()) == envelope
    assert envelope.dlq_metadata.to_json()[field] == expected


def test_retries_that_were_allowed_are_those_that_were_made_if_nothing_says_more() -> None:
    """An older letter may not have the number."""
    metadata = {name: one for name, one in METADATA.items() if name != "maxAttemptsConfigured"}

    assert _read(_value(dlqMetadata=metadata)).dlq_metadata.max_attempts_configured == 3


@pytest.mark.parametrize(
    ("original", "payload"),
    [
        ('{"id" :  "x", "cc":"o@example.com", "n": 1.50}', b'{"id" :  "x", "cc":"o@example.com", "n": 1.50}'),
        (json.dumps("not JSON \x00 ü"), "not JSON \x00 ü".encode()),
        (json.dumps(text().decode()), text()),
        ("[1, 2]", b"[1, 2]"),
    ],
)
def test_the_original_is_sent_as_it_stands_in_the_letter(original: str, payload: bytes) -> None:
    """Fields, numbers and blanks that the contract knows nothing of are in it."""
    value = f' {{"dlqMetadata" : {{}} , "originalData":{original} }}'.encode()
    found = _redriven(b"\xef\xbb\xbf" + value)

    assert isinstance(found, Send)
    assert found.value == payload


def test_an_original_that_is_json_is_sent_as_json() -> None:
    """To its topic, with its id as key; counted as a redrive."""
    found = _redriven(_value(), HEADERS)

    assert isinstance(found, Send)
    assert (found.topic, found.key, found.redrive) == ("email_requests", ID.encode(), 1)
    assert dict(found.headers) == {
        "x-email-id": ID.encode(),
        "x-content-type": b"application/json",
        "x-redrive-count": b"1",
        "x-redrive-of": f"0/1@{MILLIS}".encode(),
    }


def test_a_request_with_headers_only_is_sent_byte_for_byte() -> None:
    """To the topic that the headers name."""
    value = b"\n" + text(cc="x")
    found = _redriven(value, HEADERS)

    assert isinstance(found, Send)
    assert (found.topic, found.value) == ("email_requests_retry", value)


@pytest.mark.parametrize(
    ("given", "payload"),
    [
        (base64.b64encode(b"\0\1\2").decode(), b"\0\1\2"),
        ({"type": "Buffer", "data": [0, 1, 2]}, b"\0\1\2"),
        ('{"a": 1}', b'{"a": 1}'),
        ({"type": "Buffer", "data": [256]}, None),
        ({"data": "x"}, None),
        (5, None),
        ("", None),
    ],
)
def test_bytes_of_the_original_go_before_its_fields(given: Any, payload: bytes | None) -> None:
    """Where they are bytes; base64, a Buffer of Node, or text."""
    found = _redriven(_value(originalPayload=given))

    assert isinstance(found, Send)
    assert found.value == payload or (payload is None and json.loads(found.value or b"") == PLAIN)


def test_a_request_is_read_from_bytes_that_hold_it() -> None:
    """Where the letter has no other form of it."""
    payload = base64.b64encode(b"\xef\xbb\xbf" + text()).decode()

    assert _letter(_value(originalData=None, originalPayload=payload)).email_id == ID


def test_metadata_may_stand_beside_the_fields_of_the_request() -> None:
    """As the state of a retry does."""
    value = text(dlqMetadata=METADATA)
    found = _redriven(value)

    assert isinstance(found, Send)
    assert (found.value, brief(_letter(value))["reason"], _letter(value).email_id) == (value, "550 no such user", ID)


@pytest.mark.parametrize("original", [None, "missing"])
def test_a_letter_without_its_original_is_shown_and_left(original: Any) -> None:
    """There is nothing to send."""
    fields = {"dlqMetadata": METADATA, **({"originalData": None} if original is None else {})}
    value = json.dumps(fields).encode()

    assert brief(_letter(value))["reason"] == "550 no such user"
    assert _redriven(value) == Leave(_letter(value), Left.NO_VALUE)


@pytest.mark.parametrize("original", [{"id": "5"}, {**PLAIN, "to": None}, {**PLAIN, "timestamp": 10**30}, {}])
def test_an_original_that_is_no_request_is_kept_as_bytes(original: Any) -> None:
    """It comes back unless somebody corrects it."""
    envelope = _read(_value(originalData=original))

    assert envelope.original_data is None
    assert json.loads(envelope.original_payload or b"") == original


def test_requests_of_any_age_are_read() -> None:
    """A dead letter may be years old."""
    assert _letter(_value(originalData={**PLAIN, "timestamp": 0})).email_id == ID


@pytest.mark.parametrize(
    "headers", [{"traceparent": "t", "x-redrive-count": "2"}, [{"name": "x-redrive-count", "value": "Mg=="}]]
)
def test_listed_headers_of_the_original_are_read(headers: Any) -> None:
    """The guard against loops counts what they say."""
    assert _letter(_value(originalHeaders=headers), HEADERS).redrives == 2


def test_headers_of_the_record_are_those_of_the_original_otherwise() -> None:
    """Those about the letter apart."""
    assert _letter(_value(), [*HEADERS, ("x-redrive-count", b"2")]).redrives == 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"[1]", "an object is expected|a JSON object is expected"),
        (b'{"foo": 1}', "neither a dead letter nor a request"),
        (b"{}", "neither a dead letter nor a request"),
        (b'{"originalData": {', "not JSON"),
    ],
)
def test_what_is_no_letter_is_refused(value: bytes, reason: str) -> None:
    """It is listed as unreadable."""
    with pytest.raises(DecodeError, match=reason):
        _read(value)


@pytest.mark.parametrize(
    ("fields", "key", "expected"),
    [
        ({}, b"customer-7", b"customer-7"),
        ({"originalKey": "other"}, b"customer-7", b"customer-7"),
        ({"originalKey": "customer-8"}, None, b"customer-8"),
        ({}, None, ID.encode()),
        ({"originalData": None, "originalPayload": "x y"}, None, None),
    ],
)
def test_the_key_is_that_of_the_record(fields: dict[str, Any], key: bytes | None, expected: bytes | None) -> None:
    """So that a redrive goes to the same partition; else what the letter says, else the id."""
    assert letter_from_json(_value(**fields), [], NOW, key).original_key == expected


def test_any_object_with_a_reason_is_a_letter() -> None:
    """Its bytes can be sent again."""
    envelope = _read(b'{"foo": 1}', HEADERS)

    assert (envelope.original_data, envelope.original_payload) == (None, b'{"foo": 1}')


def test_what_is_shown_is_masked() -> None:
    """As in any other letter; addresses that the older service repeated, too."""
    metadata = {**METADATA, "failureReason": "550 <ada@example.com> unknown"}
    letter = _letter(_value(dlqMetadata=metadata))

    for seen in (brief(letter), shown(letter, personal=False, dates=True)):
        assert "ada@example.com" not in json.dumps(seen)
    assert "ada@example.com" in json.dumps(shown(letter, personal=True))


def test_an_archive_keeps_the_bytes_of_older_letters(tmp_path: Path) -> None:
    """What the contract has no field for is only there."""
    value = _value(stack="Error: at send")
    archive.write(tmp_path / "letters.avro", [_letter(value)])
    with (tmp_path / "letters.avro").open("rb") as file:
        rows: list[Any] = list(fastavro.reader(file))

    assert rows[0]["raw"] == value
    assert str(rows[0]["letter"]["originalData"]["id"]) == ID


def test_a_header_without_a_value_is_archived(tmp_path: Path) -> None:
    """Empty is not absent: Kafka knows both."""
    letter = _letter(_value(), [("x-user-id", b""), ("x-none", None)])
    archive.write(tmp_path / "letters.parquet", [letter])

    (row,) = pyarrow.parquet.read_table(tmp_path / "letters.parquet").to_pylist()
    assert row["headers"] == '[["x-user-id", ""], ["x-none", null]]'
    assert row["raw"] == _value()
