"""Our bytes are Avro's: fastavro, which we did not write, is the judge."""

from __future__ import annotations

import json
from random import Random

import pytest

from eccs_contracts._codec.record import Record, read_checked, write_checked
from eccs_contracts.errors import DecodeError
from eccs_contracts.models import EmailDlq, EmailRequest, EmailRetry
from tests.property.codec.values import (
    NoValueError,
    Values,
    alike,
    datum_of,
    datum_of_json,
    json_of,
    plain,
    read,
    write,
)
from tests.unit.codegen.loading import ACCEPTED, models, package

OURS = [EmailRequest, EmailRetry, EmailDlq]
SUBJECTS = ["ours", *ACCEPTED]
# fastavro's JSON does not end on recursive schemas, and knows neither empty records nor errors.
NOT_IN_ITS_JSON = {
    "array_of_itself",
    "circle",
    "mutual_recursion",
    "recursive",
    "tree",
    "names",
    "empty_record",
    "error_type",
}
IN_JSON = [case for case in SUBJECTS if case != "union_of_logical"]  # two branches are an ISO 8601 text in it


def models_of(case: str) -> list[type[Record]]:
    """The records of a case, or our own."""
    return [*OURS] if case == "ours" else list(models(package(case)).values())


def payloads_of(model: type[Record], count: int) -> list[tuple[object, bytes]]:
    """Random values and their bytes; none for a type that has no values."""
    values = Values(model.SCHEMA, Random(model.FULLNAME))
    try:
        data = [values.one() for _ in range(count)]
    except NoValueError:
        return []
    return [(datum, write(model.SCHEMA, datum)) for datum in data]


@pytest.mark.parametrize("case", SUBJECTS)
def test_both_codecs_read_and_write_the_same(case: str) -> None:
    """We read what fastavro wrote, and write the same bytes again, on the fast way and on the checked one."""
    for model in models_of(case):
        for datum, payload in payloads_of(model, 12):
            value = model.from_avro(payload)

            assert alike(datum_of(value), plain(datum))
            assert read_checked(model, payload) == value
            assert value.to_avro() == payload == write_checked(value)


@pytest.mark.parametrize("case", SUBJECTS)
def test_damaged_bytes_are_the_value_that_fastavro_reads_or_an_error(case: str) -> None:
    """Damaged messages raise DecodeError, or are messages still; the checked way is of the same opinion."""
    for model in models_of(case):
        random = Random(model.FULLNAME)
        for _, payload in payloads_of(model, 6):
            _damage_and_compare(model, payload, random)


def _damage_and_compare(model: type[Record], payload: bytes, random: Random) -> None:
    damaged = bytearray(payload[: random.randint(0, len(payload))] if random.random() < 0.5 else payload)
    for _ in range(random.randint(0, 3) if damaged else 0):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    data = bytes(damaged)
    try:
        value = model.from_avro(data)
    except DecodeError:
        with pytest.raises(DecodeError):
            read_checked(model, data)
    else:
        assert alike(datum_of(value), datum_of(read_checked(model, data)))
        assert alike(datum_of(value), read(model.SCHEMA, data))


@pytest.mark.parametrize("case", SUBJECTS)
def test_avro_json_gives_the_same_bytes_again(case: str) -> None:
    """Nothing is lost on a way through JSON text, not even the branch."""
    for model in models_of(case):
        for _, payload in payloads_of(model, 6):
            text = json.dumps(model.from_avro(payload).to_json("avro"))

            assert model.from_json(json.loads(text), "avro").to_avro() == payload


@pytest.mark.parametrize("case", sorted({*SUBJECTS} - NOT_IN_ITS_JSON))
def test_avro_json_is_what_fastavro_writes_and_reads(case: str) -> None:
    """The same text from the same bytes, and the value again from our text."""
    for model in models_of(case):
        for datum, payload in payloads_of(model, 6):
            ours = json.dumps(model.from_avro(payload).to_json("avro"))

            assert ours == json_of(model.SCHEMA, datum)
            assert alike(plain(datum), datum_of_json(model.SCHEMA, ours))


@pytest.mark.parametrize("case", IN_JSON)
def test_the_plain_form_survives_json(case: str) -> None:
    """A value is the same after a way through JSON text, but for the branches that JSON does not name."""
    for model in models_of(case):
        for _, payload in payloads_of(model, 4):
            value = model.from_avro(payload)
            text = json.dumps(value.to_json())

            assert json.dumps(model.from_json(json.loads(text)).to_json()) == text
