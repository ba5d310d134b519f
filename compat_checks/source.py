"""Schema texts and places in them.

JSON is read with the standard library's C scanner, which keeps no positions. Positions are wanted only when
something is wrong, so they are found then, by a second and slower walk over the same text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final, TypeAlias

from compat_checks.classes import frozen, mutable
from compat_checks.errors import InvalidSchema, Position

Json: TypeAlias = Any  # what json.loads gives: None, bool, int, float, str, list, dict

MAX_TEXT: Final = 8 * 1024 * 1024  # characters; a larger schema is refused before it is read
MAX_NESTING: Final = 800  # arrays and objects inside of each other; Python's own limit lies a little higher

_TOO_DEEP: Final = f"nested too deeply: more than {MAX_NESTING} arrays and objects inside of each other"

MAX_DIGITS: Final = 400  # of a whole number; the largest double has 309

_SHOWN: Final = 30  # characters of a number in a message
_HALF: Final = re.compile("[\ud800-\udfff]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]")
_TOKEN = re.compile(r'\s*([{}\[\],:]|"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s{}\[\],:"]+)', re.DOTALL)


@frozen(eq=False)
class Source:
    """The text that a schema was read from.

    Attributes:
        text: the JSON text.
        path: the file it came from, as it should be shown to people; None where there is no file.
    """

    text: str
    path: str | None = None

    def load(self) -> Json:
        """The JSON value of the text (RFC 8259, as strict as it says).

        Two things that Java's parser takes are refused: a key that is given twice in one object, of which it keeps the
        last one silently; and comments, which no other implementation of Avro reads.

        Raises:
            InvalidSchema: not JSON, a key given twice, too large or too deeply nested.
        """
        if len(self.text) > MAX_TEXT:
            raise InvalidSchema(f"the text is larger than {MAX_TEXT} characters", path=self.path)
        try:
            value = _DECODER.decode(self.text)
        except json.JSONDecodeError as error:
            position = Position(error.lineno, error.colno)
            raise InvalidSchema(f"not JSON: {error.msg}", path=self.path, position=position) from None
        except RecursionError:
            raise InvalidSchema(_TOO_DEEP, path=self.path) from None
        except _KeyTwiceError as error:
            reason = f"the key {error} is given twice in one object"
            raise InvalidSchema(reason, path=self.path, position=self._second_key()) from None
        except _NumberError as error:
            reason = f"the number {error.shown} is larger than any number of Avro"
            raise InvalidSchema(reason, path=self.path, position=self._first(error.lexeme)) from None
        except ValueError as error:  # a constant or a number that Python reads and JSON, or Avro, does not know
            raise InvalidSchema(f"not JSON: {error}", path=self.path) from None
        if self.text.count("{") + self.text.count("[") > MAX_NESTING and _is_deep(value):
            raise InvalidSchema(_TOO_DEEP, path=self.path)
        self._refuse_surrogates()
        return value

    def _refuse_surrogates(self) -> None:
        """Raises InvalidSchema for half of a surrogate pair: no text has it, and UTF-8 cannot write it."""
        if not _SURROGATE.search(self.text):
            return
        for lexeme, start, _ in _lexemes(self.text):
            if lexeme[0] == '"' and (half := _HALF.search(json.loads(lexeme))):
                reason = f"\\u{ord(half[0]):04x} is half of a surrogate pair, and no character"
                raise InvalidSchema(reason, path=self.path, position=self._at(start))

    def _first(self, wanted: str) -> Position | None:
        """Where a lexeme stands for the first time."""
        return next((self._at(start) for lexeme, start, _ in _lexemes(self.text) if lexeme == wanted), None)

    def position(self, pointer: str) -> Position | None:
        """Where the value at a JSON pointer starts; None for a pointer that leads nowhere."""
        offset = self._offsets.get(pointer)
        return None if offset is None else self._at(offset)

    def _second_key(self) -> Position | None:
        """Where a key is given for the second time."""
        seen: list[set[str]] = []
        for lexeme, start, is_key in _lexemes(self.text):
            if lexeme in "{[":
                seen.append(set())
            elif lexeme in "}]":
                seen.pop()
            elif is_key:
                if (key := json.loads(lexeme)) in seen[-1]:
                    return self._at(start)
                seen[-1].add(key)
        return None

    @cached_property
    def _offsets(self) -> dict[str, int]:
        return dict(_offsets(self.text))

    def _at(self, offset: int) -> Position:
        start = self.text.rfind("\n", 0, offset) + 1
        return Position(self.text.count("\n", 0, offset) + 1, offset - start + 1)


class Place:
    """A place in a source: what a finding points to. Two are equal where they point to the same.

    A schema has many and few are ever looked at, so each keeps its parent and its steps, and makes its pointer when
    asked.
    """

    __slots__ = ("_pointer", "parent", "source", "steps")

    def __init__(
        self, source: Source, pointer: str = "", parent: Place | None = None, steps: tuple[str | int, ...] = ()
    ) -> None:
        self.source = source
        self.parent = parent
        self.steps = steps
        self._pointer = None if parent else pointer

    def at(self, *steps: str | int) -> Place:
        """The place that some steps lead to from here."""
        return Place(self.source, "", self, steps)

    def __truediv__(self, step: str | int) -> Place:
        return Place(self.source, "", self, (step,))

    @property
    def pointer(self) -> str:
        """JSON pointer (RFC 6901) of the value."""
        if self._pointer is None:
            steps: list[str] = []
            place = self
            while place.parent:
                steps += [escape(step) for step in reversed(place.steps)]
                place = place.parent
            self._pointer = "/".join([place.pointer, *reversed(steps)])
        return self._pointer

    @property
    def position(self) -> Position | None:
        """Line and column of the value, found when asked for."""
        return self.source.position(self.pointer)

    def error(self, reason: str) -> InvalidSchema:
        """An error that names this place."""
        return InvalidSchema(reason, pointer=self.pointer, path=self.source.path, position=self.position)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Place):
            return NotImplemented
        return self.source is other.source and self.pointer == other.pointer

    def __hash__(self) -> int:
        return hash((id(self.source), self.pointer))

    def __repr__(self) -> str:
        return f"Place({self.source.path!r}, {self.pointer!r})"


def escape(step: str | int) -> str:
    """One step of a JSON pointer (RFC 6901, section 3)."""
    return str(step).replace("~", "~0").replace("/", "~1")


class _KeyTwiceError(ValueError):
    """Raised where an object has a key twice; its text is the key, quoted."""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        raise _KeyTwiceError(json.dumps(next(name for name in names if names.count(name) > 1)))
    return result


class _NumberError(ValueError):
    """Raised for a number that nothing can hold.

    Attributes:
        lexeme: as it is written.
        shown: the same, short enough for a message.
    """

    def __init__(self, lexeme: str) -> None:
        self.lexeme = lexeme
        self.shown = lexeme if len(lexeme) <= _SHOWN else f"{lexeme[:_SHOWN]}… ({len(lexeme)} characters)"
        super().__init__(self.shown)


def _whole(lexeme: str) -> int:
    if len(lexeme) > MAX_DIGITS:
        raise _NumberError(lexeme)
    return int(lexeme)


def _decimal(lexeme: str) -> float:
    number = float(lexeme)
    if math.isinf(number):
        raise _NumberError(lexeme)
    return number


def _constant(name: str) -> Json:
    raise ValueError(f"{name} is no value of JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole, parse_float=_decimal
)


def _is_deep(value: Json) -> bool:
    """Whether a value is nested deeper than MAX_NESTING."""
    layer, depth = [value], 0
    while layer and depth <= MAX_NESTING:
        depth += 1
        layer = [item for one in layer if isinstance(one, dict | list) for item in _items(one)]
    return depth > MAX_NESTING


def _items(value: dict[str, Json] | list[Json]) -> Iterable[Json]:
    return value.values() if isinstance(value, dict) else value


def _lexemes(text: str) -> Iterator[tuple[str, int, bool]]:
    """The lexemes of a text that is known to be JSON, without commas and colons: text, offset, whether it is a key."""
    objects: list[bool] = []  # for each container that is open: whether it is an object
    expects_key = False
    for token in _TOKEN.finditer(text):
        lexeme, start = token.group(1), token.start(1)
        if lexeme == ":":
            continue
        if lexeme == ",":
            expects_key = objects[-1]
            continue
        is_key = expects_key and lexeme != "}"
        expects_key = lexeme == "{"
        if lexeme in "{[":
            objects.append(lexeme == "{")
        elif lexeme in "}]":
            objects.pop()
        yield lexeme, start, is_key


@mutable
class _Frame:
    """A container that the walk is in: its pointer, and the step to the value that comes next."""

    pointer: str
    step: str | int


def _offsets(text: str) -> Iterator[tuple[str, int]]:
    """Pointer and offset of every value of a text that is known to be JSON."""
    frames: list[_Frame] = []
    for lexeme, start, is_key in _lexemes(text):
        if lexeme in "}]":
            frames.pop()
        elif is_key:
            frames[-1].step = json.loads(lexeme)
        else:
            pointer = ""
            if frames:
                top = frames[-1]
                pointer = f"{top.pointer}/{escape(top.step)}"
                top.step = top.step + 1 if isinstance(top.step, int) else top.step
            yield pointer, start
            if lexeme in "{[":
                frames.append(_Frame(pointer, 0 if lexeme == "[" else ""))
