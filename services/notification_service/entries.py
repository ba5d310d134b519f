"""Documents of the ledger: what an entry holds, and what an entry that is there already means for a claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, TypeAlias

from bson.binary import Binary

from eccs_contracts.ledger import EmailState
from services.notification_service.message import Job, Record

Document: TypeAlias = dict[str, Any]

HISTORY: Final = 50  # steps kept for each e-mail
_REASON: Final = 500  # characters
_UNDER_WAY: Final = (EmailState.SENDING, EmailState.RETRYING)
_REDRIVABLE: Final = (EmailState.DEAD, EmailState.EXPIRED, EmailState.UNKNOWN)


class Standing(Enum):
    """What an entry says about a claim of an attempt."""

    FREE = "nobody has it: take it"
    HELD = "another instance has it, or had it when it crashed"
    FINISHED = "nothing is left to do"


def standing(entry: Mapping[str, Any], job: Job, instance: str) -> Standing:
    """How an entry stands to an attempt; one that this very instance holds was claimed by an answer that got lost."""
    state, attempt = entry["state"], entry["attempt"]
    if job.redrive < entry.get("redrive", 0):
        return Standing.FINISHED  # of a life before the last redrive
    if state in _REDRIVABLE and job.redrive > entry.get("redrive", 0):
        return Standing.FREE
    if state in _UNDER_WAY and (attempt < job.attempt or job.redrive > entry.get("redrive", 0)):
        return Standing.FREE
    if state == EmailState.SENDING and attempt == job.attempt:
        return Standing.FREE if entry.get("owner") in (None, instance) else Standing.HELD
    return Standing.FINISHED


def claim_fields(job: Job, instance: str, token: str, now: datetime) -> Document:
    """What a claim writes; `beat` counts its signs of life."""
    return {
        "state": EmailState.SENDING,
        "attempt": job.attempt,
        "redrive": job.redrive,
        "owner": instance,
        "claim": token,
        "beat": 0,
        "updatedAt": now,
    }


def first_entry(job: Job, instance: str, token: str, now: datetime) -> Document:
    """The whole entry of an e-mail that nobody has seen."""
    about: Document = {"_id": job.ledger_id, "createdAt": now, "topic": job.record.topic}
    if job.request is not None:
        about |= {
            "userId": job.request.user_id,
            "to": job.request.to,
            "subject": job.request.subject,
            "templateId": job.request.template_id,
            "source": job.request.source,
            "requestedAt": job.request.timestamp,
        }
    about["history"] = [step(EmailState.SENDING, job.attempt, now)]
    return {**about, **claim_fields(job, instance, token, now)}


def step(state: EmailState, attempt: int, now: datetime, reason: str = "") -> Document:
    """One step of the history."""
    return {"state": state, "at": now, "attempt": attempt, **({"reason": reason[:_REASON]} if reason else {})}


def pushed(one: Document) -> Document:
    """The change that adds a step to the history."""
    return {"history": {"$each": [one], "$slice": -HISTORY}}


def held_by(instance: str, job: Job) -> Document:
    """Finds the entry only where it is this instance's claim for this very attempt."""
    return {"_id": job.ledger_id, "owner": instance, "attempt": job.attempt, "state": EmailState.SENDING}


@dataclass(frozen=True, slots=True)
class Mark:
    """How an attempt ended.

    Attributes:
        details: further fields.
        drop_origin: it is an end: the bytes of the first record are not needed any more.
    """

    job: Job
    state: EmailState
    now: datetime
    reason: str = ""
    details: Document | None = None
    drop_origin: bool = False

    def update(self) -> Document:
        """The change; ends are without owner and claim."""
        fields = {"state": self.state, "updatedAt": self.now, **(self.details or {})}
        if self.reason:
            fields["reason"] = self.reason[:_REASON]
        gone = {"claim": "", "owner": "", "beat": "", **({"origin": ""} if self.drop_origin else {})}
        history = pushed(step(self.state, self.job.attempt, self.now, self.reason))
        return {"$set": fields, "$push": history, "$unset": gone}


def origin_document(record: Record) -> Document:
    """A record as the ledger keeps it, byte for byte."""
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": None if record.key is None else Binary(record.key),
        "value": None if record.value is None else Binary(record.value),
        "headers": [[name, value.encode() if isinstance(value, str) else value] for name, value in record.headers],
    }


def origin_record(origin: Mapping[str, Any]) -> Record:
    """The record that `origin_document` kept."""
    return Record(
        topic=origin["topic"],
        partition=origin["partition"],
        offset=origin["offset"],
        key=origin["key"],
        value=origin["value"],
        headers=[(name, value) for name, value in origin["headers"]],
    )
