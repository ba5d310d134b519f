"""The offsets of one partition that are taken and not finished, one bit each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

_BITS: Final = 1024  # offsets in a block: small enough that changing one bit of a block costs little


class OpenOffsets:
    """A sorted set of offsets that grows at its end; each operation takes constant time, amortised.

    A million open offsets in a row need about 150 KB. Offsets that were never added cost nothing, however many they
    are.
    """

    def __init__(self) -> None:
        self._blocks: dict[int, int] = {}  # number of a block -> its bits; a block without a bit is removed
        self._order: deque[int] = deque()  # numbers of blocks, ascending; those that were removed are dropped lazily
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, offset: int) -> bool:
        number, bit = divmod(offset, _BITS)
        return bool(self._blocks.get(number, 0) >> bit & 1)

    @property
    def first(self) -> int | None:
        """The lowest offset; None if there is none."""
        while self._order:
            bits = self._blocks.get(self._order[0])
            if bits:
                return self._order[0] * _BITS + (bits & -bits).bit_length() - 1
            self._order.popleft()
        return None

    def add(self, offset: int) -> None:
        """Add an offset that is higher than all offsets that were ever added."""
        number, bit = divmod(offset, _BITS)
        if not self._order or self._order[-1] != number:
            self._order.append(number)
        self._blocks[number] = self._blocks.get(number, 0) | 1 << bit
        self._count += 1

    def remove(self, offset: int) -> bool:
        """Remove an offset; False if it is not here."""
        if offset not in self:
            return False
        number, bit = divmod(offset, _BITS)
        self._blocks[number] ^= 1 << bit
        if not self._blocks[number]:
            del self._blocks[number]
        self._count -= 1
        return True

    def runs(self) -> Iterator[range]:
        """The offsets in ascending runs; a run that crosses the border of two blocks comes in two parts."""
        for number in self._order:
            bits = bin(self._blocks.get(number, 0))[:1:-1]  # the lowest first: searching a text is fast
            start = bits.find("1")
            while start >= 0:
                stop = bits.find("0", start)
                stop = len(bits) if stop < 0 else stop
                yield range(number * _BITS + start, number * _BITS + stop)
                start = bits.find("1", stop)

    def __iter__(self) -> Iterator[int]:
        for run in self.runs():
            yield from run
