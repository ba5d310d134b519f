r"""The one way by which text leaves a command: nothing in it can steer a terminal or a pipeline.

Escaped are characters of the general categories Cc, Cf, Cs, Co, Cn, Zl and Zp (Unicode Standard, chapter 4.5), those
with the property Default_Ignorable_Code_Point (DerivedCoreProperties.txt), such as variation selectors, and what the
log of a pipeline would obey: `::command::` of GitHub at the start of a line, `##[`, `##vso[` and `##teamcity[`.
`eccs_contracts.safe_output` does the same for its commands: neither package may import the other.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, TextIO, cast

_KEPT: Final = 4_096  # characters whose escapes are kept
_SPACES: Final = frozenset(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
# Default_Ignorable_Code_Point, as far as the categories above do not have it: marks, letters and variation selectors.
_IGNORABLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_STYLE: Final = re.compile(r"(\x1b\[(?:0|2|1|1;3[1-4])m)")  # what our own reports use
_COMMAND: Final = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_JSON: Final = "escapes of JSON"  # a handler of errors, as codecs.register_error takes it
_MARK: Final = re.compile(r"#(?=#(?:\[|vso\[|teamcity\[))")


def is_hidden(character: str) -> bool:
    """Whether a character cannot be seen, or changes how others are seen."""
    plain = character.isprintable() or character in _SPACES
    return not plain or _IGNORABLE.match(character) is not None


def visible(text: str, keep: str = "") -> str:
    r"""The text with hidden characters as escapes (`\n`, `\x1b`, `\u202e`); those of `keep` stay."""
    return _escaped(text, keep, _as_python)


class _Escapes(dict[int, str]):
    """What stands for each character, as `str.translate` takes it; the first that are asked for are kept."""

    def __init__(self, keep: str, escape: Callable[[str], str]) -> None:
        super().__init__({ord(one): one for one in keep})
        self._escape = escape

    def __missing__(self, code: int) -> str:
        character = chr(code)
        shown = self._escape(character) if is_hidden(character) else character
        if len(self) < _KEPT:
            self[code] = shown
        return shown


@lru_cache(maxsize=16)
def _escapes(keep: str, escape: Callable[[str], str]) -> _Escapes:
    return _Escapes(keep, escape)


def _escaped(text: str, keep: str, escape: Callable[[str], str]) -> str:
    return text if text.isascii() and text.isprintable() else text.translate(_escapes(keep, escape))


def _as_python(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def print_lines(lines: Iterable[str]) -> None:
    """Print lines; a line break in one of them is shown as an escape."""
    for line in lines:
        sys.stdout.write(f"{visible(line, keep=chr(9))}\n")


class SafeStream:
    r"""A text stream that escapes what is written to it, except for line breaks and tabs.

    The escapes are those of JSON (`\u202e`), so that a JSON document stays one. What the encoding of the stream does
    not have is escaped, too: no report fails because of a dash.
    """

    def __init__(self, stream: TextIO) -> None:
        self.raw = stream
        self._fresh = True  # nothing but blanks stands on the last line

    def write(self, text: str) -> int:
        """Write text that may hold anything."""
        return self.put(text)

    def put(self, text: str, *, keep: str = "", styles: bool = False, commands: bool = False) -> int:
        """Write text, which may hold our own styles or workflow commands where that is said.

        Args:
            text: what to write.
            keep: hidden characters of our own words, such as the variation selector of a sign.
            styles: the SGR sequences of our own reports stay.
            commands: the workflow commands in it are ours; whoever made them has escaped the rest.
        """
        if not isinstance(text, str):
            raise TypeError(f"text is expected, not {type(text).__name__}")
        parts = _STYLE.split(text) if styles else [text]
        safe = "".join(part if odd % 2 else _escaped(part, f"\n\t{keep}", _as_json) for odd, part in enumerate(parts))
        self.raw.write(_encodable(safe if commands else self._disarmed(safe), self.raw.encoding))
        last = text.rpartition("\n")
        self._fresh = not last[2].strip() and (bool(last[1]) or self._fresh)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def _disarmed(self, text: str) -> str:
        if "::" in text:
            head, rest = ("", text) if self._fresh else _first_line(text)
            text = head + _COMMAND.sub(r"\1\\u003a", rest)
        return _MARK.sub(r"\\u0023", text) if "##" in text else text

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # bytes would pass unseen
            raise AttributeError(name)
        return getattr(self.raw, name)


def _first_line(text: str) -> tuple[str, str]:
    head, end, rest = text.partition("\n")
    return head + end, rest


def _as_json(character: str) -> str:
    return json.dumps(character)[1:-1]


def _unknown(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return _as_json(error.object[error.start : error.end]), error.end


codecs.register_error(_JSON, _unknown)


def _encodable(text: str, encoding: str | None) -> str:
    """The text; what the encoding does not have as escapes of JSON."""
    encoding = encoding or "utf-8"
    return text.encode(encoding, _JSON).decode(encoding)


@contextmanager
def safe_streams() -> Iterator[None]:
    """Standard output and standard error are safe as long as this lasts."""
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", SafeStream(one)) for one in streams)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
