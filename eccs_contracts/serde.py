"""Serializer and deserializer of a generated model, drop-ins where confluent-kafka takes its Avro ones."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any, Generic

import fastavro
from confluent_kafka.serialization import SerializationContext

from eccs_contracts._contract import M
from eccs_contracts._framing import SchemaRef, frame, unframe
from eccs_contracts._registry import Registry
from eccs_contracts.errors import DecodeError
from eccs_contracts.headers import listed

__all__ = ["ContractDeserializer", "ContractSerializer", "Registry"]


class ContractSerializer(Generic[M]):
    """Writes a model as Confluent-framed Avro.

    The schema is looked up, never registered: an unknown one raises UnknownSchema at the first message.
    """

    def __init__(self, registry: Registry | Any, model: type[M], *, subject: str | None = None) -> None:
        """Take a Registry, or confluent-kafka's SchemaRegistryClient.

        Args:
            registry: where ids are looked up.
            model: the generated class.
            subject: the subject; without it `<topic>-value`, with the topic of each message.
        """
        self._registry = _registry(registry)
        self._model = model
        self._subject = subject

    def __call__(self, value: M | None, context: SerializationContext | None = None) -> bytes | None:
        """The framed bytes; None for None, which is a tombstone.

        Raises:
            EncodeError: the value does not fit its schema.
            UnknownSchema: the schema is not registered.
            RegistryUnavailable: the id is not known yet and the registry does not answer.
        """
        if value is None:
            return None
        return frame(self._registry.schema_id(self._subject_of(context), self._model.SCHEMA), value.to_avro())

    def _subject_of(self, context: SerializationContext | None) -> str:
        if self._subject is not None:
            return self._subject
        return f"{context.topic}-value" if context else str(getattr(self._model, "SUBJECT", ""))


class ContractDeserializer(Generic[M]):
    """Reads Confluent-framed Avro, written with this schema or any compatible one, into a model."""

    def __init__(self, registry: Registry | Any, model: type[M]) -> None:
        self._registry = _registry(registry)
        self._model = model
        self._readers: dict[SchemaRef, Callable[[bytes], M]] = {}

    def __call__(self, value: bytes | None, context: SerializationContext | None = None) -> M | None:
        """The model; None for None.

        Raises:
            DecodeError: the bytes are not framed, or not what their schema says, or cannot be read as this model.
            UnknownSchema: the registry does not know the writer's schema.
            RegistryUnavailable: the schema is not known yet and the registry does not answer.
        """
        if value is None:
            return None
        ref, payload = unframe(value, listed(context.headers) if context else None)
        reader = self._readers.get(ref)
        if reader is None:
            reader = self._readers[ref] = reader_for(self._model, self._registry.schema_text(ref))
        return reader(payload)


def reader_for(model: type[M], writer: str) -> Callable[[bytes], M]:
    """A function that reads data of one writer's schema into a model.

    The model's own schema is read by its generated codec. Data of another version is resolved by fastavro into the
    model's schema first (Avro specification, "Schema Resolution").

    Raises:
        DecodeError: the writer's schema is not usable.
    """
    try:
        if json.loads(writer) == json.loads(model.SCHEMA):
            return model.from_avro
        written = fastavro.parse_schema(json.loads(writer))
    except (ValueError, TypeError, KeyError, fastavro.schema.SchemaParseException) as error:
        raise DecodeError(f"the writer's schema is not usable: {type(error).__name__}") from error
    return _Resolver(model, written)


class _Resolver(Generic[M]):
    """Reads data of another version: fastavro resolves it, the generated codec reads the result."""

    def __init__(self, model: type[M], writer: Any) -> None:
        self._model = model
        self._writer = writer
        self._reader = fastavro.parse_schema(json.loads(model.SCHEMA))

    def __call__(self, payload: bytes) -> M:
        stream = io.BytesIO(payload)
        try:
            value = fastavro.schemaless_reader(
                stream, self._writer, self._reader, return_record_name=True, return_record_name_override=True
            )
            resolved = io.BytesIO()
            fastavro.schemaless_writer(resolved, self._reader, value)
        except Exception as error:  # fastavro raises whatever its C code meets: see the test of its exceptions
            message = f"cannot be read as {self._model.FULLNAME}: {type(error).__name__}"
            raise DecodeError(message) from error
        if stream.tell() != len(payload):
            raise DecodeError(f"{len(payload) - stream.tell()} bytes too many", offset=stream.tell())
        return self._model.from_avro(resolved.getvalue())


def _registry(registry: Registry | Any) -> Registry:
    return registry if isinstance(registry, Registry) else Registry(registry)
