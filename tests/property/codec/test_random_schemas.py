"""Five hundred schemas that nobody thought of: generated, imported, and held against fastavro."""

from __future__ import annotations

import json
from random import Random

import pytest

from eccs_contracts._codec.record import Record, read_checked, write_checked
from eccs_contracts._codec.resolving import reader_of
from eccs_contracts.errors import DecodeError
from tests.property.codec.random_package import COUNT, random_files
from tests.property.codec.schemas import other_version
from tests.property.codec.values import Values, alike, datum_of, json_of, plain, read, write
from tests.unit.codegen.loading import imported, models


@pytest.fixture(scope="module")
def records() -> list[type[Record]]:
    """The classes of the records; those inside of them apart."""
    found = models(imported("codegen_random", random_files()))
    return [found[f"space{index // 25}.Top{index}"] for index in range(COUNT)]


def test_round_trips(records: list[type[Record]]) -> None:
    """Both of our codecs read what fastavro wrote, and write the same bytes."""
    for model in records:
        values = Values(model.SCHEMA, Random(model.FULLNAME))
        for _ in range(4):
            datum = values.one()
            payload = write(model.SCHEMA, datum)
            value = model.from_avro(payload)

            assert alike(datum_of(value), plain(datum))
            assert read_checked(model, payload) == value
            assert value.to_avro() == payload == write_checked(value)


def test_avro_json(records: list[type[Record]]) -> None:
    """Nothing is lost in it, and it is what fastavro writes, which does not end where a record is in itself."""
    compared = 0
    for model in records:
        datum = Values(model.SCHEMA, Random(model.FULLNAME)).one()
        payload = write(model.SCHEMA, datum)
        text = json.dumps(model.from_avro(payload).to_json("avro"))

        assert model.from_json(json.loads(text), "avro").to_avro() == payload
        if '"name":"again"' not in model.SCHEMA:
            compared += 1
            assert text == json_of(model.SCHEMA, datum)
    assert compared > COUNT / 3


def test_other_versions(records: list[type[Record]]) -> None:
    """What another version wrote is read as fastavro reads it, or refused where fastavro refuses."""
    outcomes = [outcome for model in records for outcome in _outcomes(model)]

    assert set(outcomes) == {"read", "refused"}
    assert outcomes.count("read") > 3 * COUNT


def _outcomes(model: type[Record]) -> list[str]:
    random = Random(model.FULLNAME)
    writer = json.dumps(other_version(json.loads(model.SCHEMA), random))
    values = Values(writer, random)
    decode = reader_of(model, writer)
    return [_outcome(model, writer, write(writer, values.one()), decode) for _ in range(4)]


def _outcome(model: type[Record], writer: str, payload: bytes, decode: object) -> str:
    assert callable(decode)
    theirs = _theirs(writer, payload, model)
    try:
        ours = datum_of(decode(payload))
    except DecodeError:
        return "refused" if isinstance(theirs, Exception) else f"only we refuse {payload!r} of {writer}"
    if isinstance(theirs, UnicodeDecodeError):
        return "read"  # it made text of bytes, where a branch for bytes comes later in the union
    return "read" if alike(ours, theirs) else f"{model.SCHEMA} reads {payload!r} of {writer} otherwise"


def _theirs(writer: str, payload: bytes, model: type[Record]) -> object:
    try:
        return read(writer, payload, model.SCHEMA)
    except Exception as error:  # noqa: BLE001  fastavro raises whatever it meets
        return error
