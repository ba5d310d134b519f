"""Which records of the DLQ must be read, and which of these decoded, to find the letters of a selection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from eccs_contracts.dead_letters.errors import PartitionMissing
from eccs_contracts.dead_letters.letters import Letter, Place

_GAP: Final = 2_000  # records: reading over so many costs less than beginning to read at another offset


@dataclass(frozen=True, slots=True)
class Bounds:
    """Offsets of a partition, from `low` to before `high`."""

    low: int
    high: int


def chosen(found: Mapping[int, Bounds], partitions: Collection[int], topic: str) -> dict[int, Bounds]:
    """Return the partitions that are asked for; all of them if none is.

    Raises:
        PartitionMissing: the topic does not have one of them; names it and those that there are.
    """
    if missing := set(partitions) - found.keys():
        raise PartitionMissing(f"{topic} has no partition {min(missing)}; its partitions are 0 to {max(found)}")
    return {number: one for number, one in found.items() if not partitions or number in partitions}


Part: TypeAlias = dict[int, Bounds]  # what is read at once, by partition


@dataclass(frozen=True, slots=True)
class Scan:
    """Some records that were read.

    Attributes:
        letters: those of the selection among them.
        read: number of records.
        reached: the first offset that was not read, of each partition that a record was read of.
    """

    letters: Sequence[Letter]
    read: int
    reached: Mapping[int, int]


def parts_of(bounds: Mapping[int, Bounds], places: Iterable[Place]) -> list[Part]:
    """Divide the reading of single places into parts: places that lie near each other are read in one go.

    Args:
        bounds: what each partition holds; places outside of it are left out.
        places: where the letters lie.
    """
    runs: dict[int, list[Bounds]] = {}
    for one in sorted(places):
        if one.partition not in bounds or not _holds(bounds[one.partition], one.offset):
            continue
        found = runs.setdefault(one.partition, [])
        if found and one.offset - found[-1].high <= _GAP:
            found[-1] = Bounds(found[-1].low, one.offset + 1)
        else:
            found.append(Bounds(one.offset, one.offset + 1))
    longest = max(map(len, runs.values()), default=0)
    return [{number: found[at] for number, found in runs.items() if at < len(found)} for at in range(longest)]


def within(part: Mapping[int, Bounds], start: Mapping[int, int], end: Mapping[int, int]) -> Part:
    """Cut a part to the offsets from `start` to before `end`; a partition that neither names is left out."""
    return {
        number: Bounds(max(one.low, start[number]), min(one.high, end[number]))
        for number, one in part.items()
        if number in start and number in end
    }


def windows(bounds: Bounds, size: int, largest: int) -> list[Bounds]:
    """Divide a partition into windows to read backwards, the last offsets first.

    Args:
        bounds: what the partition holds.
        size: offsets of the first window; each next one is twice as large.
        largest: offsets of a window at most.
    """
    found, high = [], bounds.high
    while high > bounds.low:
        low = max(bounds.low, high - size)
        found.append(Bounds(low, high))
        high, size = low, min(2 * size, largest)
    return found


def needles(ids: Iterable[str]) -> tuple[bytes, ...]:
    """What the bytes of a letter hold, one of them, if its e-mail has one of these ids; in lower case."""
    return tuple(form for one in ids for form in (one.lower().encode(), one.lower().replace("-", "").encode()))


def may_hold(key: bytes | None, value: bytes | None, wanted: Sequence[bytes]) -> bool:
    """Whether a record may be about one of the wanted e-mails, by its bytes alone.

    An id is the record's key and, as text, part of the value, so that most records need not be decoded. The key alone
    does not decide: a producer may have written another one.
    """
    found = (key or b"").lower(), (value or b"").lower()
    return any(one in text for text in found for one in wanted)


def _holds(bounds: Bounds, offset: int) -> bool:
    return bounds.low <= offset < bounds.high
