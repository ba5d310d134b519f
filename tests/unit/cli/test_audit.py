"""The audit of redrives: what an entry of the ledger says, who may work, what is known of a letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from eccs_contracts.dead_letters.audit import (
    STALE,
    TRACED,
    Batch,
    End,
    Item,
    ItemState,
    Lock,
    earliest,
    end_of,
    is_held,
    latest,
)
from eccs_contracts.dead_letters.letters import Place
from tests.unit.cli.letters import NOW, envelope, letter

ITEM = Item("0/1@5", "run", Place(0, 1), "id", 2, "email_requests", NOW, ItemState.SENT, ("email_requests", 3, 9))
BEFORE, AFTER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("entry", "end"),
    [
        (None, End.UNDER_WAY),
        ({"state": "sent", "redrive": 2}, End.DELIVERED),
        ({"state": "dead", "redrive": 2}, End.DEAD),
        ({"state": "expired", "redrive": 2}, End.EXPIRED),
        ({"state": "unknown", "redrive": 2}, End.UNKNOWN),
        ({"state": "sending", "redrive": 2}, End.UNDER_WAY),
        ({"state": "retrying", "redrive": 1}, End.UNDER_WAY),
        ({"state": "dead", "redrive": 1}, End.UNDER_WAY),  # of the life before
        ({"state": "sent", "redrive": 1}, End.DELIVERED),  # it had been delivered all the time
        ({"state": "sent", "redrive": 3}, End.DEAD),  # otherwise there had been nothing to redrive a third time
        ({"state": "sending", "redrive": 3}, End.DEAD),
        ({"state": "dead", "updatedAt": AFTER}, End.DEAD),  # a ledger that does not count redrives
        ({"state": "dead", "updatedAt": BEFORE}, End.UNDER_WAY),
        ({"state": "sent", "updatedAt": BEFORE}, End.DELIVERED),
    ],
)
def test_the_end_of_a_message_is_that_of_this_life(entry: dict[str, Any] | None, end: End) -> None:
    """An entry of an earlier life says nothing."""
    assert end_of(ITEM, {} if entry is None else {"id": entry}, NOW + timedelta(days=1)) == end


def test_what_has_no_id_is_in_the_ledger_by_its_place() -> None:
    """Where the redrive wrote it to; or, if it can be decoded by now, by the id that key or headers name."""
    assert ITEM.ledger_ids == ("id",)
    assert replace(ITEM, email_id=None).ledger_ids == ("email_requests/3/9",)
    assert replace(ITEM, email_id=None, likely_id="key").ledger_ids == ("email_requests/3/9", "key")
    assert replace(ITEM, email_id=None, target=None).ledger_ids == ()


@pytest.mark.parametrize(
    ("state", "end", "shown"),
    [
        (ItemState.SENT, None, End.UNDER_WAY),
        (ItemState.SENT, End.DEAD, End.DEAD),
        (ItemState.NOT_SENT, None, None),
        (ItemState.INTENDED, None, None),
    ],
)
def test_what_was_sent_and_has_no_end_is_under_way(state: ItemState, end: End | None, shown: End | None) -> None:
    """Also where nobody has asked the ledger yet."""
    one = replace(ITEM, state=state, end=end)

    assert (one.shown_end, one.to_json()["end"]) == (shown, shown)


@pytest.mark.parametrize(
    ("entries", "later", "end"),
    [
        ({}, TRACED - timedelta(seconds=1), End.UNDER_WAY),
        ({}, TRACED, End.SENT_AGAIN),
        ({"email_requests/3/9": {"state": "dead", "redrive": 2}}, TRACED, End.DEAD),
        ({"key": {"state": "sent", "redrive": 2}}, TRACED, End.DELIVERED),
        ({"key": {"state": "sending", "redrive": 2}}, TRACED, End.UNDER_WAY),
        ({"key": {"state": "dead", "redrive": 1}}, TRACED, End.UNDER_WAY),  # of another life
    ],
)
def test_what_cannot_be_traced_is_not_under_way_for_ever(entries: dict[str, Any], later: timedelta, end: End) -> None:
    """After a minute it is sent again, and no more is known, until the ledger knows it."""
    one = replace(ITEM, email_id=None, likely_id="key")

    assert end_of(one, entries, NOW + later) == end


@pytest.mark.parametrize(
    ("key", "headers", "likely"),
    [
        (b"7F1C2F7E-1111-4222-8333-444455556666", [], "7f1c2f7e-1111-4222-8333-444455556666"),
        (b"order-7", [("x-email-id", b"7f1c2f7e-1111-4222-8333-444455556666")], "7f1c2f7e-1111-4222-8333-444455556666"),
        (b"\xff", [], None),
        (None, [("x-email-id", b"7")], None),
    ],
)
def test_an_undecoded_original_may_name_its_id(key: bytes | None, headers: Any, likely: str | None) -> None:
    """In its key, or in a header of ours."""
    one = replace(letter(1), key=b"letter", envelope=envelope(None, b"junk", key=key, headers=headers))

    assert one.likely_id == likely


@pytest.mark.parametrize(
    ("lock", "alive", "held"),
    [
        (Lock("here", 7, NOW - STALE / 2), True, True),
        (Lock("here", 7, NOW - STALE), True, False),  # stopped, or another program that got its number
        (Lock("here", 7, NOW), False, False),
        (Lock("here", 1, NOW), True, False),  # a container's process 1 sees its own number
        (Lock("there", 7, NOW - STALE / 2), False, True),
        (Lock("there", 7, NOW - STALE), True, False),
    ],
)
def test_a_lock_is_held_by_who_lives(lock: Lock, alive: bool, held: bool) -> None:
    """By its last sign of life; here the process is looked for, too."""
    assert is_held(lock, Lock("here", 1, NOW), alive=alive) is held


def test_what_was_sent_is_never_forgotten() -> None:
    """Whatever later batches say of the same letter, in whatever order they are read."""
    failed = replace(ITEM, state=ItemState.NOT_SENT, at=AFTER)
    other = replace(ITEM, identity="0/2@5", state=ItemState.NOT_SENT, at=BEFORE)
    newer = replace(other, state=ItemState.FAILED, at=NOW)

    assert latest([ITEM, failed, newer, other]) == {"0/1@5": ITEM, "0/2@5": newer}
    assert latest([failed, ITEM, other, newer]) == {"0/1@5": ITEM, "0/2@5": newer}


def test_the_first_letters_of_a_run_are_found_among_many() -> None:
    """By their places, each once, whatever the order of the batches is."""
    items = [replace(ITEM, identity=f"0/{number}", place=Place(0, number)) for number in range(100)]
    failed = [replace(one, state=ItemState.NOT_SENT, at=BEFORE) for one in items]

    assert earliest([*reversed(items), *failed], 3) == items[:3]
    assert earliest([*failed, *items], 200) == items
    assert earliest([], 3) == []


@pytest.mark.parametrize(("state", "open_"), [(ItemState.INTENDED, True), (ItemState.SENT, False)])
def test_a_batch_is_open_while_one_is_uncertain(state: ItemState, open_: bool) -> None:
    """That is what is settled after a crash."""
    assert Batch("b", "run", (ITEM, replace(ITEM, state=state))).open is open_
