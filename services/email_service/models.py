"""What callers get. What they send is the contract's own, see `contract_schema`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from eccs_contracts import EmailRequest
from eccs_contracts.ledger import EmailState
from services.email_service.contract_schema import request_schema
from services.email_service.rules import with_rules
from services.web.numbers import instant, whole

SET_BY_US: Final = frozenset(("id", "userId", "timestamp"))
GIVEN: Final = tuple(name for name in EmailRequest.FIELDS if name not in SET_BY_US)
SEND_REQUEST: Final = with_rules(request_schema(EmailRequest, GIVEN))
_ID: Final = "6f1f4f5e-0c55-4b8c-9f5b-6f1c9a1d2e3f"


def _rfc3339(value: Any) -> Any:
    """An instant of a query; pydantic would take bare numbers, too, and years that the database cannot."""
    found = instant(value) if isinstance(value, str) else value
    if found is None:
        raise ValueError("an instant like 2030-01-01T12:00:00Z is expected, from the year 1970 to 2999")
    return found


def _digits(value: Any) -> Any:
    """A number of a query; pydantic would take `1_0` and ` +10.0 `, too."""
    found = whole(value) if isinstance(value, str) else value
    if found is None:
        raise ValueError("a whole number is expected")
    return found


Instant = Annotated[
    datetime,
    PlainSerializer(lambda one: one.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), str),
]


class Accepted(BaseModel):
    """The broker has the request."""

    id: str = Field(description="Identity of the e-mail.", examples=[_ID], json_schema_extra={"format": "uuid"})
    status: Literal["accepted"] = "accepted"


class ItemProblem(BaseModel):
    """One broken rule."""

    field: str = Field(description="Where, by wire names.", examples=["subject"])
    rule: str = Field(description="What must hold; never the value.", examples=["at most 500 characters"])


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    type: str = Field(description="Names the kind of problem for programs.", examples=["urn:eccs:problem:invalid"])
    title: str = Field(examples=["The request is not valid"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["1 rule is broken"])
    instance: str = Field(description="The request's id, also in X-Request-Id and in the logs.", examples=["urn:x:1"])
    problems: list[ItemProblem] = Field(default_factory=list, description="Broken rules, the first ones.")


class BatchItem(BaseModel):
    """What became of one item: an id, or its problems."""

    id: str | None = Field(default=None, description="Identity of the e-mail, where it was accepted.")
    status: Literal["accepted", "invalid", "unavailable"] = Field(
        description="unavailable: the broker did not take it; send the batch again with the same Idempotency-Key."
    )
    problems: list[ItemProblem] = Field(default_factory=list)


class BatchResult(BaseModel):
    """What became of every item, in the order of the request."""

    items: list[BatchItem]


class Step(BaseModel):
    """One step of an e-mail's way."""

    state: str = Field(examples=[EmailState.RETRYING])
    at: Instant
    attempt: int = Field(description="Retries made before: 0 for the first delivery.", examples=[0])
    reason: str | None = Field(default=None, examples=["450 4.2.0 greylisted"])


class EmailSummary(BaseModel):
    """Where an e-mail stands, as the ledger has it."""

    id: str = Field(examples=[_ID])
    state: str = Field(
        description=f"One of {', '.join(EmailState)}; a newer service may know more.", examples=[EmailState.SENT]
    )
    attempt: int = Field(description="Retries made.", examples=[0])
    createdAt: Instant | None = None  # noqa: N815  JSON names are camel case here, as in the contract
    updatedAt: Instant  # noqa: N815  as above
    templateId: str | None = None  # noqa: N815  as above
    source: str | None = None
    reason: str | None = Field(default=None, description="The last error.")


class EmailStatus(EmailSummary):
    """The same with every step that the ledger kept."""

    dueAt: Instant | None = Field(default=None, description="When the next retry is due.")  # noqa: N815  as above
    sentAt: Instant | None = Field(default=None, description="When the mail server took it.")  # noqa: N815  as above
    history: list[Step] = Field(default_factory=list, description="The last steps, oldest first.")


class EmailPage(BaseModel):
    """Some e-mails of the caller's, newest first."""

    items: list[EmailSummary]
    next: str | None = Field(default=None, description="Give it as `cursor` for the next page; null on the last one.")


class Stats(BaseModel):
    """How many e-mails of the caller's stand where, of the newest 100,000 of a period."""

    since: Instant | None = Field(default=None, description="Where the period begins.")
    complete: bool = Field(default=True, description="False if the period may hold more than were counted.")
    total: int = Field(examples=[3])
    states: dict[str, int] = Field(examples=[dict.fromkeys(EmailState, 0)])


class Period(BaseModel):
    """From when to when an e-mail came, the end excluded."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[AwareDatetime, BeforeValidator(_rfc3339)] | None = Field(default=None, description="Not before.")
    until: Annotated[AwareDatetime, BeforeValidator(_rfc3339)] | None = Field(default=None, description="Before.")


class ListQuery(Period):
    """Which e-mails, and how many of them."""

    state: EmailState | None = Field(default=None, description="Only those that stand here.")
    templateId: str | None = Field(  # noqa: N815  as above
        default=None, min_length=1, max_length=100, description="Only those of this template."
    )
    source: str | None = Field(default=None, min_length=1, max_length=200, description="Only those from this system.")
    limit: Annotated[int, BeforeValidator(_digits)] = Field(
        default=50, ge=1, le=200, description="E-mails of a page at most."
    )
    cursor: str | None = Field(
        default=None, min_length=1, max_length=300, description="`next` of the page before, with the same filters."
    )


class State(BaseModel):
    """How the process is."""

    status: str = Field(examples=["healthy"])
    service: str = "email-service"
