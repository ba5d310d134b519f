"""Confluent framing: which schema a message was written with.

Two forms are in use. In the value: a zero byte, the schema id as 4 bytes big-endian, then Avro binary. In a header:
`__value_schema_id` holds a one byte and the schema's GUID as 16 bytes, and the value is Avro binary alone.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from eccs_contracts.errors import FramingError

GUID_HEADER: Final = "__value_schema_id"
KEY_GUID_HEADER: Final = "__key_schema_id"
PREFIX_SIZE: Final = 5
_MAGIC_ID: Final = 0
_MAGIC_GUID: Final = 1
_PREFIX: Final = struct.Struct(">bI")


@dataclass(frozen=True, slots=True)
class SchemaRef:
    """What a message says about its writer's schema: an id, or a GUID."""

    schema_id: int | None = None
    guid: str | None = None

    def __str__(self) -> str:
        return f"schema id {self.schema_id}" if self.guid is None else f"schema GUID {self.guid}"


def frame(schema_id: int, payload: bytes) -> bytes:
    """Put the id in front of Avro binary."""
    return _PREFIX.pack(_MAGIC_ID, schema_id) + payload


def guid_header(guid: str) -> bytes:
    """The content of the header that says which schema a message was written with."""
    return bytes((_MAGIC_GUID,)) + uuid.UUID(guid).bytes


def unframe(
    value: bytes,
    headers: Iterable[tuple[str, str | bytes | None]] | None = None,
    guid_in: str = GUID_HEADER,
) -> tuple[SchemaRef, bytes]:
    """The reference to the writer's schema, and the Avro binary.

    Args:
        value: a framed value, or Avro binary where the header is there.
        headers: of the message.
        guid_in: the name of the header that may have the GUID.

    Raises:
        FramingError: the value is shorter than a frame, or its first byte is not one that is in use.
    """
    for name, content in headers or ():
        if name == guid_in and isinstance(content, bytes):
            return _guid(content, guid_in), value
    if len(value) < PREFIX_SIZE:
        raise FramingError(f"{len(value)} bytes are too short for a frame of 5 bytes and a value", offset=0)
    magic, schema_id = _PREFIX.unpack_from(value)
    if magic != _MAGIC_ID:
        raise FramingError(f"the first byte is 0x{value[0]:02x}, a framed value starts with 0x00", offset=0)
    return SchemaRef(schema_id=schema_id), value[PREFIX_SIZE:]


def _guid(content: bytes, name: str) -> SchemaRef:
    if len(content) != 17 or content[0] != _MAGIC_GUID:
        raise FramingError(f"the header {name} is not a byte 0x01 and 16 bytes of a GUID")
    return SchemaRef(guid=str(uuid.UUID(bytes=content[1:])))
