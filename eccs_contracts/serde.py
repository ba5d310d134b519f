"""Serializer and deserializer of a generated model, drop-ins where confluent-kafka takes its Avro ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, cast

from confluent_kafka.serialization import SerializationContext

from eccs_contracts._contract import M
from eccs_contracts._framing import SchemaRef, frame, unframe
from eccs_contracts._registry import Registry
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

    The model's own schema is read by its generated codec. For any other, a decoder is made that resolves as it
    reads, which costs the same (Avro specification, "Schema Resolution").

    Raises:
        DecodeError: the writer's schema is not usable.
    """
    if writer == model.SCHEMA:
        return model.from_avro
    from eccs_contracts._codec.resolving import reader_of  # only who meets other versions needs it

    read: Callable[[bytes], M] = reader_of(cast("Any", model), writer)  # every generated class is a Record
    return read


def _registry(registry: Registry | Any) -> Registry:
    return registry if isinstance(registry, Registry) else Registry(registry)
