r"""Masks e-mail addresses and the user information of URIs in text that somebody else wrote.

The one masker of this project: logs, reasons of dead letters and metadata all go through `mask_text`. It takes time in
proportion to the length of the text: each expression reads a run of characters once and never gives one back.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "***"
MAX_MASKED: Final = 16_000  # characters of one text that are looked at and shown

# The only address that messages of this project hold. RFC 2606, section 3, reserves the domain: it is nobody's.
EXAMPLE: Final = "name@example.com"

_LONGEST: Final = 320  # characters that an address has at most: 64, @, 255 (RFC 5321, section 4.5.3.1)
# What ends an address where it is not quoted. An apostrophe, `=` and `/` are atext (RFC 5322, section 3.2.3).
_END: Final = r"\s<>\"(),;:\[\]"
_SIGNS: Final = ("@", "\uff20", "\ufe6b", "%40")
_AT: Final = r"(?:[@\uff20\ufe6b]|%40)"  # as people type it, as IDNA maps it (RFC 3490), as URIs write it
_PART: Final = rf"(?:[^{_END}%@\uff20\ufe6b]|%(?!40))"
_ADDRESS: Final = rf"""
      (?P<slashes>://) [^\s/?\#<>\"]+ (?=@)                   # user and password of a URI (RFC 3986, section 3.2.1)
    | \" (?:[^\"\\\r\n]|\\[^\r\n]){{1,128}} \" @ [^{_END}]*+  # "a quoted local part"@domain
    | (?<! [^{_END}] ) (?P<before>(?:'|{_AT})*+)              # at the start of a word only, so that each is read once
      {_PART}++ {_AT} [^{_END}']*+ (?:'(?=\w)[^{_END}']++)*+ # local part, @, domain
      (?: (?<=[@\uff20\ufe6b]) \[ [^\s\[\]]{{1,64}} \] )?     # a domain that is an address literal
"""
ADDRESS: Final = re.compile(_ADDRESS, re.VERBOSE)


def mask_text(text: str, most: int = MAX_MASKED) -> str:
    """A text with `***` in place of each e-mail address and of the user information of each URI.

    Args:
        text: of any length.
        most: characters that are kept; how many more there were is said at the end.
    """
    kept = _shortened(text, most)
    shown = ADDRESS.sub(_masked, kept) if any(sign in kept for sign in _SIGNS) else kept
    return shown if kept is text else f"{shown}… {len(text) - len(kept):,} more characters"


def _masked(found: re.Match[str]) -> str:
    before = found["before"] or found["slashes"] or ""
    address = found[0][len(before) :]
    return found[0] if address.rstrip(".") == EXAMPLE else f"{before}{MASK}"


def _shortened(text: str, most: int) -> str:
    """The first characters; without the last word, which could be the local part of an address that is cut."""
    if len(text) <= most:
        return text
    kept = text[:most]
    start = max(0, most - _LONGEST)
    last = max((found.end() for found in re.finditer(rf"[{_END}]", kept[start:])), default=0)
    return kept[: start + last] if last else kept
