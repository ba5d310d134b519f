"""Header fields of a mail (RFC 5322, section 2.2), as bytes.

The `email` package parses each value that a header is set to: an encoded word in a subject is decoded, and what it
decodes to can add header fields and a body (CVE-2024-6923). Here a value is text and never MIME. Nothing is parsed, so
no version of the interpreter matters, and every line passes `one_line`.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from typing import Final

from services.notification_service.mail_text import one_line

_LINE: Final = 78  # characters (RFC 5322, section 2.1.1)
_LINE_OF_WORDS: Final = 76  # characters of a line with an encoded word (RFC 2047, section 2)
_WORD: Final = 75  # characters of an encoded word with its delimiters
_DELIMITERS: Final = len("=?utf-8?q??=")
_CONTINUATION: Final = 0b10000000  # of an octet that is not the first of its character in UTF-8
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# The characters that stand for themselves in a "Q" word wherever the word is (RFC 2047, section 5, rule 3).
_Q_PLAIN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/ "
_Q: Final = {chr(octet): chr(octet) for octet in _Q_PLAIN} | {" ": "_"}


def text_field(name: str, text: str) -> bytes:
    """Return an unstructured field (RFC 5322, section 3.6.5) whose value reads back as exactly this text.

    Text is written as it is if nobody can read it in another way: printable ASCII with single blanks and without
    `=?`. Otherwise all of it becomes encoded words (RFC 2047), which keep white space.

    Raises:
        NotMailText: the text holds a control character.
    """
    one_line(text)
    used = len(name) + 2
    lines = _folded(text, used) if _reads_as_it_is(text) else None
    return _field(name, lines or _encoded_words(text, used))


def mailbox_field(name: str, display_name: str, address: str) -> bytes:
    """Return a field with one mailbox (RFC 5322, section 3.4).

    Args:
        name: From or To.
        display_name: any text of one line; "" for none.
        address: as `wire_address` returns it.

    Raises:
        NotMailText: the display name holds a control character.
    """
    if not display_name:
        return _field(name, [address])
    one_line(display_name)
    used, path = len(name) + 2, f"<{address}>"
    plain = _ATOMS.fullmatch(display_name) and "=?" not in display_name
    lines = (_folded(display_name, used) if plain else None) or _encoded_words(display_name, used)
    last_used = len(lines[-1]) + (used if len(lines) == 1 else 1)
    if last_used + 1 + len(path) <= _LINE_OF_WORDS:
        return _field(name, [*lines[:-1], f"{lines[-1]} {path}"])
    return _field(name, [*lines, path])


def token_field(name: str, value: str) -> bytes:
    """Return a field whose value this program makes: a date, an id, a media type.

    Raises:
        NotMailText: the value holds a control character.
    """
    return _field(name, [value])


def _field(name: str, lines: Sequence[str]) -> bytes:
    value = "\r\n ".join(map(one_line, lines))
    return f"{name}: {value}\r\n".encode()


def _reads_as_it_is(text: str) -> bool:
    ascii_only = text.isascii() and text.isprintable()
    return ascii_only and "=?" not in text and "  " not in text and text == text.strip(" ")


def _folded(text: str, used: int) -> list[str] | None:
    """Return the lines of a text that is folded at its single blanks; None if one of its words is too long.

    Args:
        text: words with single blanks between them.
        used: characters before it on the first line.
    """
    if used + len(text) <= _LINE:
        return [text]
    lines, line, room = list[str](), "", _LINE - used
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if len(longer) <= room:
            line = longer
        elif line and len(word) < _LINE:
            lines.append(line)
            line, room = word, _LINE - 1
        else:
            return None
    return [*lines, line]


def _encoded_words(text: str, used: int) -> list[str]:
    """Return a text as encoded words, each of whole characters, one for each line (RFC 2047, sections 2 and 5).

    Readers drop the white space between two encoded words (section 6.2), so the folds add nothing.
    """
    octets = text.encode()
    escaped = len(octets.translate(None, _Q_PLAIN))
    q_length, b_length = len(octets) + 2 * escaped, (len(octets) + 2) // 3 * 4
    make = _q_words if q_length <= b_length else _b_words
    return list(make(text, min(_WORD, _LINE_OF_WORDS - used) - _DELIMITERS))


def _q_words(text: str, room: int) -> Iterator[str]:
    word = ""
    for character in text:
        piece = _Q.get(character) or "".join(f"={octet:02X}" for octet in character.encode())
        if len(word) + len(piece) > room:
            yield f"=?utf-8?q?{word}?="
            word, room = "", _WORD - _DELIMITERS
        word += piece
    yield f"=?utf-8?q?{word}?="


def _b_words(text: str, room: int) -> Iterator[str]:
    octets, start = text.encode(), 0
    while start < len(octets):
        end = start + room // 4 * 3
        while end < len(octets) and octets[end] & 0b11000000 == _CONTINUATION:
            end -= 1
        yield f"=?utf-8?b?{b2a_base64(octets[start:end], newline=False).decode()}?="
        start, room = end, _WORD - _DELIMITERS
