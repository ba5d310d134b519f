"""Which letters a page is about: what was typed, checked, as a selection, as options of a run, and as a link."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from eccs_contracts import EmailRequest, EmailRetry, ErrorCategory
from eccs_contracts.dead_letters.decision import MOST_REDRIVES, Guard
from eccs_contracts.dead_letters.letters import UNREADABLE, place_of
from eccs_contracts.dead_letters.numbers import rate, whole
from eccs_contracts.dead_letters.redriving import Order
from eccs_contracts.dead_letters.selection import Selection, where
from eccs_contracts.dead_letters.times import instant

Fields: TypeAlias = Mapping[str, Sequence[str]]

CATEGORIES: Final = (*(str(one) for one in ErrorCategory), UNREADABLE)
TARGETS: Final = frozenset((EmailRequest.TOPIC, EmailRetry.TOPIC))
MOST_IDS: Final = 500
_LONGEST: Final = 200  # characters of a text
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MANY: Final = ("id", "category", "topic")  # fields that may be given several times
_OPTIONS: Final = frozenset(
    ("ids", "categories", "reason", "topics", "since", "until", "partitions", "where", "everything", "max_redrives")
)


class BadInput(ValueError):
    """Raised where something that was typed is not what it should be; `field` is its name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Filter:
    """What was typed; empty where nothing was.

    Attributes:
        ids: e-mail ids and places.
        since: an instant, or a time before now.
        until: as `since`.
    """

    ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    reason: str = ""
    topics: tuple[str, ...] = ()
    since: str = ""
    until: str = ""

    @property
    def empty(self) -> bool:
        """Whether every letter is meant."""
        return self == Filter()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Names and values, as a form sends them."""
        many = {"id": self.ids, "category": self.categories, "topic": self.topics}
        one = {"reason": self.reason, "since": self.since, "until": self.until}
        return [(name, value) for name, values in many.items() for value in values] + [
            (name, value) for name, value in one.items() if value
        ]

    def query(self, **more: object) -> str:
        """The query of a link: what was typed, and more."""
        return urlencode([*self.pairs, *more.items()])

    def selection(self, now: datetime) -> Selection:
        """The letters that are meant; relative times are taken from `now`.

        Raises:
            BadInput: a time is none.
        """
        places = {text: place_of(text) for text in self.ids}
        return Selection(
            ids=frozenset(text.lower() for text, place in places.items() if place is None),
            places=frozenset(place for place in places.values() if place is not None),
            categories=frozenset(self.categories),
            topics=frozenset(self.topics),
            reason=self.reason,
            since=_time("since", self.since, now),
            until=_time("until", self.until, now),
        )

    def pinned(self, now: datetime) -> Filter:
        """The same letters whenever it is read: times are instants, and what is given up from `now` on is not meant.

        Raises:
            BadInput: a time is none.
        """
        since, until = _time("since", self.since, now), _time("until", self.until, now)
        end = now if until is None else min(until, now)
        return replace(self, since=since.isoformat() if since else "", until=end.isoformat(timespec="milliseconds"))


def filter_of(fields: Fields) -> Filter:
    """What a form or a link says.

    Raises:
        BadInput: a value is not what it should be; times are looked at where they are used.
    """
    ids = tuple(dict.fromkeys(text for value in fields.get("id", ()) for text in value.split()))
    if len(ids) > MOST_IDS:
        raise BadInput("id", f"{len(ids)} ids are more than the {MOST_IDS} that may be given at once")
    for text in ids:
        if place_of(text) is None and not _ID.fullmatch(text):
            raise BadInput("id", "an id is an e-mail id, or PARTITION/OFFSET")
    categories = tuple(dict.fromkeys(one for one in fields.get("category", ()) if one))
    if not set(categories) <= set(CATEGORIES):
        raise BadInput("category", f"a category is one of {', '.join(CATEGORIES)}")
    topics = tuple(dict.fromkeys(one for one in fields.get("topic", ()) if one))
    texts = {name: text_of(fields, name) for name in ("reason", "since", "until")}
    if any(len(one) > _LONGEST for one in topics):
        raise BadInput("topic", f"a topic has at most {_LONGEST} characters")
    return Filter(ids=ids, categories=categories, topics=topics, **texts)


def typed_of(fields: Fields) -> Filter:
    """Return what was typed, also if it is not usable, so that the form still has it; long texts are cut."""
    many = {name: tuple(one[:_LONGEST] for one in fields.get(name, ()) if one)[:MOST_IDS] for name in _MANY}
    texts = {name: first(fields, name)[:_LONGEST] for name in ("reason", "since", "until")}
    ids = tuple(text for value in many["id"] for text in value.split())
    return Filter(ids=ids, categories=many["category"], topics=many["topic"], **texts)


def first(fields: Fields, name: str) -> str:
    """The first value that a form has of a name; empty where it has none."""
    return next(iter(fields.get(name, ())), "")


def text_of(fields: Fields, name: str) -> str:
    """One text of a form, without blanks around it; empty where it is not there.

    Raises:
        BadInput: it is too long, or no text.
    """
    found = first(fields, name).strip()
    if len(found) > _LONGEST or not found.isprintable():
        raise BadInput(name, f"at most {_LONGEST} printable characters are expected")
    return found


def redrives_of(fields: Fields) -> int:
    """How often one message may be redriven: the loop guard.

    Raises:
        BadInput: it is no number from 1 to MOST_REDRIVES.
    """
    text = text_of(fields, "max_redrives")
    try:
        return whole(text, 1, MOST_REDRIVES) if text else Guard(frozenset()).max_redrives
    except ValueError as error:
        raise BadInput("max_redrives", str(error)) from None


def rate_of(fields: Fields) -> float | None:
    """Messages a second at most; None for as fast as the broker takes them.

    Raises:
        BadInput: it is no number from LEAST_RATE to MOST_RATE.
    """
    text = text_of(fields, "rate")
    try:
        return rate(text) if text else None
    except ValueError as error:
        raise BadInput("rate", f"{error}; or nothing, for as fast as the broker takes them") from None


def options_of(chosen: Filter, max_redrives: int) -> dict[str, Any]:
    """A selection as a run keeps it: as `eccs-contracts dlq redrive` writes it, so that either can continue a run."""
    return {
        "ids": list(chosen.ids),
        "categories": list(chosen.categories),
        "reason": chosen.reason,
        "topics": list(chosen.topics),
        "since": chosen.since or None,
        "until": chosen.until or None,
        "partitions": [],
        "where": [],
        "everything": chosen.empty,
        "max_redrives": max_redrives,
    }


def order_of(options: Mapping[str, Any], started: datetime, rate: float | None) -> Order:
    """What a run does, by its options.

    Args:
        options: of a run, begun here or by `eccs-contracts dlq redrive`.
        started: what relative times are taken from.
        rate: messages a second at most.

    Raises:
        BadInput: the options are of another version of the command.
    """
    if set(options) != _OPTIONS:
        raise BadInput("options", "the run was begun by another version: continue it where it was begun")
    chosen = Filter(
        ids=tuple(options["ids"]),
        categories=tuple(options["categories"]),
        reason=options["reason"],
        topics=tuple(options["topics"]),
        since=options["since"] or "",
        until=options["until"] or "",
    )
    selection = replace(
        chosen.selection(started),
        partitions=frozenset(options["partitions"]),
        where=tuple(where(text) for text in options["where"]),
    )
    return Order(selection, Guard(TARGETS, options["max_redrives"]), rate)


def _time(field: str, text: str, now: datetime) -> datetime | None:
    try:
        return instant(text, now) if text else None
    except ValueError as error:
        raise BadInput(field, str(error)) from None
