"""Messages that somebody broke, and what must come of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from eccs_contracts._codec import varint
from eccs_contracts._codec.record import Record
from eccs_contracts.errors import DecodeError
from tests.property.codec.values import Values, alike, datum_of, read, write

# Lengths and counts that no message of a few kilobytes can hold.
_NUMBERS: Final = (2**20, 2**31, 2**40, 2**60, 2**63 - 1, -1, -(2**40), -(2**63))
BOMBS: Final = (*map(varint.long_bytes, _NUMBERS), b"\x80" * 9 + b"\x01", b"\xff" * 10, b"\xff" * 30)
_POOL: Final = 150  # good messages, from which the damaged ones are made


@dataclass(frozen=True, slots=True)
class Target:
    """A decoder of ours.

    Attributes:
        writer: the schema of the bytes.
        reader: that of the values, where it is another one.
    """

    name: str
    decode: Callable[[bytes], Record]
    writer: str
    reader: str | None = None


@dataclass(slots=True)
class Outcome:
    """What came of many messages.

    Attributes:
        counts: how often it was what.
        wrong: what must not have been, for a message.
        slowest: seconds that the slowest message took us.
    """

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0


def run(target: Target, count: int, seed: int) -> Outcome:
    """Feed a decoder with damaged messages, and compare with fastavro."""
    found = Outcome()
    for data in _messages(target.writer, count, seed):
        start = time.perf_counter()
        ours = _ours(target, data)
        found.slowest = max(found.slowest, time.perf_counter() - start)
        verdict = _verdict(ours, _theirs(target, data))
        found.counts[verdict] += 1
        if verdict.startswith("WRONG"):
            found.wrong.append(f"{target.name}: {verdict}: {data!r}")
    return found


def _messages(schema: str, count: int, seed: int) -> Iterator[bytes]:
    random = Random(seed)
    values = Values(schema, random)
    pool = [write(schema, values.one()) for _ in range(_POOL)]
    small = [one for one in pool if len(one) < 4096] or pool
    for _ in range(count):
        yield _damaged(bytearray(random.choice(small)), small, random)


def _damaged(data: bytearray, pool: list[bytes], random: Random) -> bytes:
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        random.choice(_DAMAGES)(data, pool, random)
    return bytes(data)


def _flip(data: bytearray, _: list[bytes], random: Random) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _truncate(data: bytearray, _: list[bytes], random: Random) -> None:
    del data[random.randint(0, len(data)) :]


def _insert(data: bytearray, _: list[bytes], random: Random) -> None:
    place = random.randint(0, len(data))
    data[place:place] = random.randbytes(random.randint(1, 8))


def _bomb(data: bytearray, _: list[bytes], random: Random) -> None:
    place = random.randint(0, len(data))
    data[place : place + random.randint(0, 2)] = random.choice(BOMBS)


def _splice(data: bytearray, pool: list[bytes], random: Random) -> None:
    other = random.choice(pool)
    data[random.randint(0, len(data)) :] = other[random.randint(0, len(other)) :]


def _noise(data: bytearray, _: list[bytes], random: Random) -> None:
    data[:] = random.randbytes(random.randint(0, 200))


_DAMAGES: Final = (_flip, _flip, _truncate, _insert, _bomb, _splice, _noise)


def _ours(target: Target, data: bytes) -> Any:
    try:
        return target.decode(data)
    except Exception as error:  # noqa: BLE001  which one it is, is the question
        return error


def _theirs(target: Target, data: bytes) -> Any:
    try:
        return read(target.writer, data, target.reader)
    except Exception as error:  # noqa: BLE001  fastavro raises whatever it meets
        return error


def _verdict(ours: Any, theirs: Any) -> str:
    """Both read the same; or we refuse, whatever fastavro, which is less strict, says."""
    if isinstance(ours, DecodeError):
        return "refused by both" if isinstance(theirs, Exception) else "refused by us"
    if isinstance(ours, Exception):
        return f"WRONG: raised {type(ours).__name__}"
    if isinstance(theirs, Exception):
        return f"WRONG: read, where fastavro raises {type(theirs).__name__}"
    return "read alike" if alike(datum_of(ours), theirs) else "WRONG: read otherwise"
