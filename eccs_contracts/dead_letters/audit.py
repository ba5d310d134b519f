"""What is written down about redrives: runs, and each letter of a run. Values only, no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from eccs_contracts.dead_letters.decision import Send
from eccs_contracts.dead_letters.letters import Place

STALE: Final = timedelta(seconds=60)  # a run that gave no sign of life for so long is dead, or stopped and fenced off


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    FINISHED = "finished"
    ABANDONED = "abandoned"


class ItemState(StrEnum):
    """What became of the original of one letter.

    INTENDED is written before the message is sent: after a crash, the target topic is asked which it was.
    """

    INTENDED = "intended"
    SENT = "sent"
    NOT_SENT = "not-sent"
    FAILED = "failed"


class End(StrEnum):
    """How a message that was sent again ended, by the ledger.

    SENT_AGAIN is for a message without an e-mail id that the ledger does not know by its place either: if it can be
    decoded by now, its end stands under an id that the audit record does not have.
    """

    DELIVERED = "delivered"
    DEAD = "dead"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    UNDER_WAY = "under-way"
    SENT_AGAIN = "sent-again"


OPEN_ENDS: Final = (None, End.UNDER_WAY, End.SENT_AGAIN)  # the ledger is asked again
TRACED: Final = timedelta(seconds=60)  # how long a message without an id is under way before it counts as sent again


_ENDS: Final = {"sent": End.DELIVERED, "dead": End.DEAD, "expired": End.EXPIRED, "unknown": End.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Item:
    """One letter of a run.

    Attributes:
        identity: of the letter; a letter is sent again once, in whatever run.
        redrive: which redrive of the message it is.
        target: topic, partition and offset that it was written to; None where it was not.
        at: when it was intended.
        end: how the message ended, as far as the ledger has been asked.
        likely_id: the e-mail id that key or headers of an undecoded original name; None if they name none.
    """

    identity: str
    run: str
    place: Place
    email_id: str | None
    redrive: int
    topic: str
    at: datetime
    state: ItemState = ItemState.INTENDED
    target: tuple[str, int, int] | None = None
    error: str | None = None
    end: End | None = None
    likely_id: str | None = None

    @property
    def shown_end(self) -> End | None:
        """How it ended as people are told: what was sent and has no end yet is under way. None if it was not sent."""
        return self.end or (End.UNDER_WAY if self.state is ItemState.SENT else None)

    @property
    def ledger_ids(self) -> tuple[str, ...]:
        """Keys that its entry in the ledger may have: the e-mail id; without one, its place, then the likely id."""
        if self.email_id is not None:
            return (self.email_id,)
        place = () if self.target is None else ("{}/{}/{}".format(*self.target),)
        return place if self.likely_id is None else (*place, self.likely_id)

    def to_json(self) -> dict[str, Any]:
        """What machines are told of it."""
        return {
            "place": str(self.place),
            "emailId": self.email_id,
            "redrive": self.redrive,
            "state": self.state,
            "target": self.target and "{}/{}/{}".format(*self.target),
            "end": self.shown_end,
        }


def latest(items: Iterable[Item]) -> dict[str, Item]:
    """The items by the identity of their letters; of one that several batches had, that it was sent, if it was."""
    found: dict[str, Item] = {}
    for one in items:
        other = found.get(one.identity)
        if other is None or (one.state is ItemState.SENT, one.at) > (other.state is ItemState.SENT, other.at):
            found[one.identity] = one
    return found


def earliest(items: Iterable[Item], most: int) -> list[Item]:
    """Return the items with the smallest places, one of each letter as `latest` does; holds few at a time."""
    kept: dict[str, Item] = {}
    for one in items:
        kept |= latest([*([kept[one.identity]] if one.identity in kept else []), one])
        if len(kept) > 2 * most:
            kept = {each.identity: each for each in _by_place(kept)[:most]}
    return _by_place(kept)[:most]


def _by_place(items: Mapping[str, Item]) -> list[Item]:
    return sorted(items.values(), key=lambda one: one.place)


def item(send: Send, run: str, now: datetime) -> Item:
    """What is written down before a message is sent."""
    letter = send.letter
    email_id = str(send.request_id) if send.request_id else letter.email_id
    likely = None if email_id else letter.likely_id
    return Item(letter.identity, run, letter.place, email_id, send.redrive, send.topic, now, likely_id=likely)


@dataclass(frozen=True, slots=True)
class Batch:
    """Items that were sent together: what one document of the audit record holds."""

    id: str
    run: str
    items: tuple[Item, ...]

    @property
    def open(self) -> bool:
        """Whether it is not certain of each item whether it was sent."""
        return any(one.state is ItemState.INTENDED for one in self.items)


@dataclass(frozen=True, slots=True)
class Run:
    """One redrive.

    Attributes:
        by: who, as user@host.
        options: the selection and the guard as they were typed; a run is continued by the same ones.
        started: also the instant that relative times in the options are taken from.
        until: where each partition of the DLQ ended when the run began: what comes back is for another run.
        reached: the first offset of each partition that has not been looked at.
    """

    id: str
    by: str
    note: str
    options: Mapping[str, Any]
    started: datetime
    until: Mapping[int, int]
    reached: Mapping[int, int]
    state: RunState = RunState.RUNNING
    left: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """A correction of one letter; who and why is in its run.

    Attributes:
        run: name of the run that sent it.
        identity: of the letter.
        before: the request as the letter has it, in its plain JSON form; personal data.
        after: the request that was sent; personal data.
    """

    run: str
    identity: str
    at: datetime
    before: Mapping[str, Any] = field(repr=False)
    after: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lock:
    """Who redrives at this moment.

    Attributes:
        host: of the process.
        pid: of the process.
        beat: its last sign of life.
    """

    host: str
    pid: int
    beat: datetime


def is_held(lock: Lock, me: Lock, *, alive: bool) -> bool:
    """Whether somebody else still works under a lock.

    Args:
        lock: as it was found.
        me: who asks; `beat` is now.
        alive: whether this machine has a process of the lock's number.
    """
    here = lock.host == me.host
    return me.beat - lock.beat < STALE and not (here and (not alive or lock.pid == me.pid))


def end_of(one: Item, entries: Mapping[str, Mapping[str, Any]], now: datetime) -> End:
    """How a message ended, by the entries of the ledger under its `ledger_ids`.

    An entry of an earlier life of the e-mail says nothing of this one. It is of this one where it counts this redrive,
    or, in a ledger that does not count them, where it was written after the message was intended. Where it counts a
    later redrive, this one ended dead: otherwise there would have been no letter to redrive.
    """
    found = [_end(one, entries[name]) for name in one.ledger_ids if name in entries]
    known = next((end for end in found if end is not End.UNDER_WAY), None)
    if known is not None:
        return known
    traceable = one.email_id is not None or now - one.at < TRACED
    return End.UNDER_WAY if found or traceable else End.SENT_AGAIN


def _end(one: Item, entry: Mapping[str, Any]) -> End:
    end = _ENDS.get(str(entry["state"]))
    if entry.get("redrive", 0) > one.redrive:
        return End.DEAD
    if end is None:
        return End.UNDER_WAY
    if "redrive" not in entry:
        return end if end is End.DELIVERED or entry["updatedAt"] >= one.at else End.UNDER_WAY
    return end if end is End.DELIVERED or entry["redrive"] == one.redrive else End.UNDER_WAY
