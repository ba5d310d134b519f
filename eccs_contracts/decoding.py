"""From the bytes of a message to its model: Confluent-framed Avro, or the JSON of the older producers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from confluent_kafka.serialization import MessageField, SerializationContext

from eccs_contracts._contract import M
from eccs_contracts._older_letters import letter_from_json
from eccs_contracts.errors import DecodeError
from eccs_contracts.headers import Headers
from eccs_contracts.migration import FromJson, is_json, request_from_json, retry_from_json
from eccs_contracts.models import EmailDlq, EmailRequest, EmailRetry
from eccs_contracts.serde import ContractDeserializer


def decode_value(
    deserialize: ContractDeserializer[M],
    model: type[M],
    raw: bytes | None,
    headers: Headers,
    now: datetime | None = None,
) -> M:
    """The model of a value; JSON of the older producers is taken for each of our models.

    Args:
        deserialize: of the model.
        model: what is expected.
        raw: the value.
        headers: of the message.
        now: the instant that timestamps in JSON are held against, the clock's unless it is given; for a dead letter
            the instant at which it was written.

    Raises:
        DecodeError: no value at all, not framed, or not what its schema says.
        ValidationError: JSON with missing fields, wrong types or a timestamp out of bounds.
        UnknownSchema: the registry does not know the writer's schema.
        RegistryUnavailable: the registry does not answer.
    """
    if not raw:
        raise DecodeError("the message has no value" if raw is None else "the value is empty", offset=0)
    of_json = _OF_JSON.get(cast("Any", model))
    if of_json is not None and is_json(raw, headers):
        return cast("M", of_json(raw, headers, now or datetime.now(UTC)))
    context = SerializationContext(model.FULLNAME, MessageField.VALUE, headers)
    value = deserialize(raw, context)
    assert value is not None  # noqa: S101  only None gives None
    return value


def retry_of(found: FromJson) -> EmailRetry:
    """The retry that JSON was read as: every field of the request, and its state."""
    assert found.retry is not None  # noqa: S101  `retry_from_json` always gives one
    fields = {name: getattr(found.request, name) for name in EmailRequest.__slots__}
    return EmailRetry(**fields, retry=found.retry)


_OF_JSON: Final[Mapping[Any, Callable[[bytes, Headers, datetime], Any]]] = {
    EmailRequest: lambda raw, _, now: request_from_json(raw, now).request,
    EmailRetry: lambda raw, headers, now: retry_of(retry_from_json(raw, headers, now)),
    EmailDlq: letter_from_json,
}
