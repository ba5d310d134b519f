"""What a mail server said, as it may be logged, stored and shown: one line, bounded, without personal data.

The text comes from outside: it can quote the recipient or our login, and hold anything that a terminal obeys.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from eccs_contracts.masking import MASK, mask_text

MOST: Final = 200  # characters
_READ: Final = 1000  # characters that are looked at
_SHORTEST: Final = 3  # characters: hiding every "a" of a text would hide nothing


def server_text(text: str, hidden: Collection[str] = ()) -> str:
    """Return the text of a reply on one line of at most MOST characters.

    Args:
        text: as the server sent it, of any length.
        hidden: what is never shown, for example the recipient and a password; shorter than three characters is.
    """
    lines = [_printable(line) for line in text[:_READ].splitlines()]
    line = " ".join(" ".join(lines).split())
    for secret in sorted((one for one in hidden if len(one) >= _SHORTEST), key=len, reverse=True):
        line = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, line, flags=re.IGNORECASE)
    line = mask_text(line, _READ)
    return line if len(line) <= MOST else line[: MOST - 1] + "…"


def _printable(line: str) -> str:
    """Without controls, and without characters that are not seen and could split an address in two for the masker."""
    return "".join(char if char != "\t" else " " for char in line if char.isprintable() or char == "\t")
