"""From the bytes of a message to its model: Confluent-framed Avro, or the JSON of the older producers."""

from __future__ import annotations

from typing import Any, cast

from confluent_kafka.serialization import MessageField, SerializationContext

from eccs_contracts._contract import M
from eccs_contracts.errors import DecodeError
from eccs_contracts.headers import Headers
from eccs_contracts.migration import is_json, request_from_json
from eccs_contracts.models import EmailRequest
from eccs_contracts.serde import ContractDeserializer


def decode_value(deserialize: ContractDeserializer[M], model: type[M], raw: bytes | None, headers: Headers) -> M:
    """The model of a value; JSON is taken where the model is EmailRequest.

    Raises:
        DecodeError: no value at all, not framed, or not what its schema says.
        ValidationError: JSON with missing fields or wrong types.
        UnknownSchema: the registry does not know the writer's schema.
        RegistryUnavailable: the registry does not answer.
    """
    if not raw:
        raise DecodeError("the message has no value" if raw is None else "the value is empty", offset=0)
    if cast("Any", model) is EmailRequest and is_json(raw, headers):
        return cast("M", request_from_json(raw).request)
    context = SerializationContext(model.FULLNAME, MessageField.VALUE, headers)
    value = deserialize(raw, context)
    assert value is not None  # noqa: S101  only None gives None
    return value
