"""Serializer and deserializer of a generated model, drop-ins where confluent-kafka takes its Avro ones.

`ContractSerializer` and `ContractDeserializer` go into SerializingProducer and DeserializingConsumer, the `Async`
ones into their asyncio counterparts: they ask the registry without stopping the event loop. Nothing is ever
registered. What the registry said once is kept, so that its outage stops no schema that is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias, cast

from confluent_kafka.serialization import MessageField, SerializationContext

from eccs_contracts._contract import M
from eccs_contracts._framing import GUID_HEADER, KEY_GUID_HEADER, PREFIX_SIZE, SchemaRef, frame, guid_header, unframe
from eccs_contracts._registry import Registry
from eccs_contracts.errors import ConfigurationError, EncodeError
from eccs_contracts.headers import listed

__all__ = [
    "AsyncContractDeserializer",
    "AsyncContractSerializer",
    "ContractDeserializer",
    "ContractSerializer",
    "Pin",
    "Registry",
    "record_name",
    "topic_name",
    "topic_record_name",
]

# Makes a subject of the message's context and the record's full name; confluent-kafka's own strategies are such.
SubjectStrategy: TypeAlias = Callable[[SerializationContext | None, str | None], str | None]
Framing: TypeAlias = Literal["prefix", "header"]

_VALUE: Final = MessageField.VALUE  # an attribute of an enum costs ten times a global
_HEADERS: Final[dict[str, str]] = {MessageField.KEY: KEY_GUID_HEADER, MessageField.VALUE: GUID_HEADER}


def topic_name(context: SerializationContext | None, name: str | None) -> str | None:  # noqa: ARG001  a strategy's
    """TopicNameStrategy: `<topic>-value` or `<topic>-key`; nothing without a context."""
    return f"{context.topic}-{context.field}" if context else None


def record_name(context: SerializationContext | None, name: str | None) -> str | None:  # noqa: ARG001  a strategy's
    """RecordNameStrategy: the full name of the record."""
    return name


def topic_record_name(context: SerializationContext | None, name: str | None) -> str | None:
    """TopicRecordNameStrategy: `<topic>-<full name>`; nothing without a context."""
    return f"{context.topic}-{name}" if context else None


@dataclass(frozen=True, slots=True)
class Pin:
    """Which schema of the registry to write with, where it is not looked up by its text. One of the two.

    Attributes:
        schema_id: the id.
        version: the version of the subject.
    """

    schema_id: int | None = None
    version: int | None = None


class ContractSerializer(Generic[M]):
    """Writes a model as Confluent-framed Avro.

    The schema is looked up, never registered: an unknown one raises UnknownSchema at the first message.
    """

    def __init__(
        self,
        registry: Registry | Any,
        model: type[M],
        *,
        subject: str | SubjectStrategy | None = None,
        pin: Pin | None = None,
        framing: Framing = "prefix",
    ) -> None:
        """Take a Registry, or confluent-kafka's SchemaRegistryClient.

        Args:
            registry: where ids are looked up.
            model: the generated class.
            subject: the subject, or what makes it; without it `<topic>-value`, with the topic of each message.
            pin: an id or a version to write with; it must be of a schema with the same bytes as the model's.
            framing: the schema's id in front of the value, or its GUID in a header.
        """
        self._registry = _registry(registry)
        self._model = model
        self._subject = subject
        self._pin = pin
        self._framing = framing
        self._refs: dict[str, SchemaRef] = {}
        self._prefixes: dict[str, bytes] = {}  # by topic, for values framed by prefix under the default strategy
        self._is_plain = subject is None and framing == "prefix"

    def __call__(self, value: M | None, context: SerializationContext | None = None) -> bytes | None:
        """The framed bytes; None for None, which is a tombstone.

        Raises:
            EncodeError: the value does not fit its schema, or there are no headers for a GUID.
            UnknownSchema: the schema is not registered.
            RegistryUnavailable: the id is not known yet and the registry does not answer.
            ConfigurationError: the pinned schema is another one, or the registry has no GUIDs.
        """
        if value is None:
            return None
        if context is not None and context.field is _VALUE:
            prefix = self._prefixes.get(context.topic)
            if prefix is not None:
                return prefix + value.to_avro()
        ref = self.prepare(context)
        if self._framing == "prefix":
            return frame(ref.schema_id or 0, value.to_avro())
        payload = value.to_avro()
        _put_guid(ref, context)
        return payload

    def is_ready(self, context: SerializationContext | None = None) -> bool:
        """Whether the next message needs no answer of the registry."""
        return self._subject_of(context) in self._refs

    def prepare(self, context: SerializationContext | None = None) -> SchemaRef:
        """Learn id and GUID of the schema; raises as a call does."""
        subject = self._subject_of(context)
        known = self._refs.get(subject)
        if known is None:
            known = self._refs[subject] = self._pinned(subject) or self._registry.registered(
                subject, self._model.SCHEMA
            )
        if self._is_plain and context is not None and context.field is _VALUE:
            self._prefixes[context.topic] = frame(known.schema_id or 0, b"")
        return known

    def _subject_of(self, context: SerializationContext | None) -> str:
        if isinstance(self._subject, str):
            return self._subject
        strategy = self._subject or topic_name
        return strategy(context, self._model.FULLNAME) or str(getattr(self._model, "SUBJECT", ""))

    def _pinned(self, subject: str) -> SchemaRef | None:
        if self._pin is None:
            return None
        if self._pin.version is not None:
            ref, text = self._registry.version(subject, self._pin.version)
        else:
            ref = SchemaRef(schema_id=self._pin.schema_id)
            text = self._registry.schema_text(ref)
        from eccs_contracts._codec.resolving.shapes import same_bytes, shape_of

        if not same_bytes(shape_of(text), shape_of(self._model.SCHEMA)):
            what = f"{self._pin} of {subject} is not the schema of {self._model.__name__}"
            raise ConfigurationError(f"{what}: what it writes could not be read; pin another one, or none")
        return ref


class ContractDeserializer(Generic[M]):
    """Reads Confluent-framed Avro, written with this schema or any compatible one, into a model."""

    def __init__(self, registry: Registry | Any, model: type[M]) -> None:
        self._registry = _registry(registry)
        self._model = model
        self._readers: dict[SchemaRef, Callable[[bytes], M]] = {}
        self._by_prefix: dict[bytes, Callable[[bytes], M]] = {}

    def __call__(self, value: bytes | None, context: SerializationContext | None = None) -> M | None:
        """The model; None for None.

        Raises:
            DecodeError: the bytes are not framed, or not what their schema says, or cannot be read as this model.
            UnknownSchema: the registry does not know the writer's schema.
            RegistryUnavailable: the schema is not known yet and the registry does not answer.
        """
        if value is None:
            return None
        if context is None or not context.headers:
            read = self._by_prefix.get(value[:PREFIX_SIZE])
            if read is not None:
                return read(value[PREFIX_SIZE:])
        ref, payload = _unframed(value, context)
        read = self._readers.get(ref) or self._reader(ref)
        if ref.guid is None:
            self._by_prefix[value[:PREFIX_SIZE]] = read
        return read(payload)

    def is_ready(self, value: bytes | None, context: SerializationContext | None = None) -> bool:
        """Whether a message needs no answer of the registry; raises FramingError."""
        return value is None or _unframed(value, context)[0] in self._readers

    def prepare(self, value: bytes, context: SerializationContext | None = None) -> None:
        """Learn the schema of a message; raises as a call does."""
        self._reader(_unframed(value, context)[0])

    def _reader(self, ref: SchemaRef) -> Callable[[bytes], M]:
        made = self._readers[ref] = reader_for(self._model, self._registry.schema_text(ref))
        return made


class AsyncContractSerializer(Generic[M]):
    """`ContractSerializer` for asyncio: the same arguments, the same bytes, the same errors."""

    def __init__(self, registry: Registry | Any, model: type[M], **options: Any) -> None:
        self._blocking = ContractSerializer(registry, model, **options)

    async def __call__(self, value: M | None, context: SerializationContext | None = None) -> bytes | None:
        """As ContractSerializer; the registry is asked in a thread."""
        if value is not None and not self._blocking.is_ready(context):
            await asyncio.to_thread(self._blocking.prepare, context)
        return self._blocking(value, context)


class AsyncContractDeserializer(Generic[M]):
    """`ContractDeserializer` for asyncio: the same arguments, the same values, the same errors."""

    def __init__(self, registry: Registry | Any, model: type[M]) -> None:
        self._blocking = ContractDeserializer(registry, model)

    async def __call__(self, value: bytes | None, context: SerializationContext | None = None) -> M | None:
        """As ContractDeserializer; the registry is asked in a thread."""
        if value is not None and not self._blocking.is_ready(value, context):
            await asyncio.to_thread(self._blocking.prepare, value, context)
        return self._blocking(value, context)


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


def _unframed(value: bytes, context: SerializationContext | None) -> tuple[SchemaRef, bytes]:
    if context is None or not context.headers:
        return unframe(value)
    return unframe(value, listed(context.headers), _HEADERS[context.field])


def _put_guid(ref: SchemaRef, context: SerializationContext | None) -> None:
    """Put the GUID into the headers of the message, in the place of one that is there."""
    if ref.guid is None:
        raise ConfigurationError("the registry gave no GUID; frame with a prefix, or look up by subject")
    if context is None or context.headers is None:
        raise EncodeError("the GUID of the schema goes into a header: give the message headers, an empty list will do")
    name = _HEADERS[context.field]
    headers: Any = context.headers
    if isinstance(headers, dict):
        headers[name] = guid_header(ref.guid)
    else:
        headers[:] = [*((key, one) for key, one in headers if key != name), (name, guid_header(ref.guid))]


def _registry(registry: Registry | Any) -> Registry:
    return registry if isinstance(registry, Registry) else Registry(registry)
