"""What callers give and get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from eccs_contracts.models import EmailRequest

_SET_BY_SERVICE: Final = ("id", "userId", "timestamp")


@dataclass(slots=True, kw_only=True)
class Email(EmailRequest):
    """An e-mail to send: the contract's fields but those that the service sets.

    `validate()` checks it without the service, which knows no further rules.
    """

    id: UUID = field(init=False, repr=False, default=UUID(int=0))
    user_id: str = field(init=False, repr=False, default="-")
    timestamp: datetime = field(init=False, repr=False, default=datetime(1970, 1, 1, tzinfo=UTC))

    def document(self) -> dict[str, Any]:
        """The JSON body."""
        given = self.to_json()
        return {name: value for name, value in given.items() if name not in _SET_BY_SERVICE and value is not None}


@dataclass(frozen=True, slots=True)
class Options:
    """How a client behaves; times in seconds.

    Attributes:
        timeout: for one attempt; longer than the service waits for its broker (10 s by default).
        attempts: of one call, the first included.
        backoff: before the second attempt, twice that before the third; what the service says comes first.
        longest_wait: a service that says to wait longer than this is not waited for.
    """

    timeout: float = 15.0
    attempts: int = 3
    backoff: float = 0.2
    longest_wait: float = 10.0


@dataclass(frozen=True, slots=True)
class Sent:
    """An e-mail that the broker has.

    Attributes:
        replayed: an earlier call with the same key had sent it.
    """

    id: UUID
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one e-mail of a batch.

    Attributes:
        status: "accepted", "invalid" or "unavailable".
        id: where it was accepted.
        problems: (field, rule) of each broken rule, where it was invalid.
    """

    status: str
    id: UUID | None = None
    problems: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which e-mails; without anything all of the caller's.

    Attributes:
        state: an `EmailState`, see eccs_contracts.ledger.
        since: not before.
        until: before.
    """

    state: str | None = None
    template_id: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def parameters(self) -> dict[str, str]:
        """As a query has them."""
        named = {
            "state": self.state,
            "templateId": self.template_id,
            "source": self.source,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }
        return {name: str(value) for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an e-mail's way."""

    state: str
    at: datetime
    attempt: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EmailStatus:
    """Where an e-mail stands.

    Attributes:
        state: an `EmailState`, see eccs_contracts.ledger; a newer service may know more.
        attempt: retries made.
        history: the last steps, oldest first; empty in a list.
    """

    id: UUID
    state: str
    attempt: int
    updated_at: datetime
    created_at: datetime | None = None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    template_id: str | None = None
    source: str | None = None
    reason: str | None = None
    history: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class EmailPage:
    """Some e-mails, newest first.

    Attributes:
        next: cursor of the next page; None on the last one.
    """

    items: tuple[EmailStatus, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """How many e-mails stand where."""

    total: int
    states: Mapping[str, int]


def status_of(document: Mapping[str, Any]) -> EmailStatus:
    """An e-mail of its JSON; raises KeyError, TypeError or ValueError where it is none."""
    return EmailStatus(
        id=UUID(document["id"]),
        state=str(document["state"]),
        attempt=int(document["attempt"]),
        updated_at=datetime.fromisoformat(document["updatedAt"]),
        created_at=_instant(document.get("createdAt")),
        due_at=_instant(document.get("dueAt")),
        sent_at=_instant(document.get("sentAt")),
        template_id=document.get("templateId"),
        source=document.get("source"),
        reason=document.get("reason"),
        history=tuple(
            Step(one["state"], datetime.fromisoformat(one["at"]), one["attempt"], one.get("reason"))
            for one in document.get("history", ())
        ),
    )


def item_of(document: Mapping[str, Any]) -> ItemResult:
    """The result of one item of its JSON; raises as `status_of`."""
    found = document.get("id")
    problems = tuple((one["field"], one["rule"]) for one in document.get("problems", ()))
    return ItemResult(str(document["status"]), UUID(found) if found else None, problems)


def page_of(document: Mapping[str, Any]) -> EmailPage:
    """A page of its JSON; raises as `status_of`."""
    return EmailPage(tuple(status_of(one) for one in document["items"]), document.get("next"))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
