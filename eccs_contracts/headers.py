"""Headers of our messages: names, and how they are written and read.

They are ASCII, replaced and never appended, bounded, and carry no personal data. What is read is not trusted:
a header that is too long or not what it should be counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

Headers: TypeAlias = list[tuple[str, str | bytes | None]]

EMAIL_ID: Final = "x-email-id"
USER_ID: Final = "x-user-id"
TIMESTAMP: Final = "x-timestamp"
CONTENT_TYPE: Final = "x-content-type"
PLAIN_CONTENT_TYPE: Final = "content-type"  # as some older producers write it
SCHEMA_VERSION: Final = "x-schema-version"
TRACEPARENT: Final = "traceparent"
RETRY_COUNT: Final = "x-retry-count"
ORIGINAL_TOPIC: Final = "x-original-topic"
SCHEDULED_RETRY_TIME: Final = "x-scheduled-retry-time"
FAILURE_REASON: Final = "x-failure-reason"
TOTAL_ATTEMPTS: Final = "x-total-attempts"
FAILED_AT: Final = "x-failed-at"
DISPOSITION: Final = "x-dlq-disposition"
SMTP_CODE: Final = "x-dlq-smtp-code"
ENHANCED_CODE: Final = "x-dlq-enhanced-code"
REDRIVE_COUNT: Final = "x-redrive-count"
EDITED: Final = "x-edited"  # the audit record's name of the correction that made the message

MAX_REDRIVES: Final = 10  # of one message; what is beyond is a loop

AVRO: Final = "application/vnd.confluent.avro"
JSON: Final = "application/json"

MAX_LENGTH: Final = 1024  # characters of a header value; longer text is cut when written, ignored when read
_TRACEPARENT: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_UNSAFE: Final = re.compile(r"[^\x20-\x7e]")


def listed(headers: Any) -> Headers:
    """Headers as pairs, whatever form a client gives them."""
    pairs = headers.items() if isinstance(headers, dict) else headers or ()
    return [(str(name), value) for name, value in pairs]


def ascii_text(text: str) -> str:
    """Text that may stand in a header: printable ASCII, other characters as `?`, at most 1,024 characters."""
    return _UNSAFE.sub("?", text)[:MAX_LENGTH]


def replace(headers: Iterable[tuple[str, str | bytes | None]], new: Mapping[str, str]) -> Headers:
    """The headers with those of `new` in the place of any of the same name.

    A new `x-content-type` replaces `content-type`, too: it described a value that is written in another form now.
    """
    gone = {*new, PLAIN_CONTENT_TYPE} if CONTENT_TYPE in new else new
    kept: Headers = [(name, value) for name, value in headers if name not in gone]
    return kept + [(name, ascii_text(value).encode("ascii")) for name, value in new.items()]


def text(headers: Iterable[tuple[str, str | bytes | None]] | None, name: str) -> str | None:
    """The last value of a header, where it is printable ASCII of at most 1,024 characters; else None."""
    found = None
    for key, value in headers or ():
        if key == name:
            found = value
    if isinstance(found, bytes):
        found = found.decode("ascii", errors="replace").replace("\ufffd", "\n")
    if not isinstance(found, str) or len(found) > MAX_LENGTH or _UNSAFE.search(found):
        return None
    return found


def trace(headers: Iterable[tuple[str, str | bytes | None]] | None) -> dict[str, str]:
    """The `traceparent` header (W3C Trace Context), where it is well formed; else nothing."""
    found = text(headers, TRACEPARENT)
    return {TRACEPARENT: found} if found and _TRACEPARENT.fullmatch(found) else {}


def redrive_count(headers: Iterable[tuple[str, str | bytes | None]] | None) -> int:
    """How often a message was sent again from the DLQ, by `x-redrive-count`: 0 to MAX_REDRIVES.

    What is no decimal number in ASCII digits counts as 0, what is larger than MAX_REDRIVES as MAX_REDRIVES.
    """
    found = text(headers, REDRIVE_COUNT) or ""
    if not found.isascii() or not found.isdigit():
        return 0
    digits = found.lstrip("0")
    return MAX_REDRIVES if len(digits) > len(str(MAX_REDRIVES)) else min(int(digits or "0"), MAX_REDRIVES)


def millis(instant: datetime) -> str:
    """An instant as headers carry it: milliseconds since 1970, in decimal."""
    return str((instant - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND)


_MILLISECOND: Final = datetime(1970, 1, 1, 0, 0, 0, 1000) - datetime(1970, 1, 1)  # noqa: DTZ001  a difference only

MAX_KEPT: Final = 16_384  # bytes of a producer's own headers that go along to the retry topic and the DLQ


def kept(headers: Iterable[tuple[str, str | bytes | None]]) -> Headers:
    """The headers that go along with a message: the first ones, up to 16 KiB in all."""
    found: Headers = []
    size = 0
    for name, value in headers:
        size += len(name) + len(value or b"")
        if size > MAX_KEPT:
            break
        found.append((name, value))
    return found
