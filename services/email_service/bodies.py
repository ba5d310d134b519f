"""Bodies: never more of one in memory than the limit, and JSON that has one meaning only."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, NoReturn

from starlette.requests import ClientDisconnect, Request

from services.email_service.problems import ApiError
from services.email_service.settings import Limits
from services.email_service.turns import Turns
from services.web.numbers import whole

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_LARGE: Final = 32_768  # bytes; fewer are parsed sooner than a thread is reached
_MOST_HELD: Final = 32 * 2**20  # bytes; the memory of a container is ten times as much
_DEEP: Final = 32  # levels; a request has three


class _Refused(ValueError):
    """JSON that is well formed for some, and has no one meaning."""


class Bodies:
    """Reads the bodies of requests; belongs to the loop it is first used on."""

    def __init__(self, limits: Limits) -> None:
        """Take how large a body may be, and how long it may take."""
        self._limits = limits
        self._turns = Turns()
        self._held = 0  # bytes of all bodies whose requests are under way

    @asynccontextmanager
    async def reading(self, request: Request, user: str) -> AsyncIterator[Any]:
        """The JSON value of a request's body; its bytes count until the end of the block.

        A large one is parsed on another thread, one at a time, users in turn.

        Raises:
            ApiError: 400, 408, 413, 415 or 503.
        """
        _check_kind(request)
        parts: list[bytes] = []
        try:
            await self._read(request, parts)
            yield await self._parsed(b"".join(parts), user)
        finally:
            self._held -= sum(map(len, parts))

    async def _parsed(self, body: bytes, user: str) -> Any:
        if len(body) <= _LARGE:
            return parse(body)
        async with self._turns.hold(user):
            return await asyncio.to_thread(parse, body)

    async def _read(self, request: Request, parts: list[bytes]) -> None:
        """Gather a body; a length that is announced is judged before anything is read, another while it comes."""
        limits = self._limits
        announced = whole(request.headers.get("content-length", "0"))
        if announced is None or announced > limits.body:
            raise _too_large(limits)
        size = 0
        try:
            async with asyncio.timeout(limits.body_timeout):
                async for part in request.stream():
                    parts.append(part)
                    size += len(part)
                    self._held += len(part)
                    if size > limits.body:
                        raise _too_large(limits)
                    if self._held > _MOST_HELD:
                        raise _too_many()
        except TimeoutError:
            detail = f"the body took longer than {limits.body_timeout:g} s"
            raise ApiError(408, detail, {"Connection": "close"}) from None
        except ClientDisconnect:  # nobody reads this answer; it is counted and logged as what it is
            raise ApiError(400, "the connection was closed before the body was whole") from None


def _check_kind(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or request.headers.get("content-encoding", "identity") != "identity":
        raise ApiError(415, "send Content-Type: application/json and no Content-Encoding")


def _too_large(limits: Limits) -> ApiError:
    # Closing spares us the rest, which nobody is going to read.
    return ApiError(413, f"the body is larger than {limits.body} bytes", {"Connection": "close"})


def _too_many() -> ApiError:
    return ApiError(503, "too many bodies are being read", {"Connection": "close", "Retry-After": "1"})


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
        raise ApiError(400, f"not JSON: {error.msg.removesuffix(' at')} at character {error.pos + 1}") from None
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
