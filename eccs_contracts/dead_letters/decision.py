"""What a redrive does with a letter: send its original again, or leave it, and why. No clock, no broker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from eccs_contracts import headers as names
from eccs_contracts.dead_letters.letters import REDRIVE_COUNT, REDRIVE_OF, Letter, original_headers

MOST_REDRIVES: Final = names.MAX_REDRIVES  # the notification service counts no further: it would drop the message


class Left(StrEnum):
    """Why a letter is left where it is."""

    UNREADABLE = "unreadable"
    NO_VALUE = "no-value"
    OTHER_TOPIC = "other-topic"
    EXPIRED = "expired"
    LOOP = "loop"


EXPLANATIONS: Final = {
    Left.UNREADABLE: "unreadable, so that there is no original to send",
    Left.NO_VALUE: "its original has no value, so that nothing can be delivered",
    Left.OTHER_TOPIC: "its original topic has no contract",
    Left.EXPIRED: "its expiresAt is over: it would come back",
    Left.LOOP: "redriven --max-redrives times, and dead each time",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """What is never sent again.

    Attributes:
        topics: the only targets; the DLQ is never one of them.
        max_redrives: how often one message may be sent again, 1 to `MOST_REDRIVES`.
    """

    topics: frozenset[str]
    max_redrives: int = 3


@dataclass(frozen=True, slots=True)
class Send:
    """The original of a letter, to be written once more.

    Attributes:
        redrive: which redrive of the message this is, 1 for the first.
        request_id: the e-mail id of a corrected request; None where the letter's own is sent.
        headers: those of the original, with the two of the redrive in the place of older ones.
    """

    letter: Letter
    topic: str
    key: bytes | None
    value: bytes | None
    headers: names.Headers
    redrive: int
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """A letter that stays where it is."""

    letter: Letter
    why: Left


Decision: TypeAlias = Send | Leave


def decide(letter: Letter, guard: Guard, now: datetime) -> Decision:
    """What to do with a letter.

    Key, value and headers are the bytes of the original: nothing is encoded anew, so that what is sent is what was
    given up. Only `x-redrive-count`, which the ledger and this guard go by, and `x-redrive-of`, by which an interrupted
    run finds what it sent, are replaced.
    """
    envelope = letter.envelope
    if envelope is None:
        return Leave(letter, Left.UNREADABLE)
    if (why := _left(letter, guard, now)) is not None:
        return Leave(letter, why)
    headers = original_headers(envelope)
    redrive = letter.redrives + 1
    ours = {REDRIVE_COUNT: str(redrive), REDRIVE_OF: letter.identity}
    topic = envelope.dlq_metadata.original_topic
    return Send(letter, topic, envelope.original_key, envelope.original_payload, names.replace(headers, ours), redrive)


def _left(letter: Letter, guard: Guard, now: datetime) -> Left | None:
    request = letter.envelope.original_data if letter.envelope else None
    if letter.topic not in guard.topics:
        return Left.OTHER_TOPIC
    if letter.redrives >= min(guard.max_redrives, MOST_REDRIVES):
        return Left.LOOP
    if letter.envelope is not None and letter.envelope.original_payload is None:
        return Left.NO_VALUE
    expires = request.expires_at if request else None
    return Left.EXPIRED if expires is not None and expires <= now else None


def pause(sent: int, rate: float | None, elapsed: float) -> float:
    """Seconds to wait before the next message, so that `sent` messages in `elapsed` seconds keep to `rate` a second."""
    return 0.0 if rate is None else max(0.0, sent / rate - elapsed)
