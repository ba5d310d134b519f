"""How the parts of a record are written: as latin-1 text or as bytes (a part of stage three)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MAX_PARTS: Final = 28  # CPython builds a tuple of more than 30 through a list
# Index of a branch -> the table of small numbers that have it in front.
BEHIND: Final = {0: "FIRST_LEN", 1: "SECOND_LEN"}


@dataclass(frozen=True, slots=True)
class Form:
    """Text or bytes: what the tables and functions are called."""

    binary: bool

    def literal(self, raw: bytes) -> str:
        """Bytes, as a literal."""
        return repr(raw) if self.binary else repr(raw.decode("latin-1"))

    def one(self, parts: list[str]) -> str:
        """Some parts as one; texts are known to be `str` itself, which is what an f-string does not check."""
        if len(parts) == 1:
            return parts[0]
        if not self.binary:
            inside = (part[1:-1] if part[0] == "'" else f"{{{part}}}" for part in parts)
            return f"f'{''.join(inside)}'"
        if len(parts) == 2:  # adding two is faster than joining them
            return " + ".join(f"({part})" if " " in part else part for part in parts)
        return self.join(parts)

    @property
    def nothing(self) -> str:
        """The literal of no bytes."""
        return 'b""' if self.binary else '""'

    def table(self, name: str) -> str:
        """The table of that name for this form."""
        return f"{name}_B" if self.binary else name

    def varint(self, kind: str) -> str:
        """The function that writes an "int" or a "long"."""
        return f"{kind}_bytes" if self.binary else f"{kind}_text"

    def small(self, value: str, condition: str, kind: str, index: int | None) -> str:
        """A number that mostly is small, behind the index of its branch."""
        name = "LEN" if index is None else BEHIND[index]
        head = "" if index is None else f"{self.table('LAST')}[{2 * index}] + "
        return f"{self.table(name)}[{value}] if {condition} else {head}{self.varint(kind)}({value})"

    def of_bytes(self, expression: str) -> str:
        """An expression of bytes, in this form."""
        return expression if self.binary else f'{expression}.decode("latin-1")'

    def join(self, parts: list[str]) -> str:
        """All parts as one, however many there are."""
        if len(parts) == 1:
            return parts[0]
        chunks = [parts[start : start + _MAX_PARTS] for start in range(0, len(parts), _MAX_PARTS)]
        whole = chunks[0] if len(chunks) == 1 else [self.join(chunk) for chunk in chunks]
        return f"{self.nothing}.join(({', '.join(whole)}))"


def zigzag(index: int) -> bytes:
    """The varint of an index."""
    number, out = index << 1, bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))
