"""The audit of redrives: what an entry of the ledger says, who may work, what is known of a letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from eccs_contracts.dead_letters.audit import STALE, Batch, End, Item, ItemState, Lock, end_of, is_held, latest
from eccs_contracts.dead_letters.letters import Place
from tests.unit.cli.letters import NOW

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
    assert end_of(ITEM, entry) == end


def test_what_has_no_id_is_in_the_ledger_by_its_place() -> None:
    """Where the redrive wrote it to; before that, it is not there."""
    assert ITEM.ledger_id == "id"
    assert replace(ITEM, email_id=None).ledger_id == "email_requests/3/9"
    assert replace(ITEM, email_id=None, target=None).ledger_id is None


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


@pytest.mark.parametrize(("state", "open_"), [(ItemState.INTENDED, True), (ItemState.SENT, False)])
def test_a_batch_is_open_while_one_is_uncertain(state: ItemState, open_: bool) -> None:
    """That is what is settled after a crash."""
    assert Batch("b", "run", (ITEM, replace(ITEM, state=state))).open is open_
