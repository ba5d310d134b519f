"""Reading Avro binary with every check, for the slow path (Avro specification 1.12, "Binary Encoding")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from eccs_contracts._codec import varint
from eccs_contracts._codec.at import At

# Items of arrays whose items take no byte: more than a message has bytes, they are an attack, not data.
MAX_EMPTY_ITEMS: Final = 65_536


@dataclass(slots=True)
class Cursor:
    """A position in a message.

    Attributes:
        empty_left: how many items without bytes may still come, in the whole message.
    """

    data: bytes
    position: int = 0
    empty_left: int = MAX_EMPTY_ITEMS

    @property
    def left(self) -> int:
        """How many bytes follow."""
        return len(self.data) - self.position

    def take(self, size: int, at: At) -> bytes:
        """The next bytes."""
        if size > self.left:
            at.broken(f"{size} bytes are expected, {self.left} are left", self.position)
        start = self.position
        self.position += size
        return self.data[start : self.position]

    def varint(self, at: At) -> int:
        """An unsigned varint."""
        try:
            value, self.position = varint.read_varint(self.data, self.position)
        except IndexError:
            at.broken("the message ends inside of a number", self.position)
        except ValueError:
            at.broken("a number of more than 64 bits", self.position)
        return value

    def int64(self, at: At) -> int:
        """A long."""
        value = self.varint(at)
        return value >> 1 ^ -(value & 1)

    def int32(self, at: At) -> int:
        """An int."""
        start = self.position
        value = self.int64(at)
        if not varint.INT_MIN <= value <= varint.INT_MAX:
            at.broken("an int of more than 32 bits", start)
        return value

    def sized(self, at: At) -> bytes:
        """A length, and as many bytes."""
        start = self.position
        size = self.int64(at)
        if size < 0:
            at.broken(f"a negative length, {size}", start)
        if size > self.left:
            at.broken(f"{size} bytes are expected, {self.left} are left", start)
        return self.take(size, at)

    def count(self, at: At, least: int) -> int:
        """How many items the next block has, 0 at the end.

        Args:
            at: where the array or map stands.
            least: bytes that an item takes at least.
        """
        start = self.position
        count = self.int64(at)
        if count < 0:
            count = -count
            if self.int64(at) < 0:
                at.broken("a block of a negative size", start)
        if least == 0:
            self.empty_left -= count
        if count * least > self.left or self.empty_left < 0:
            at.broken(f"a block of {count} items, {self.left} bytes are left", start)
        return count
