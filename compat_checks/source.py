"""Schema texts and places in them.

JSON is read with the standard library's C scanner, which keeps no positions. Positions are wanted only when
something is wrong, so they are found then, by a second and slower walk over the same text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

from compat_checks.errors import InvalidSchema, Position

Json: TypeAlias = Any  # what json.loads gives: None, bool, int, float, str, list, dict

MAX_TEXT: Final = 8 * 1024 * 1024  # characters; a larger schema is refused before it is read

_TOKEN = re.compile(r'\s*([{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+)', re.DOTALL)


@dataclass(frozen=True, eq=False)
class Source:
    """The text that a schema was read from.

    Attributes:
        text: the JSON text.
        path: the file it came from, as it should be shown to people; None where there is no file.
    """

    text: str
    path: str | None = None

    def load(self) -> Json:
        """The JSON value of the text.

        Raises:
            InvalidSchema: not JSON, a key given twice, too large or too deeply nested.
        """
        if len(self.text) > MAX_TEXT:
            raise InvalidSchema(f"the text is larger than {MAX_TEXT} characters", path=self.path)
        try:
            return json.loads(self.text, object_pairs_hook=self._object)
        except json.JSONDecodeError as error:
            position = Position(error.lineno, error.colno)
            raise InvalidSchema(f"not JSON: {error.msg}", path=self.path, position=position) from None
        except RecursionError:
            raise InvalidSchema("nested too deeply", path=self.path) from None

    def position(self, pointer: str) -> Position | None:
        """Where the value at a JSON pointer starts; None for a pointer that leads nowhere."""
        offset = self._offsets.get(pointer)
        return None if offset is None else self._at(offset)

    def _object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        result = dict(pairs)
        if len(result) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InvalidSchema(f'the key "{twice}" is given twice in one object', path=self.path)
        return result

    @cached_property
    def _offsets(self) -> dict[str, int]:
        return dict(_offsets(self.text))

    def _at(self, offset: int) -> Position:
        start = self.text.rfind("\n", 0, offset) + 1
        return Position(self.text.count("\n", 0, offset) + 1, offset - start + 1)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a source: what a finding points to."""

    source: Source
    pointer: str = ""

    def __truediv__(self, step: str | int) -> Place:
        return Place(self.source, f"{self.pointer}/{escape(step)}")

    @property
    def position(self) -> Position | None:
        """Line and column of the value, found when asked for."""
        return self.source.position(self.pointer)

    def error(self, reason: str) -> InvalidSchema:
        """An error that names this place."""
        return InvalidSchema(reason, pointer=self.pointer, path=self.source.path, position=self.position)


def escape(step: str | int) -> str:
    """One step of a JSON pointer (RFC 6901, section 3)."""
    return str(step).replace("~", "~0").replace("/", "~1")


@dataclass(slots=True)
class _Frame:
    """A container that the walk is in: its pointer, and the step to the value that comes next."""

    pointer: str
    is_object: bool
    step: str | int = 0
    expects_key: bool = field(default=False)


def _offsets(text: str) -> Iterator[tuple[str, int]]:
    """Pointer and offset of every value of a text that is known to be JSON."""
    frames: list[_Frame] = []
    for token in _TOKEN.finditer(text):
        lexeme, start = token.group(1), token.start(1)
        top = frames[-1] if frames else None
        if lexeme in "}]":
            frames.pop()
        elif lexeme == ":":
            continue
        elif lexeme == "," and top:
            top.expects_key = top.is_object
            top.step = top.step if top.is_object else int(top.step) + 1
        elif top and top.expects_key:
            top.step, top.expects_key = json.loads(lexeme), False
        else:
            pointer = f"{top.pointer}/{escape(top.step)}" if top else ""
            yield pointer, start
            if lexeme in "{[":
                frames.append(_Frame(pointer, is_object=lexeme == "{", expects_key=lexeme == "{"))
