"""Whatever older services write as JSON: it is read, or refused with an error of ours, and what is read is whole."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eccs_contracts import EmailDlq, EmailRetry
from eccs_contracts._json_object import load_object, member_text
from eccs_contracts._older_letters import letter_from_json
from eccs_contracts.decoding import retry_of
from eccs_contracts.errors import ContractsError
from eccs_contracts.headers import Headers
from eccs_contracts.migration import is_json, request_from_json, retry_from_json
from eccs_contracts.models import EmailRequest
from eccs_contracts.timestamps import timestamp_problem
from tests.unit.migration.older import NOW, PLAIN

_NAMES = st.sampled_from(
    [
        *("attempt", "retryCount", "scheduledAt", "originalTopic", "previousError", "backoffDelayMs", "message"),
        *("failedAt", "failureReason", "totalAttempts", "originalOffset", "errorCategory", "data", "name", "value"),
        *("_retry", "retry", "dlqMetadata", "originalData", "originalPayload", "originalHeaders", *PLAIN, "cc"),
    ]
) | st.text(max_size=8)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["2026-11-28T12:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01", "\ud800", "9" * 5000, "AAAA"])
    | st.sampled_from([json.dumps(PLAIN), '{"attempt": 2}', "{", "[]", "451 4.3.0", "email_requests"])
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=8
)
_OBJECTS = st.dictionaries(_NAMES, _VALUES, max_size=6)
_REQUESTS = st.builds(lambda more: {**PLAIN, **more}, _OBJECTS)
_HEADERS: st.SearchStrategy[Headers] = st.lists(
    st.tuples(
        st.sampled_from(
            ["x-retry-count", "x-scheduled-retry-time", "x-original-topic", "x-failure-reason", "x-failed-at"]
        ),
        st.none() | st.binary(max_size=30) | st.sampled_from([b"3", b"1795867200000", b"9" * 1000, b"email_requests"]),
    ),
    max_size=4,
)


def _json(value: Any, indent: int | None = None) -> bytes:
    return json.dumps(value, indent=indent).encode()


@given(_OBJECTS | _REQUESTS)
@settings(deadline=None, max_examples=60)
def test_a_request_is_read_or_refused(fields: dict[str, Any]) -> None:
    """What is read is what was written, in bounds, and has nothing of what the contract does not have."""
    try:
        found = request_from_json(_json(fields), NOW)
    except ContractsError:
        return
    assert timestamp_problem(found.request.timestamp, NOW) is None
    assert found.request.metadata == fields.get("metadata")
    assert {name for name, one in fields.items() if one is not None} >= set(found.unknown) & set(fields)
    assert not set(found.unknown) & set(EmailRequest.FIELDS)


@given(st.builds(lambda state, more: {**PLAIN, "_retry": state, **more}, _VALUES, _OBJECTS), _HEADERS)
@settings(deadline=None, max_examples=60)
def test_the_state_of_a_retry_never_harms(fields: dict[str, Any], headers: Headers) -> None:
    """If the request alone is right, the retry is: it can be written as Avro, and its state keeps the contract."""
    try:
        request_from_json(_json({name: one for name, one in fields.items() if name in EmailRequest.FIELDS}), NOW)
    except ContractsError:
        return
    retry = retry_of(retry_from_json(_json(fields), headers, NOW))

    retry.retry.validate()
    assert EmailRetry.from_avro(retry.to_avro()) == retry


@given(_OBJECTS | _REQUESTS, _HEADERS, st.none() | st.binary(max_size=10))
@settings(deadline=None, max_examples=60)
def test_a_letter_is_read_or_refused(fields: dict[str, Any], headers: Headers, key: bytes | None) -> None:
    """What is read can be written as Avro, and its metadata keeps the contract."""
    try:
        letter = letter_from_json(_json(fields), headers, NOW, key)
    except ContractsError:
        return
    letter.dlq_metadata.validate()
    assert EmailDlq.from_avro(letter.to_avro()) == letter


@given(
    st.binary(max_size=60)
    | st.builds(
        lambda start, rest: start + rest, st.sampled_from([b"{", b" [", b"\xef\xbb\xbf{"]), st.binary(max_size=40)
    )
)
def test_bytes_are_refused_by_errors_of_ours(value: bytes) -> None:
    """Whatever they are."""
    is_json(value, [])
    with suppress(ContractsError):
        request_from_json(value, NOW)


@given(st.dictionaries(st.text(max_size=5), _VALUES, max_size=5), st.sampled_from([None, 0, 3]))
def test_a_member_is_found_as_it_is_written(fields: dict[str, Any], indent: int | None) -> None:
    """Whatever stands before and after it."""
    text = _json(fields, indent).decode()

    assert load_object(text.encode()) is not None
    for name, value in fields.items():
        written = member_text(text, name)
        assert written is not None
        assert written in text
        assert json.loads(written) == value
    assert member_text(text, "no such name") is None
