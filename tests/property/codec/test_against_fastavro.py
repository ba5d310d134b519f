"""Our bytes are Avro's: fastavro, which we did not write, is the judge."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eccs_contracts._codec.record import Record, read_checked, write_checked
from eccs_contracts.errors import DecodeError
from eccs_contracts.models import EmailDlq, EmailRequest, EmailRetry
from tests.property.codec.values import data_of, datum_of, read, write
from tests.unit.codegen.loading import models, package

_CASES = ("scalars", "logical", "containers", "unions", "recursive", "circle", "defaults", "references")
OURS = [EmailRequest, EmailRetry, EmailDlq]
ALL = [*OURS, *(model for case in _CASES for model in models(package(case)).values())]

every_model = pytest.mark.parametrize("model", ALL, ids=lambda model: model.FULLNAME)
quickly = settings(max_examples=25, deadline=None)


@every_model
@given(data=st.data())
@quickly
def test_both_codecs_read_and_write_the_same(model: type[Record], data: st.DataObject) -> None:
    """We read what fastavro wrote, and write the same bytes again, on the fast way and on the checked one."""
    datum = data.draw(data_of(model.SCHEMA))
    payload = write(model.SCHEMA, datum)

    value = model.from_avro(payload)

    assert datum_of(value) == datum
    assert read_checked(model, payload) == value
    assert value.to_avro() == payload == write_checked(value)


@every_model
@given(data=st.data())
@quickly
def test_any_bytes_are_the_value_that_fastavro_reads_or_an_error(model: type[Record], data: st.DataObject) -> None:
    """Damaged messages raise DecodeError, or are messages still; the checked way is of the same opinion."""
    payload = bytearray(write(model.SCHEMA, data.draw(data_of(model.SCHEMA))))
    for _ in range(data.draw(st.integers(0, 3)) if payload else 0):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(payload[: data.draw(st.integers(0, len(payload)))]) + data.draw(st.binary(max_size=2))

    try:
        value = model.from_avro(damaged)
    except DecodeError:
        with pytest.raises(DecodeError):
            read_checked(model, damaged)
    else:
        assert value.to_avro() == read_checked(model, damaged).to_avro()
        assert value.to_avro() == write(model.SCHEMA, read(model.SCHEMA, damaged))


@pytest.mark.parametrize("model", OURS)
@given(noise=st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_noise_is_an_error(model: type[Record], noise: bytes) -> None:
    """Random bytes raise DecodeError and nothing else; no record of ours is so short as to be one."""
    with pytest.raises(DecodeError):
        model.from_avro(noise)


@pytest.mark.parametrize("model", OURS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_plain_form_survives_json(model: type[Record], data: st.DataObject) -> None:
    """A value is the same after a way through JSON text."""
    value = model.from_avro(write(model.SCHEMA, data.draw(data_of(model.SCHEMA))))

    assert model.from_json(json.loads(json.dumps(value.to_json()))) == value
