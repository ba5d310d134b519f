"""Who takes part: each makes, for a record, a function that encodes and one that decodes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import avro.io
import avro.schema
import fastavro
import msgspec
import orjson
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from eccs_contracts.models import EmailRequest
from eccs_contracts.serde import ContractDeserializer, ContractSerializer, reader_for
from tests.benchmark.codecs.shapes import AVRO_MODELS, MODELS_OF, TO_DICT, asdict_dict

_V1: Final = (Path(__file__).parents[3] / "schemas/history/email_requests-value/v1.avsc").read_text("utf-8")

Function = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A library, used in one way.

    Attributes:
        make: turns a value of ours into what is encoded, or decoded; that is not measured.
        run: what is measured.
    """

    name: str
    make: Function
    run: Function


def same(value: Any) -> Any:
    """The value itself."""
    return value


def encoders(model: type[Any], registry: SchemaRegistryClient) -> list[Candidate]:
    """All that encode a record."""
    context = SerializationContext(model.TOPIC, MessageField.VALUE)
    to_dict = TO_DICT[model]
    serialize = ContractSerializer(registry, model)
    found = [
        Candidate("ours", same, model.to_avro),
        Candidate("ours, ContractSerializer", same, lambda value: serialize(value, context)),
        Candidate("confluent, to_dict by hand", same, _confluent(registry, model, context, to_dict)),
        Candidate("confluent, asdict", same, _confluent(registry, model, context, asdict_dict)),
        Candidate("fastavro, ready dict", to_dict, _fastavro_writer(model)),
        Candidate("apache avro, ready dict", lambda value: _with_text_id(to_dict(value)), _apache_writer(model)),
        Candidate("orjson", same, lambda value: orjson.dumps(value, default=_text)),
        Candidate("msgspec json", same, msgspec.json.Encoder().encode),
        Candidate("msgspec msgpack", same, msgspec.msgpack.Encoder().encode),
    ]
    if model in AVRO_MODELS:
        found.insert(6, Candidate("dataclasses-avroschema", AVRO_MODELS[model], lambda value: value.serialize()))
    return found


def decoders(model: type[Any], registry: SchemaRegistryClient) -> list[Candidate]:
    """All that decode a record."""
    context = SerializationContext(model.TOPIC, MessageField.VALUE)
    serialize = ContractSerializer(registry, model)
    deserialize = ContractDeserializer(registry, model)
    theirs = AvroDeserializer(registry, model.SCHEMA, lambda found, _: found and _Object(**found))

    def framed(value: Any) -> Any:
        return serialize(value, context)

    found = [
        Candidate("ours", model.to_avro, model.from_avro),
        Candidate("ours, ContractDeserializer", framed, lambda data: deserialize(data, context)),
        Candidate("confluent, schema and from_dict", framed, lambda data: theirs(data, context)),
        Candidate("fastavro, dict", model.to_avro, _fastavro_reader(model.SCHEMA)),
        Candidate("apache avro, dict", model.to_avro, _apache_reader(model)),
        Candidate("orjson, dict of texts", lambda value: orjson.dumps(value, default=_text), orjson.loads),
        Candidate("msgspec json", msgspec.json.encode, msgspec.json.Decoder(model).decode),
        Candidate("msgspec msgpack", msgspec.msgpack.encode, msgspec.msgpack.Decoder(model).decode),
    ]
    if model is EmailRequest:
        found.insert(2, Candidate("ours, data of version 1", _version_1, reader_for(model, _V1)))
        found.insert(5, Candidate("fastavro, data of version 1", _version_1, _fastavro_reader(_V1, model.SCHEMA)))
    if model in AVRO_MODELS:
        make = AVRO_MODELS[model]
        found.insert(-3, _avroschema_decoder(make))
    return found


class _Object:
    """What `from_dict` makes in the documentation: an object with the fields as attributes."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


def _avroschema_decoder(make: Function) -> Candidate:
    return Candidate("dataclasses-avroschema", lambda value: make(value).serialize(), MODELS_OF[make].deserialize)


def _confluent(registry: SchemaRegistryClient, model: type[Any], context: Any, to_dict: Function) -> Function:
    conf = {"auto.register.schemas": False}
    serialize = AvroSerializer(registry, model.SCHEMA, lambda value, _: to_dict(value), conf)
    return lambda value: serialize(value, context)


def _fastavro_writer(model: type[Any]) -> Function:
    schema = fastavro.parse_schema(json.loads(model.SCHEMA))

    def write(datum: Any) -> bytes:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, datum)
        return out.getvalue()

    return write


def _fastavro_reader(writer: str, reader: str | None = None) -> Function:
    written = fastavro.parse_schema(json.loads(writer))
    wanted = fastavro.parse_schema(json.loads(reader)) if reader else None
    return lambda data: fastavro.schemaless_reader(io.BytesIO(data), written, wanted)


def _version_1(value: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(_V1)), TO_DICT[EmailRequest](value))
    return out.getvalue()


def _with_text_id(found: dict[str, Any]) -> dict[str, Any]:
    """Apache avro takes UUIDs as text."""
    holder = found.get("originalData", found)
    holder["id"] = str(holder["id"])
    return found


def _apache_writer(model: type[Any]) -> Function:
    writer = avro.io.DatumWriter(avro.schema.parse(model.SCHEMA))

    def write(datum: Any) -> bytes:
        out = io.BytesIO()
        writer.write(datum, avro.io.BinaryEncoder(out))
        return out.getvalue()

    return write


def _apache_reader(model: type[Any]) -> Function:
    reader = avro.io.DatumReader(avro.schema.parse(model.SCHEMA))
    return lambda data: reader.read(avro.io.BinaryDecoder(io.BytesIO(data)))


def _text(value: Any) -> str:
    """Bytes, which JSON has not."""
    return str(value, "latin-1")
