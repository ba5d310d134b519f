"""JSON objects of foreign producers: strict (RFC 8259), bounded, and without a silent change of any value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from eccs_contracts.errors import DecodeError

MAX_DEPTH: Final = 100  # levels of objects and arrays; interpreters differ in what they can follow
INT64: Final = range(-(2**63), 2**63)

_BOM: Final = b"\xef\xbb\xbf"
_STARTS: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[{\[]")
# The byte-order marks of UTF-16 and of UTF-32 in little-endian order, and JSON in either without a mark. What starts
# with a zero byte, as the other order does, is a frame.
_WIDE: Final = re.compile(rb"\xff\xfe|\xfe\xff|[{\[]\x00")
_INT64_DIGITS: Final = 19
_SHOWN: Final = 20
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_KINDS: Final = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Unfit:
    """A JSON number that neither 64 bits nor a double can hold; no field takes it.

    Attributes:
        text: as it is written.
    """

    text: str = field(repr=False)

    def __repr__(self) -> str:
        if len(self.text) <= _SHOWN:
            return self.text
        return f"{self.text[:_SHOWN]}... ({len(self.text):,} characters)"

    @property
    def bound(self) -> int:
        """The end of the 64-bit range that lies in its direction."""
        return INT64.start if self.text.startswith("-") else INT64.stop - 1


class Repeating(dict[str, Any]):
    """An object in which names are repeated; holds the last value of each.

    Attributes:
        repeated: these names, in their order.
    """

    repeated: tuple[str, ...] = ()


def looks_like_json(value: bytes) -> bool:
    """Whether a value starts as a JSON object or array does: after a byte-order mark and blanks, or in UTF-16.

    No Avro message of our contracts does: a frame starts with a zero byte and Avro alone with the length of an id.
    """
    return _STARTS.match(value) is not None or _WIDE.match(value) is not None


def load_object(value: bytes) -> dict[str, Any]:
    """The object of a JSON text in UTF-8; a byte-order mark before it is skipped (RFC 8259, section 8.1).

    An integer beyond 64 bits and a number beyond a double become `Unfit`; an object that repeats a name is a
    `Repeating`.

    Raises:
        DecodeError: not UTF-8, not JSON, nested too deeply, or not an object.
    """
    return _loaded(text_of(value))


def json_kind(value: Any) -> str:
    """The kind of a JSON value that is no object, in the words of RFC 8259: "an array", "null"."""
    return _KINDS.get(type(value), "a number")


def text_of(value: bytes) -> str:
    """The text of JSON in UTF-8, without a byte-order mark; raises as `load_object`."""
    if _WIDE.match(value):
        raise DecodeError("UTF-16 or UTF-32, but JSON is read in UTF-8 only (RFC 8259, section 8.1)", offset=0)
    try:
        return value.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError("not UTF-8", offset=error.start) from None


def load_text(text: str) -> dict[str, Any] | None:
    """The object of a text inside of JSON; None if the text is no JSON object."""
    try:
        return _loaded(text)
    except DecodeError:
        return None


def member_text(text: str, name: str) -> str | None:
    """The value of a member of an object exactly as it is written; None if there is none, the last one if several.

    Args:
        text: of an object that `load_object` has read.
        name: of the member.
    """
    found, at = None, _after_blanks(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _after_blanks(text, _after_blanks(text, at) + 1)
        _, at = _DECODER.raw_decode(text, start)
        if key == name:
            found = text[start:at]
        at = _after_blanks(text, at)
        if text[at] == ",":
            at = _after_blanks(text, at + 1)
    return found


def _loaded(text: str) -> dict[str, Any]:
    try:
        found = _DECODER.decode(text)
        deep = text.count("{") + text.count("[") > MAX_DEPTH and _is_deep(found)
    except json.JSONDecodeError as error:
        reason = f"{error.msg.removesuffix(' at')} at character {error.pos + 1:,}"
        raise DecodeError(f"not JSON: {reason}", offset=error.pos) from None
    except RecursionError:
        deep = True
    if deep:
        raise DecodeError(f"JSON nested too deeply: at most {MAX_DEPTH} levels are read")
    if not isinstance(found, dict):
        raise DecodeError(f"a JSON object is expected, not {json_kind(found)}", offset=0)
    return found


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for one in level for inner in _inner(one)]
    return any(isinstance(one, dict | list) for one in level)


def _inner(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    again = {name: None for name, _ in pairs if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
    repeating = Repeating(made)
    repeating.repeated = tuple(again)
    return repeating


def _integer(text: str) -> int | Unfit:
    if len(text) > _INT64_DIGITS + 1:  # and converting millions of digits takes very long, where it is allowed
        return Unfit(text)
    number = int(text)
    return number if number in INT64 else Unfit(text)


def _real(text: str) -> float | Unfit:
    number = float(text)
    return number if math.isfinite(number) else Unfit(text)


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no JSON number", name, 0)


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_real, parse_constant=_refuse_constant
)
