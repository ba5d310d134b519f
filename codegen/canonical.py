"""Parsing Canonical Form and fingerprints (specification 1.12, "Parsing Canonical Form")."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from compat_checks.schema import Array, Enum, Fixed, Map, Primitive, Record, Schema, Union

_EMPTY = 0xC15D213AA4D7A795


def canonical_form(schema: Schema, seen: set[str] | None = None) -> str:
    """The text that is the same for all schemas that mean the same bytes."""
    seen = set() if seen is None else seen
    match schema:
        case Primitive():
            return f'"{schema.kind}"'
        case Array():
            return f'{{"type":"array","items":{canonical_form(schema.items, seen)}}}'
        case Map():
            return f'{{"type":"map","values":{canonical_form(schema.values, seen)}}}'
        case Union():
            return f"[{','.join(canonical_form(branch, seen) for branch in schema.branches)}]"
    if schema.fullname in seen:
        return f'"{schema.fullname}"'
    seen.add(schema.fullname)
    return f'{{"name":"{schema.fullname}",{_content(schema, seen)}}}'


def _content(schema: Record | Enum | Fixed, seen: set[str]) -> str:
    match schema:
        case Enum():
            return f'"type":"enum","symbols":{json.dumps(schema.symbols, separators=(",", ":"))}'
        case Fixed():
            return f'"type":"fixed","size":{schema.size}'
        case Record():
            fields = (f'{{"name":"{field.name}","type":{canonical_form(field.type, seen)}}}' for field in schema.fields)
            return f'"type":"record","fields":[{",".join(fields)}]'


def crc64(data: bytes) -> int:
    """The Rabin fingerprint of 64 bits."""
    value = _EMPTY
    for byte in data:
        value = (value >> 8) ^ _TABLE[(value ^ byte) & 0xFF]
    return value


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_EMPTY & -(byte & 1))
    return byte


_TABLE = tuple(_entry(byte) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The fingerprints of the specification ("Schema Fingerprints"), in hexadecimal.

    Attributes:
        crc64: CRC-64-AVRO, in the byte order of single-object encoding, as fastavro prints it.
    """

    crc64: str
    md5: str
    sha256: str


def fingerprints(schema: Schema) -> Fingerprints:
    """The fingerprints of a schema."""
    form = canonical_form(schema).encode()
    return Fingerprints(
        crc64(form).to_bytes(8, "little").hex(),
        hashlib.md5(form, usedforsecurity=False).hexdigest(),
        hashlib.sha256(form).hexdigest(),
    )
