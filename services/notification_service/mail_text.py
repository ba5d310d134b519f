"""Which text may stand in a mail: the one gate in front of every header field, SMTP command and body.

This module, `header_fields`, `addresses` and `mime` need the standard library and `idna` only, so that tests can run
them on every interpreter.
"""

from __future__ import annotations

import re
from typing import Final

# C0, DEL and C1 (RFC 5322, section 2.2 allows none of them in a field body but TAB, which folding could change);
# U+2028 and U+2029, which many programs read as line ends; halves of surrogate pairs, which UTF-8 does not have.
_NOT_IN_A_LINE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")


class NotMailText(ValueError):
    """Raised when a text cannot stand in a mail. The message says why and never shows the text."""


def one_line(text: str) -> str:
    """Return the text unchanged if it is one line without control characters.

    Raises:
        NotMailText: a character ends a line, controls a device or is no character; names its code point.
    """
    found = _NOT_IN_A_LINE.search(text)
    if found is not None:
        raise _refusal(text, found.start())
    return text


def body_text(text: str) -> str:
    """Return the text unchanged if a body can carry it.

    Only NUL and lone surrogates are refused. NUL is in no text of a mail: RFC 5322 has it in obsolete syntax only
    (section 4.1), and RFC 2045, sections 2.7 and 2.8, excludes it from 7bit and 8bit data, so servers refuse or cut
    there. All other controls (BEL, ESC, a CR alone) are legal in RFC 5322, section 2.3, or made so by a transfer
    encoding (RFC 2045, section 6.7), and arrive unchanged.

    Raises:
        NotMailText: names the code point.
    """
    nul = text.find("\0")
    if nul >= 0:
        raise _refusal(text, nul)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _refusal(text, error.start) from None
    return text


def smtp_command(text: str) -> bytes:
    """Return a command line of SMTP (RFC 5321, section 2.4), ended by CR LF.

    Raises:
        NotMailText: the text would end the command early.
    """
    return one_line(text).encode() + b"\r\n"


def ehlo_name(host: str) -> str:
    """Return the name for EHLO (RFC 5321, section 4.1.1.1): the host's, or localhost if it is no domain name."""
    return host if len(host) <= 253 and _HOST_NAME.fullmatch(host) else "localhost"


def _refusal(text: str, index: int) -> NotMailText:
    return NotMailText(f"it holds U+{ord(text[index]):04X} at character {index + 1}, which no mail can carry")
