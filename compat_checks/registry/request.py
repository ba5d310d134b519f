"""One call of the API, as its handlers see it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from compat_checks.classes import frozen
from compat_checks.registry.refused import Refused
from compat_checks.registry.values import DEFAULT_CONTEXT, qualified, version_number

_NUMBER: Final = re.compile("[+-]?[0-9]{1,10}")


@frozen
class Request:
    """A call: the variable parts of its path, its query and its body.

    Attributes:
        parts: unquoted.
        body: empty where the call has none, or one that is not an object.
        context: the one that the path starts with (`/contexts/:.name:/...`).
    """

    parts: tuple[str, ...]
    query: Mapping[str, Sequence[str]]
    body: Mapping[str, Any]
    context: str = DEFAULT_CONTEXT

    def flag(self, name: str) -> bool:
        """A boolean of the query; Python clients write `True`."""
        return self.text(name).lower() == "true"

    def text(self, name: str) -> str:
        """A text of the query; empty where it is not given."""
        return self.query.get(name, ("",))[0]

    def number(self, name: str, default: int) -> int:
        """A number of the query, of 32 bits; the default if it is not given.

        Raises:
            Refused: 404 for any other text, as Confluent's registry answers.
        """
        text = self.text(name)
        if not text:
            return default
        if not _NUMBER.fullmatch(text) or not -(2**31) <= int(text) < 2**31:
            raise Refused(404, f"HTTP 404 Not Found: {name} is not a number")
        return int(text)

    @property
    def subject(self) -> str:
        """The subject of the path; the scope of all where the path has none.

        Raises:
            Refused: 42208, it is not a subject.
        """
        if self.parts:
            return qualified(self.parts[0], self.context)
        return "" if self.context == DEFAULT_CONTEXT else f":{self.context}:"

    @property
    def version(self) -> int:
        """The version of the path.

        Raises:
            Refused: 42202, it is not a version.
        """
        return version_number(self.parts[1])
