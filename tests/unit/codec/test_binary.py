"""What is refused on the way to bytes and back, and with which words."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from eccs_contracts._codec.tables import DAYS, EPOCH, HIGH, HIGH_B, MAX_KEPT
from eccs_contracts._codec.varint import long_bytes, time_bytes, time_text
from eccs_contracts.errors import DecodeError, EncodeError
from eccs_contracts.models import EmailDlq, EmailRequest, EmailRetry, ErrorCategory
from tests.unit.codec.examples import ID, NOON, dead_letter, request, retry
from tests.unit.codegen.loading import package

HEAD = b"\x48" + str(ID).encode()
GOOD = request().to_avro()


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (request(id="123e4567-e89b-12d3-a456-426614174000"), "id"),
        (request(to=None), "to"),
        (request(to=b"a@example.com"), "to"),
        (request(body=["a", "b"]), "body"),
        (request(body="\ud800"), "body"),
        (request(timestamp=datetime(2026, 1, 1)), "timestamp"),  # noqa: DTZ001  that is what is refused
        (request(timestamp=date(2026, 1, 1)), "timestamp"),
        (request(timestamp=0), "timestamp"),
        (request(source=7), "source"),
        (request(template_data=[]), "templateData"),
        (request(template_data={"n": 2**63}), "templateData[n]"),
        (request(template_data={"n": object()}), "templateData[n]"),
        (request(metadata={"k": None}), "metadata[k]"),
        (request(metadata={7: "v"}), "metadata[key]"),
        (retry(attempt=2**31), "_retry.attempt"),
        (retry(attempt=True), "_retry.attempt"),
        (retry(attempt=1.0), "_retry.attempt"),
        (retry(backoff_delay_ms=-(2**63) - 1), "_retry.backoffDelayMs"),
        (dead_letter(original_data=retry()), "originalData"),
        (dead_letter(original_payload="text"), "originalPayload"),
        (dead_letter(original_payload=bytearray(b"x")), "originalPayload"),
        (dead_letter(original_headers="ab"), "originalHeaders"),
        (dead_letter(original_headers=[request()]), "originalHeaders[0]"),
        (dead_letter(dlq_metadata=None), "dlqMetadata"),
    ],
)
def test_wrong_values_name_their_field(value: Any, field: str) -> None:
    """The error has the path of the field, and the text starts with it."""
    with pytest.raises(EncodeError) as caught:
        value.to_avro()

    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize("millis", [0, 2**34 - 1, 2**34, 2**34 + 1, 2**40, 2**41 - 1, 2**41, -1, -(2**41)])
def test_timestamps_around_the_ends_of_the_tables(millis: int) -> None:
    """From 1970-07 to 2039-09 tables are used, outside of it they are not; the second time they know the day."""
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)
    expected = GOOD.replace(long_bytes(int(NOON.timestamp() * 1000)), long_bytes(millis))

    assert expected != GOOD or instant == NOON
    for _ in range(2):
        assert request(timestamp=instant).to_avro() == expected


def test_tables_of_times_are_bounded() -> None:
    """However many days the messages are of, what is kept of them has an end, and the bytes are right throughout."""
    for day in range(MAX_KEPT + 2):
        instant = datetime(2020, 1, 1, 1, tzinfo=UTC) + timedelta(days=day)
        raw = b"".join(time_bytes(instant - EPOCH))

        assert (
            raw == "".join(time_text(instant - EPOCH)).encode("latin-1") == long_bytes(int(instant.timestamp()) * 1000)
        )

    assert max(len(DAYS), len(HIGH), len(HIGH_B)) <= MAX_KEPT


def test_an_enum_is_not_its_text() -> None:
    """A plain string is the wrong type, though it is equal."""
    value = dead_letter()
    value.dlq_metadata.error_category = "PARSE"  # type: ignore[assignment]  # that is what is refused

    with pytest.raises(EncodeError, match=r"dlqMetadata\.errorCategory: a ErrorCategory is expected, not str"):
        value.to_avro()


def test_errors_show_no_data() -> None:
    """The class of a wrong value is all that is told."""
    with pytest.raises(EncodeError) as caught:
        request(to=["secret"]).to_avro()

    assert str(caught.value) == "to: text is expected, not list"


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1970, 7, 18, 21, 11, 9, 184_000, UTC),
        datetime(2039, 9, 7, 15, 47, 35, 552_000, UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_000, UTC),
        datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    ],
)
def test_every_instant_survives(instant: datetime) -> None:
    """Also where the fast way ends, and before 1970; the zone becomes UTC."""
    assert EmailRequest.from_avro(request(timestamp=instant).to_avro()).timestamp == instant


def test_finer_time_is_cut() -> None:
    """Microseconds below the schema's unit go, towards the past."""
    value = request(timestamp=NOON + timedelta(microseconds=1999), expires_at=datetime(1969, 1, 1, 0, 0, 0, 1, UTC))
    found = EmailRequest.from_avro(value.to_avro())

    assert found.timestamp == NOON + timedelta(milliseconds=1)
    assert found.expires_at == datetime(1969, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "field", "offset"),
    [
        (b"", "id", 0),
        (b"\x48abc", "id", 0),
        (HEAD.replace(b"-", b"x"), "id", 0),
        (HEAD.replace(b"-", b""), "id", 0),
        (HEAD + long_bytes(2**40), "to", 37),
        (HEAD + long_bytes(-1), "to", 37),
        (HEAD + b"\x80" * 10, "to", 37),
        (HEAD + b"\xff" * 9 + b"\x7f", "to", 37),
        (HEAD + b"\x02\xff", "to", 37),
        (GOOD + b"\x00", "", len(GOOD)),
        (GOOD[:-1], "expiresAt", len(GOOD) - 1),
        (GOOD[:-1] + b"\x04", "expiresAt", len(GOOD) - 1),
        (GOOD[:-1] + b"\x02" + long_bytes(10**15), "expiresAt", len(GOOD)),
        (GOOD[:-2] + b"\x02" + long_bytes(2**60), "metadata", len(GOOD) - 1),
        (GOOD[:-2] + b"\x02" + long_bytes(-5) + long_bytes(-5), "metadata", len(GOOD) - 1),
    ],
)
def test_wrong_bytes_name_field_and_offset(data: bytes, field: str, offset: int) -> None:
    """Each is one DecodeError, quickly, without the data."""
    with pytest.raises(DecodeError) as caught:
        EmailRequest.from_avro(data)

    assert (caught.value.field, caught.value.offset) == (field, offset)
    assert str(caught.value).startswith(f"{field or 'the record'}: at byte {offset}: ")


@pytest.mark.parametrize("data", [None, "text", 7, [1]])
def test_what_is_not_bytes(data: Any) -> None:
    """An int does not become that many zero bytes."""
    with pytest.raises(DecodeError, match="bytes are expected, not"):
        EmailRequest.from_avro(data)


@pytest.mark.parametrize("make", [bytearray, memoryview])
def test_other_buffers_are_read(make: Any) -> None:
    """And the bytes inside of the value are bytes."""
    value = dead_letter()

    assert EmailDlq.from_avro(make(value.to_avro())) == value


def test_blocks_with_sizes_and_several_blocks() -> None:
    """Negative counts and many blocks are Avro, though no writer of ours makes them."""
    blocks = long_bytes(-1) + long_bytes(4) + b"\x02a\x02b" + long_bytes(1) + b"\x02c\x02d" + b"\x00"
    found = EmailRequest.from_avro(GOOD[:-2] + b"\x02" + blocks + b"\x00")

    assert found.metadata == {"a": "b", "c": "d"}


def test_the_last_of_two_equal_keys_stays() -> None:
    """As fastavro has it."""
    blocks = long_bytes(2) + b"\x02a\x02b\x02a\x02c\x00"

    assert EmailRequest.from_avro(GOOD[:-2] + b"\x02" + blocks + b"\x00").metadata == {"a": "c"}


def test_an_unknown_symbol() -> None:
    """The index is told, and how many there are."""
    value = dead_letter()
    data = value.to_avro().replace(b"\x0c550 no\x02", b"\x0c550 no\x0a")

    with pytest.raises(DecodeError, match=r"dlqMetadata.errorCategory: .* symbol 5 of an enum that has 5"):
        EmailDlq.from_avro(data)
    assert value.dlq_metadata.error_category is ErrorCategory.PERMANENT


def test_items_without_bytes_are_bounded() -> None:
    """An array of nulls costs its writer nothing."""
    containers = package("containers").Containers
    empty = b"\x00" * 7
    data = empty + long_bytes(2**40) + b"\x00" * 3

    with pytest.raises(DecodeError, match="nothings"):
        containers.from_avro(data)
    assert len(containers.from_avro(empty + long_bytes(1000) + b"\x00\x00\x00\x00").nothings) == 1000


def test_depth_is_bounded() -> None:
    """A million levels are an error of ours, not of the interpreter."""
    tree = package("recursive").Tree

    with pytest.raises(DecodeError, match="nested deeper"):
        tree.from_avro(b"\x00\x02" * 1_000_000)


def test_a_circle_cannot_be_written() -> None:
    """A value inside of itself has no end."""
    tree = package("recursive").Tree(value=1)
    tree.left = tree

    with pytest.raises(EncodeError, match="nested deeper"):
        tree.to_avro()


def test_texts_of_all_sizes() -> None:
    """Lengths around the borders of the tables, in bytes and not in characters."""
    for size in (0, 63, 64, 1023, 1024, 8191, 8192, 100_000):
        for letter in ("a", "ü", "漢", "😀"):
            value = request(body=letter * size)
            assert EmailRequest.from_avro(value.to_avro()) == value


def test_numbers_in_floats() -> None:
    """An int is good for a double, as the type checkers have it; a bool is not."""
    texts = package("scalars").Texts
    fields = {
        "one": "",
        "flag": True,
        "whole": 1,
        "long": 1,
        "small": 1,
        "real": 2,
        "colour": package("scalars").Colour.RED,
    }

    assert texts.from_avro(texts(**fields).to_avro()).real == 2.0
    with pytest.raises(EncodeError, match="real: a float is expected, not bool"):
        texts(**(fields | {"real": True})).to_avro()
    with pytest.raises(EncodeError, match="small"):
        texts(**(fields | {"small": 1e300})).to_avro()


def test_a_float_is_little_endian() -> None:
    """Sanity of the order of bytes."""
    assert struct.pack("<d", 1.5) in request(template_data={"x": 1.5}).to_avro()


def test_retries_are_not_requests() -> None:
    """The bytes of one are not those of the other."""
    with pytest.raises(DecodeError):
        EmailRequest.from_avro(retry().to_avro())
    with pytest.raises(DecodeError):
        EmailRetry.from_avro(GOOD)
