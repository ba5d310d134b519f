"""Our bytes are Avro's: fastavro, which we did not write, is the judge."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings

from eccs_contracts import EmailRequest
from eccs_contracts.errors import DecodeError
from tests.strategies import records


@cache
def _parsed(schema: str) -> Any:
    return fastavro.parse_schema(json.loads(schema))


def _read(schema: str, data: bytes) -> Any:
    return fastavro.schemaless_reader(io.BytesIO(data), _parsed(schema), None)


def _write(schema: str, value: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, _parsed(schema), value)
    return out.getvalue()


@given(records)
@settings(max_examples=100, deadline=None)
def test_fastavro_reads_what_we_write_and_writes_the_same_bytes(value: Any) -> None:
    """Both codecs agree on every byte, in both directions."""
    ours = value.to_avro()

    assert _write(value.SCHEMA, _read(value.SCHEMA, ours)) == ours
    assert type(value).from_avro(ours) == value


@given(records)
@settings(max_examples=60, deadline=None)
def test_the_plain_form_survives_json(value: Any) -> None:
    """A value is the same after a way through JSON text."""
    text = json.dumps(value.to_json())

    assert type(value).from_json(json.loads(text)) == value


@pytest.mark.parametrize(
    "bomb",
    [b"\x80" * 9 + b"\x01", b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x80\x80\x80\x80\x80\x80\x01"],
)
def test_a_huge_length_allocates_nothing(bomb: bytes) -> None:
    """A length beyond the data is refused before anything is read."""
    with pytest.raises(DecodeError):
        EmailRequest.from_avro(bomb)
