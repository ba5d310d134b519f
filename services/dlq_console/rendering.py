"""Pages: Jinja2 with everything escaped, and what a dead letter could hide made visible."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eccs_contracts.dead_letters.masking import Masked, mask_text
from eccs_contracts.dead_letters.times import age
from eccs_contracts.safe_output import is_hidden

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LAYOUT: Final = "\n\t"
_LINE: Final = 16  # bytes of a line of a hexadecimal dump
MOST_DUMPED: Final = 4_096
MOST_SHOWN: Final = 20_000  # characters of one value


def visible(value: object) -> str:
    """A text in which no character is hidden: control, format, ignorable and unassigned ones become escapes."""
    text = str(value)
    shown = "".join(_escape(one) if is_hidden(one) else one for one in text[:MOST_SHOWN])
    cut = len(text) - MOST_SHOWN
    return f"{shown}… and {cut:,} more characters" if cut > 0 else shown


def _escape(one: str) -> str:
    if one in _LAYOUT:
        return one
    return f"\\x{ord(one):02x}" if ord(one) < 0x100 else f"\\u{{{ord(one):x}}}"


def dump(raw: bytes) -> str:
    """Bytes as offset, hexadecimal and ASCII, at most the first `MOST_DUMPED`."""
    return "\n".join(_dumped(raw[:MOST_DUMPED]))


def _dumped(raw: bytes) -> Iterator[str]:
    for start in range(0, len(raw), _LINE):
        line = raw[start : start + _LINE]
        text = "".join(chr(one) if 0x20 <= one < 0x7F else "." for one in line)
        yield f"{start:06x}  {line[:8].hex(' '):<23}  {line[8:].hex(' '):<23}  {text}"


def utc(value: datetime) -> str:
    """An instant for people."""
    return f"{value:%Y-%m-%d %H:%M:%S} UTC"


def ago(value: datetime, now: datetime) -> str:
    """How long ago, in the two largest units."""
    return f"{age(now - value)} ago"


def words(name: str) -> str:
    """A wire name, or a state, as words: `failureReason` is `failure reason`, `NO_VALUE` is `no value`."""
    return _HUMP.sub(" ", name).replace("_", " ").replace("-", " ").lower()


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """A JSON tree as rows of path and value; what is absent is left out."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        elif value is not None and not isinstance(value, list):
            yield prefix + name, value


class Renderer:
    """The templates of this package."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "visible": visible,
            "masked": mask_text,
            "dump": dump,
            "utc": utc,
            "ago": ago,
            "words": words,
            "number": lambda value: f"{value:,}",
        }

        self._environment.tests["masked"] = lambda value: isinstance(value, Masked)

    def __call__(self, template: str, **values: object) -> str:
        """A page."""
        return self._environment.get_template(template).render(**values)
