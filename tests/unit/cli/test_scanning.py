"""What of the DLQ is read and decoded to find some letters: no more than must be."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from eccs_contracts.dead_letters.errors import PartitionMissing
from eccs_contracts.dead_letters.letters import Place
from eccs_contracts.dead_letters.scanning import Bounds, chosen, may_hold, needles, parts_of, windows, within
from eccs_contracts.dead_letters.selection import Selection
from tests.unit.cli.letters import envelope, letter, request

BOUNDS = {0: Bounds(10, 100_000), 1: Bounds(0, 50)}


@pytest.mark.parametrize(
    ("places", "parts"),
    [
        ([], []),
        ([Place(0, 500)], [{0: Bounds(500, 501)}]),
        ([Place(0, 10), Place(0, 99_999)], [{0: Bounds(10, 11)}, {0: Bounds(99_999, 100_000)}]),
        ([Place(0, 9), Place(0, 100_000), Place(1, 50), Place(2, 0)], []),  # retention, the end, no such partition
        ([Place(0, 4_000), Place(0, 1_999)], [{0: Bounds(1_999, 4_001)}]),  # near each other: one read
        ([Place(0, 4_001), Place(0, 2_000)], [{0: Bounds(2_000, 4_002)}]),
        ([Place(0, 4_002), Place(0, 2_000)], [{0: Bounds(2_000, 2_001)}, {0: Bounds(4_002, 4_003)}]),
        ([Place(0, 20), Place(1, 0), Place(1, 1)], [{0: Bounds(20, 21), 1: Bounds(0, 2)}]),
    ],
)
def test_only_places_that_are_asked_for_are_read(places: list[Place], parts: list[dict[int, Bounds]]) -> None:
    """Each in a part of its own, unless reading over what is between costs less."""
    assert parts_of(BOUNDS, places) == parts


@pytest.mark.parametrize(("asked", "numbers"), [((), [0, 1]), ((1,), [1]), ((1, 0, 1), [0, 1])])
def test_the_partitions_that_are_asked_for_are_read(asked: tuple[int, ...], numbers: list[int]) -> None:
    """All of them if none is."""
    assert chosen(BOUNDS, asked, "t") == {number: BOUNDS[number] for number in numbers}


def test_a_partition_that_there_is_not_is_named() -> None:
    """Nothing found in it would look as if it were empty."""
    with pytest.raises(PartitionMissing, match=r"^t has no partition 2; its partitions are 0 to 1$"):
        chosen(BOUNDS, (0, 2, 3), "t")


def test_a_run_goes_on_where_it_stopped() -> None:
    """And reads nothing that was written after it began."""
    part = {0: Bounds(0, 100), 1: Bounds(5, 10), 2: Bounds(0, 1)}

    assert within(part, {0: 40, 1: 0}, {0: 60, 1: 8}) == {0: Bounds(40, 60), 1: Bounds(5, 8)}


def test_windows_go_backwards_and_grow() -> None:
    """They meet, hold everything, and no window is larger than the largest."""
    found = windows(Bounds(3, 100), 10, 40)

    assert found == [Bounds(90, 100), Bounds(70, 90), Bounds(30, 70), Bounds(3, 30)]
    assert windows(Bounds(3, 3), 10, 40) == []


def test_the_bytes_of_a_letter_hold_the_id_of_its_e_mail() -> None:
    """In Avro and in JSON, whatever the key is and however the id was written."""
    one, other = request(id=uuid.uuid4()), request(id=uuid.uuid4())
    wanted = needles([str(one.id).upper()])
    in_json = b'{"originalData": {"id": "%s"}}' % str(one.id).upper().encode()

    assert may_hold(b"another key", envelope(one).to_avro(), wanted)
    assert may_hold(str(one.id).encode(), None, wanted)
    assert may_hold(None, in_json, wanted)
    assert may_hold(None, one.id.hex.encode(), wanted)
    assert not may_hold(str(other.id).encode(), envelope(other).to_avro(), wanted)
    assert not may_hold(None, None, wanted)


def test_a_letter_that_could_not_be_decoded_is_found_by_the_id_in_its_key() -> None:
    """Whether its original or the letter itself is unreadable; a decoded one only by its own id."""
    named, other = str(uuid.uuid4()), str(uuid.uuid4())
    undecoded = replace(letter(1), key=named.upper().encode(), envelope=envelope(None, b"junk", key=b"order-7"))
    unreadable = replace(undecoded, envelope=None)
    decoded = replace(undecoded, envelope=letter(2).envelope)
    found = [one for one in (undecoded, unreadable, decoded) if Selection(ids=frozenset({named})).matches(one)]

    assert found == [undecoded, unreadable]
    assert not Selection(ids=frozenset({other})).matches(undecoded)
