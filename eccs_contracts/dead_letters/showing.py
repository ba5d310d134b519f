"""A dead letter as JSON for people: decoded, raw bytes in hexadecimal, personal data masked unless it is asked for."""

from __future__ import annotations

from typing import Any

from eccs_contracts.dead_letters.letters import Letter, original_headers
from eccs_contracts.dead_letters.masking import dated, mask_bytes, mask_text, masked
from eccs_contracts.headers import Headers
from eccs_contracts.models import EmailDlq


def shown(letter: Letter, *, personal: bool, dates: bool = False) -> dict[str, Any]:
    """Everything about a letter.

    Args:
        letter: which one.
        personal: show personal data. The original's bytes are personal data: what could not be decoded cannot be
            masked by its fields.
        dates: instants inside of the letter as text, not as milliseconds since 1970.
    """
    head = {
        "place": str(letter.place),
        "written": letter.written.isoformat(),
        "failedAt": letter.failed_at.isoformat(),
        "key": readable(letter.key, personal=personal),
        "headers": readable_headers(letter.headers, personal=personal),
        "redrives": letter.redrives,
    }
    if letter.envelope is None:
        return {**head, "error": str(letter.error), "bytes": hexadecimal(letter.raw, personal=personal)}
    tree = _envelope(letter.envelope, personal=personal)
    return {**head, "letter": dated(tree, EmailDlq.SCHEMA) if dates else tree}


def brief(letter: Letter) -> dict[str, Any]:
    """What a list says of a letter: nothing personal."""
    return {
        "place": str(letter.place),
        "emailId": letter.email_id,
        "failedAt": letter.failed_at.isoformat(),
        "category": letter.category,
        "reason": mask_text(letter.reason),
        "originalTopic": letter.topic,
        "redrives": letter.redrives,
    }


def _envelope(envelope: EmailDlq, *, personal: bool) -> dict[str, Any]:
    tree = envelope.to_json()
    if not personal:
        tree = masked(tree, EmailDlq.SCHEMA)
    return {
        **tree,
        "originalPayload": hexadecimal(envelope.original_payload, personal=personal),
        "originalKey": readable(envelope.original_key, personal=personal),
        "originalHeaders": readable_headers(original_headers(envelope), personal=personal),
    }


def hexadecimal(value: bytes | None, *, personal: bool) -> str | None:
    """Bytes in hexadecimal, or masked."""
    if value is None:
        return None
    return value.hex() if personal else mask_bytes(value)


def readable(value: bytes | str | None, *, personal: bool) -> str | None:
    """Text where the bytes are printable ASCII, else `0x` and their hexadecimal form, or masked."""
    if value is None:
        return None
    text = value.decode("ascii", errors="replace") if isinstance(value, bytes) else value
    if text.isascii() and text.isprintable():
        return text if personal else mask_text(text)
    raw = value if isinstance(value, bytes) else value.encode()
    return f"0x{raw.hex()}" if personal else mask_bytes(raw)


def readable_headers(headers: Headers, *, personal: bool) -> list[dict[str, str | None]]:
    """Headers in their order; names may repeat. A name is masked like a value: producers may put anything into it."""
    return [
        {"name": name if personal else readable(name, personal=False), "value": readable(value, personal=personal)}
        for name, value in headers
    ]
