"""Dead letters of the older service: JSON with `originalData` and `dlqMetadata`, or a request with headers only."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from eccs_contracts import _older_values as older
from eccs_contracts import headers as names
from eccs_contracts._json_object import load_object, member_text, text_of
from eccs_contracts.errors import ContractsError, DecodeError
from eccs_contracts.migration import request_of_fields
from eccs_contracts.models import DlqMetadata, EmailDlq, EmailRequest, ErrorCategory, OriginalHeader

UNKNOWN: Final = "unknown"  # reason, group or instance that an older letter does not name

# How older services spell the parts of a letter; compared without case, `_` and `-`.
_METADATA: Final = ("dlqmetadata", "dlq", "errormetadata")
_ORIGINAL: Final = ("originaldata", "originalmessage", "originalrequest", "originalemail")
_PAYLOAD: Final = ("originalpayload",)
_KEY: Final = ("originalkey",)
_HEADERS: Final = ("originalheaders",)
_OF_A_REQUEST: Final = frozenset({"id", "to", "subject"})

# Headers that say something of the letter, not of the message in it.
_OF_THE_LETTER: Final = frozenset(
    {
        *(names.FAILURE_REASON, names.TOTAL_ATTEMPTS, names.FAILED_AT, names.ORIGINAL_TOPIC, names.CONTENT_TYPE),
        *(names.RETRY_COUNT, names.SCHEDULED_RETRY_TIME, names.SCHEMA_VERSION),
        *(names.DISPOSITION, names.SMTP_CODE, names.ENHANCED_CODE),
    }
)
_BROKERS: Final = "__dlq."


@dataclass(frozen=True, slots=True)
class _Original:
    """The message in a letter: its bytes, and the request if they are one."""

    payload: bytes | None
    request: EmailRequest | None
    content_type: str | None = None


def letter_from_json(value: bytes, headers: names.Headers, written: datetime, key: bytes | None = None) -> EmailDlq:
    """Read a dead letter of the older service.

    Each part of the metadata comes from the JSON, or else from the headers, or else it is a safe value: the category
    PERMANENT, the instant `written`, no attempts, the topic `email_requests`, place 0/0. The bytes of the original are
    `originalPayload` if the letter has it, else `originalData` exactly as it is written in the letter, else the whole
    value. The original's request is None if it is not one.

    Args:
        value: of the record in the DLQ.
        headers: of that record.
        written: the record's timestamp.
        key: of that record.

    Raises:
        DecodeError: not JSON, or JSON that is neither a dead letter nor a request.
    """
    fields = load_object(value)
    original = _original(value, fields, headers)
    metadata = _metadata(older.as_object(older.first(older.named(fields, _METADATA))), headers, written)
    stated_key = _bytes(older.first(older.named(fields, _KEY)))
    return EmailDlq(
        original_data=original.request,
        original_payload=original.payload,
        original_key=key or stated_key or (str(original.request.id).encode() if original.request else None),
        original_headers=_original_headers(fields, headers, original),
        dlq_metadata=metadata,
    )


def _original(value: bytes, fields: Mapping[str, Any], headers: names.Headers) -> _Original:
    given = next((name for name in fields if older.plain(name) in _ORIGINAL and fields[name] is not None), None)
    stated = None if given is None else fields[given]
    payload = _bytes(older.first(older.named(fields, _PAYLOAD)))
    if payload:
        return _Original(payload, _request(older.as_object(stated)) or _request_of_bytes(payload))
    if isinstance(stated, str):
        request = _request(older.as_object(stated))
        return _Original(stated.encode("utf-8", errors="surrogatepass"), request, names.JSON if request else None)
    if given is not None:
        written = member_text(text_of(value), given)
        return _Original(None if written is None else written.encode(), _request(stated), names.JSON)
    return _whole(value, fields, headers)


def _whole(value: bytes, fields: Mapping[str, Any], headers: names.Headers) -> _Original:
    """The letter itself as the original: a request, with metadata beside its fields or in headers, or any object."""
    spelled = {older.plain(name) for name in fields}
    if spelled >= _OF_A_REQUEST:
        return _Original(value, _request(fields), names.JSON)
    if not spelled.isdisjoint((*_METADATA, *_ORIGINAL, *_PAYLOAD)):
        return _Original(None, None)
    if names.text(headers, names.FAILURE_REASON) is None:
        raise DecodeError("JSON that is neither a dead letter nor a request")
    return _Original(value, None, names.JSON)


def _request(original: Any) -> EmailRequest | None:
    """The request that an original is; its timestamp may be of any age."""
    if not isinstance(original, dict):
        return None
    try:
        return request_of_fields(original)
    except ContractsError:
        return None


def _request_of_bytes(payload: bytes) -> EmailRequest | None:
    try:
        return _request(load_object(payload))
    except DecodeError:
        return None


def _metadata(state: Mapping[str, Any], headers: names.Headers, written: datetime) -> DlqMetadata:
    def values(spellings: tuple[str, ...], header: str = "") -> Iterator[Any]:
        yield from older.named(state, spellings)
        yield names.text(headers, header) if header else None

    def count(spellings: tuple[str, ...], most: int, header: str = "", default: int = 0) -> int:
        found = older.first(map(older.whole, values(spellings, header)))
        return default if found is None else older.clamp(found, 0, most)

    attempts = count(("totalattempts", "attempts", "attempt", "retrycount"), older.INT32_MAX, names.TOTAL_ATTEMPTS)
    reasons = values(("failurereason", "reason", "errormessage", "error", "lasterror", "message"), names.FAILURE_REASON)
    return DlqMetadata(
        failure_reason=older.first(map(older.message, reasons)) or UNKNOWN,
        error_category=older.first(map(_category, values(("errorcategory", "category")))) or ErrorCategory.PERMANENT,
        failed_at=older.first(map(older.instant, values(("failedat", "failuretime"), names.FAILED_AT))) or written,
        total_attempts=attempts,
        max_attempts_configured=count(
            ("maxattemptsconfigured", "maxattempts", "maxretries"), older.INT32_MAX, default=attempts
        ),
        original_topic=older.first(map(older.topic, values(("originaltopic", "sourcetopic"), names.ORIGINAL_TOPIC)))
        or EmailRequest.TOPIC,
        original_partition=count(("originalpartition", "partition"), older.INT32_MAX),
        original_offset=count(("originaloffset", "offset"), 2**63 - 1),
        consumer_group=older.first(map(older.message, values(("consumergroup", "groupid", "group")))) or UNKNOWN,
        service_instance=older.first(map(older.message, values(("serviceinstance", "instance", "instanceid"))))
        or UNKNOWN,
    )


def _category(value: Any) -> ErrorCategory | None:
    return next((one for one in ErrorCategory if isinstance(value, str) and value.upper() == one), None)


def _original_headers(fields: Mapping[str, Any], headers: names.Headers, original: _Original) -> list[OriginalHeader]:
    """Those that the letter lists, else those of its record that are not about the letter itself."""
    listed = older.first(older.named(fields, _HEADERS))
    found = list(_pairs(listed)) if listed else [one for one in headers if not _is_of_the_letter(one[0])]
    if original.content_type is not None:
        found = names.replace(found, {names.CONTENT_TYPE: original.content_type})
    return [OriginalHeader(name=name, value=_as_bytes(value)) for name, value in found]


def _is_of_the_letter(name: str) -> bool:
    return name in _OF_THE_LETTER or name.startswith(_BROKERS)


def _pairs(listed: Any) -> Iterator[tuple[str, str | bytes | None]]:
    """Headers as an object from name to text, or as a list of objects with name and value."""
    if isinstance(listed, dict):
        for name, value in listed.items():
            for one in value if isinstance(value, list) else [value]:
                yield _clean(name), _clean(one) if isinstance(one, str) else _bytes(one)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            yield _clean(one["name"]), _bytes(one.get("value"))


def _bytes(value: Any) -> bytes | None:
    """Bytes as older services write them: base64, the JSON of a Node Buffer, or else text. None if it is neither."""
    if isinstance(value, dict):
        return _buffer(value.get("data"))
    if not isinstance(value, str):
        return None
    try:
        return b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return _clean(value).encode()


def _buffer(data: Any) -> bytes | None:
    try:
        return bytes(data) if isinstance(data, list) else None
    except (TypeError, ValueError):
        return None


def _as_bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _clean(text: str) -> str:
    """The text, without half characters that no encoding has."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
