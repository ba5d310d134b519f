"""Parts of a text that has a greatest length: what fits is shown whole, and a note counts the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from compat_checks.classes import frozen
from compat_checks.report.summary import plural

_RESERVE: Final = 200  # characters for the note of what is left out
_PATIENCE: Final = 20  # parts that do not fit, after which no smaller one is looked for


@frozen
class Block:
    """A part that is shown whole or left out.

    Attributes:
        noun: what it is, for the note of what is left out.
        text: makes it, where there may be room.
        opens: the parts after it stand under its heading; without it they are left out too.
    """

    noun: str
    text: Callable[[], str]
    opens: bool = False


def fitted(head: str, blocks: Iterable[Block], limit: int) -> str:
    """Head and blocks with empty lines between, without those for which `limit` characters have no room."""
    kept, left_out, closed = [head], list[str](), False
    room = limit - _length(head) - _RESERVE
    for block in blocks:
        wanted = len(left_out) < _PATIENCE and (block.opens or not closed)
        text = block.text() if wanted else ""
        if wanted and _length(text) + 2 <= room:
            kept.append(text)
            room -= _length(text) + 2
            closed = False
        else:
            left_out.append(block.noun)
            closed = closed or block.opens
    return "\n\n".join([*kept, *_note(left_out)])


def _note(nouns: list[str]) -> list[str]:
    counted = ", ".join(plural(nouns.count(noun), noun) for noun in dict.fromkeys(nouns))
    return [f"_Cut to the length of a comment. Left out: {counted}. The text report has all._"] if nouns else []


def _length(text: str) -> int:
    """Characters as GitHub may count them at worst: UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
