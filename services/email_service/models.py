"""What callers send and get. Fields and constraints of a request come from the contract, not from here."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from eccs_contracts import EmailRequest

_SET_BY_US: Final = frozenset(("id", "userId", "timestamp"))


def _contract_fields() -> dict[str, Any]:
    """Each field of the contract that a caller gives, under its wire name."""
    hints = get_type_hints(EmailRequest, include_extras=True)
    found: dict[str, Any] = {}
    for wire, one in zip(EmailRequest.FIELDS, dataclasses.fields(EmailRequest), strict=True):
        if wire in _SET_BY_US:
            continue
        default = ... if one.default is dataclasses.MISSING else one.default
        found[wire] = (hints[one.name], default)
    return found


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


if TYPE_CHECKING:
    SendRequest = _Strict  # the real one is made of the contract when this is imported
else:
    SendRequest = create_model("SendRequest", __base__=_Strict, **_contract_fields())


class Accepted(BaseModel):
    """The broker has the request."""

    id: str
    status: str = "accepted"


class ItemProblem(BaseModel):
    """One broken rule of one item."""

    field: str
    rule: str


class BatchItem(BaseModel):
    """What became of one item: an id, or its problems."""

    id: str | None = None
    status: str
    problems: list[ItemProblem] = Field(default_factory=list)


class BatchResult(BaseModel):
    """What became of every item, in the order of the request."""

    items: list[BatchItem]


class EmailStatus(BaseModel):
    """Where an e-mail stands, as the ledger has it."""

    id: str
    state: str
    attempt: int
    updatedAt: str  # noqa: N815  JSON names are camel case here, as in the contract
    reason: str | None = None
