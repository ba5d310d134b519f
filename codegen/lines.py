"""Lines of code that are written one after the other, with their indentation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Lines:
    """Code in the making; also gives out names for its local variables."""

    def __init__(self, depth: int = 0) -> None:
        self._lines: list[str] = []
        self._depth = depth
        self._count = 0

    def add(self, *lines: str) -> None:
        """Put lines at the end, at the indentation of the block that is open."""
        self._lines += ["    " * self._depth + line for line in lines]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """A compound statement: its head, and what is added meanwhile inside of it."""
        self.add(head)
        self._depth += 1
        yield
        self._depth -= 1

    def name(self, letter: str) -> str:
        """A local variable that is not used yet."""
        self._count += 1
        return f"{letter}{self._count}"

    def text(self) -> str:
        """All lines."""
        return "\n".join(self._lines)
