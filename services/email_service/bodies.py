"""Bodies: never more of one in memory than the limit, and JSON that has one meaning only."""

from __future__ import annotations

import asyncio
import json
import math
import re
from typing import Any, Final, NoReturn

from starlette.requests import ClientDisconnect, Request

from services.email_service.problems import ApiError
from services.email_service.settings import Limits

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_DEEP: Final = 32  # levels; a request has three


class _Refused(ValueError):
    """JSON that is well formed for some, and has no one meaning."""


async def read_json(request: Request, limits: Limits) -> Any:
    """The JSON value of a request's body.

    Raises:
        ApiError: 400, 408, 413 or 415.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or request.headers.get("content-encoding", "identity") != "identity":
        raise ApiError(415, "send Content-Type: application/json and no Content-Encoding")
    return parse(await _read(request, limits))


async def _read(request: Request, limits: Limits) -> bytes:
    """The body; a length that is announced is judged before anything is read, another while it comes."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or len(announced) > 18 or int(announced) > limits.body:
        raise _too_large(limits)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_timeout):
            async for part in request.stream():
                size += len(part)
                if size > limits.body:
                    raise _too_large(limits)
                parts.append(part)
    except ClientDisconnect:  # nobody reads this answer; it is counted and logged as what it is
        raise ApiError(400, "the connection was closed before the body was whole") from None
    except TimeoutError:
        raise ApiError(408, f"the body took longer than {limits.body_timeout:g} s", {"Connection": "close"}) from None
    return b"".join(parts)


def _too_large(limits: Limits) -> ApiError:
    # Closing spares us the rest, which nobody is going to read.
    return ApiError(413, f"the body is larger than {limits.body} bytes", {"Connection": "close"})


def parse(body: bytes) -> Any:
    """JSON (RFC 8259) as UTF-8, strictly: no name twice, no NaN or infinity, no half of a surrogate pair.

    Raises:
        ApiError: 400, with the rule.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
        )
        if _SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise ApiError(400, "the body is not UTF-8, or holds half of a surrogate pair") from None
    except RecursionError:
        raise ApiError(400, "the body is nested too deeply") from None
    except _Refused as error:
        raise ApiError(400, str(error)) from None
    except json.JSONDecodeError as error:
        raise ApiError(400, f"not JSON: {error.msg} at character {error.pos}") from None
    except ValueError:  # CPython's limit on the digits of an int
        raise ApiError(400, "a number is too long") from None
    if _deeper(value, _DEEP):
        raise ApiError(400, f"the body is nested deeper than {_DEEP} levels")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Refused("a name stands twice in an object")
    return found


def _constant(_: str) -> NoReturn:
    raise _Refused("NaN and infinity are no JSON")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Refused("a number is too large for a double")
    return value


def _deeper(value: Any, most: int) -> bool:
    """Whether a value is nested deeper than `most`; level by level, so that depth costs no stack."""
    level = [value]
    for _ in range(most):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in _inner(outer)]
        if not level:
            return False
    return True


def _inner(outer: dict[str, Any] | list[Any]) -> Any:
    return outer.values() if isinstance(outer, dict) else outer
