"""Framing, JSON migration, headers and constraints: bad input and what is said of it."""

from __future__ import annotations

import subprocess
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

import eccs_contracts
from eccs_contracts import EmailRequest, headers
from eccs_contracts._codec.constraints import is_email
from eccs_contracts._framing import SchemaRef, frame, unframe
from eccs_contracts.errors import DecodeError, EncodeError, FramingError, ValidationError

PLAIN: dict[str, Any] = {
    "id": "b7a6c1d0-4f0e-4d5e-9c39-0123456789ab",
    "to": "a@example.com",
    "subject": "Hello",
    "body": "Text",
    "userId": "u1",
    "timestamp": 1_790_000_000_000,
}


def _request(**changes: Any) -> EmailRequest:
    return EmailRequest.from_json({**PLAIN, **changes})


def test_the_public_names_are_these() -> None:
    """Adding one is a decision, not an accident."""
    assert len(eccs_contracts.__all__) == 18
    assert all(getattr(eccs_contracts, name) is not None for name in eccs_contracts.__all__)


def test_importing_the_package_loads_no_client_library() -> None:
    """Another team pays for what it uses."""
    code = "import eccs_contracts, sys; print([m for m in ('confluent_kafka','httpx','pymongo') if m in sys.modules])"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_frame_is_a_zero_byte_and_the_id() -> None:
    """Confluent's form."""
    assert frame(258, b"x") == b"\0\0\0\1\2x"
    assert unframe(b"\0\0\0\1\2x") == (SchemaRef(schema_id=258), b"x")


def test_a_guid_in_a_header_is_read() -> None:
    """The other form: the value is Avro alone."""
    guid = uuid.uuid4()

    assert unframe(b"x", [("__value_schema_id", b"\1" + guid.bytes)]) == (SchemaRef(guid=str(guid)), b"x")


@pytest.mark.parametrize("value", [b"", b"\0\0\0", b"\1\0\0\0\1x", b"{}"])
def test_a_broken_frame_is_refused(value: bytes) -> None:
    """Too short, or another magic byte."""
    with pytest.raises(FramingError):
        unframe(value)


def test_every_wrong_field_is_named_at_once() -> None:
    """Missing, unknown and mistyped; personal data is masked."""
    wrong = {**PLAIN, "id": "12", "to": 5, "extra": 1}
    del wrong["userId"]

    with pytest.raises(ValidationError) as caught:
        EmailRequest.from_json(wrong)

    found = {problem.field: problem.value for problem in caught.value.problems}
    assert found == {"id": "'12'", "to": "***", "userId": "missing", "extra": "given"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "nobody"),
        ("to", "a@b"),
        ("to", "=?utf-8?b?DQpCY2M6IGV2aWxAZXZpbC5leGFtcGxlDQo=?=@example.com"),
        ("body", "a\0b"),
        ("subject", "x" * 501),
        ("subject", "two\nlines"),
        ("userId", ""),
        ("templateId", "../etc/passwd"),
    ],
)
def test_constraints_of_the_contract_hold(field: str, value: str) -> None:
    """The field is named."""
    with pytest.raises(ValidationError) as caught:
        _request(**{field: value}).validate()

    assert [problem.field for problem in caught.value.problems] == [field]


@pytest.mark.parametrize("address", ["a@example.com", "ä@bücher.example", "a.b+c@x-y.example.org", "a@1.2"])
def test_addresses_that_mail_can_be_sent_to(address: str) -> None:
    """Letters beyond ASCII are welcome."""
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    ["", "a", "@x.y", "a@", "a@b", "a b@x.y", "a@x..y", "a@-x.y", "a@x.y\r\nBcc: b@x.y", ".a@x.y", f"{'a' * 65}@x.y"],
)
def test_addresses_that_it_cannot(address: str) -> None:
    """Nor can a header be smuggled in."""
    assert not is_email(address)


def test_a_value_of_another_type_names_its_field() -> None:
    """And not the value, which may be personal."""
    request = _request()
    request.template_data = {"amount": object()}  # type: ignore[dict-item]  # it is the mistake under test

    with pytest.raises(EncodeError, match=r"^templateData\[amount\]: .* is expected, not object$"):
        request.to_avro()


def test_a_naive_time_is_refused() -> None:
    """It would mean another instant on another machine."""
    request = _request()
    request.timestamp = datetime.now(UTC).replace(tzinfo=None)

    with pytest.raises(EncodeError, match="timestamp: a datetime with a time zone"):
        request.to_avro()


def test_bytes_that_end_early_name_field_and_offset() -> None:
    """So that whoever wrote them finds the place."""
    with pytest.raises(DecodeError) as caught:
        EmailRequest.from_avro(_request().to_avro()[:45])

    assert (caught.value.field, caught.value.offset) == ("to", 37)


def test_a_new_content_type_replaces_that_of_older_producers() -> None:
    """A value that was JSON is Avro now; other headers change nothing of it."""
    older: headers.Headers = [("content-type", b"application/json"), ("x-content-type", b"application/json")]

    assert headers.replace(older, {"x-content-type": headers.AVRO}) == [("x-content-type", headers.AVRO.encode())]
    assert headers.replace(older, {"x-a": "1"}) == [*older, ("x-a", b"1")]


def test_headers_are_replaced_and_cleaned() -> None:
    """Never appended; no line break and nothing beyond ASCII gets out."""
    made = headers.replace([("x-a", b"1"), ("x-b", b"2")], {"x-a": "ü\r\nx"})

    assert made == [("x-b", b"2"), ("x-a", b"???x")]


@pytest.mark.parametrize("value", [b"\xff", b"a" * 1025, b"a\nb", None])
def test_a_header_that_cannot_be_trusted_is_absent(value: bytes | None) -> None:
    """Garbage counts as nothing."""
    assert headers.text([("x", value)], "x") is None
