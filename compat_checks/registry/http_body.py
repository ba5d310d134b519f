"""Bodies of requests and answers: JSON, strictly."""

from __future__ import annotations

import json
import math
import re
from typing import Final, NoReturn

from compat_checks.registry.refused import Refused
from compat_checks.source import Json

_SENT: Final = ("application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json", "application/json")
_ANY: Final = frozenset(("", "*/*", "application/*"))
_ZERO: Final = re.compile(r"q=0(\.0{0,3})?")


def json_of(body: bytes) -> Json:
    """The JSON value of a body; None for an empty one.

    Raises:
        Refused: 400, it is not JSON, or holds a number that is not finite or has thousands of digits.
    """
    try:
        return json.loads(body, parse_constant=_no_number, parse_float=_finite) if body.strip() else None
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON") from None


def rendered(value: Json) -> bytes:
    """A JSON value as it is sent."""
    return json.dumps(value).encode()


def media_type(accept: str) -> str:
    """The type of an answer: the first of ours that the header Accept names.

    Args:
        accept: in lower case; empty if the client does not care.

    Raises:
        Refused: 406, it names none.
    """
    ranges = [one.strip().partition(";") for one in accept.split(",")]
    wanted = {kind.strip() for kind, _, weight in ranges if not _ZERO.fullmatch(weight.strip())}
    if wanted & _ANY:
        return _SENT[0]
    for kind in _SENT:
        if kind in wanted:
            return kind
    raise Refused(406, f"HTTP 406 Not Acceptable: answers are {_SENT[0]}")


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("too large")
    return number
