"""Requests of the older producers: the same fields as UTF-8 JSON instead of Avro."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eccs_contracts import headers as names
from eccs_contracts.errors import DecodeError
from eccs_contracts.models import EmailRequest


@dataclass(frozen=True, slots=True)
class FromJson:
    """A request that came as JSON.

    Attributes:
        request: the request; its constraints are not checked yet.
        dropped: names of unknown fields that could not be kept, because their values are not strings.
    """

    request: EmailRequest
    dropped: tuple[str, ...] = ()


def is_json(value: bytes, headers: Iterable[tuple[str, str | bytes | None]] | None) -> bool:
    """Whether a value is JSON: its content type says so, or it has none and the value starts with `{`."""
    kind = names.text(headers, names.CONTENT_TYPE)
    if kind is None:
        return value[:1] == b"{"
    return kind.partition(";")[0].strip().lower() == names.JSON


def request_from_json(value: bytes) -> FromJson:
    """Read a request.

    Unknown fields are kept in `metadata` where they are strings and do not hide a label of the same name.

    Raises:
        DecodeError: not UTF-8, not JSON, or not an object.
        ValidationError: a field is missing or has the wrong type; lists every problem.
    """
    fields = _load(value)
    metadata = fields.get("metadata")
    labels: dict[str, Any] = dict(metadata) if isinstance(metadata, dict) else {}
    dropped = []
    for name in [name for name in fields if name not in EmailRequest.FIELDS]:
        extra = fields.pop(name)
        if isinstance(extra, str) and name not in labels and not (metadata and not labels):
            labels[name] = extra
        else:
            dropped.append(name)
    if labels:
        fields["metadata"] = labels
    return FromJson(EmailRequest.from_json(fields), tuple(dropped))


def _load(value: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(value.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DecodeError("not UTF-8", offset=error.start) from None
    except json.JSONDecodeError as error:
        raise DecodeError(f"not JSON: {error.msg}", offset=error.pos) from None
    except RecursionError:
        raise DecodeError("JSON nested too deeply") from None
    if not isinstance(fields, dict):
        raise DecodeError(f"a JSON object is expected, not {type(fields).__name__}", offset=0)
    return fields
