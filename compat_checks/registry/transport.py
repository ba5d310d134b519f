"""Calls of a registry: retried where that is safe and may help, and with errors that say what to do."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import Final, Self

import httpx

from compat_checks.classes import frozen
from compat_checks.errors import RegistryRefused, RegistryUnreachable
from compat_checks.registry.access import Access
from compat_checks.registry.http_bounds import MAX_ANSWER, AnswerRefused, bind
from compat_checks.source import Json

MAX_MESSAGE: Final = 4000  # characters of a message of the registry's; it repeats schemas
_TIMEOUTS: Final = (TimeoutError, httpx.TimeoutException)
_FAILURES: Final = (httpx.RequestError, TimeoutError, AnswerRefused)
_RETRYABLE: Final = frozenset((408, 429, 500, 502, 503, 504))
_ACCEPT: Final = "application/vnd.schemaregistry.v1+json, application/json"
_HINTS: Final = {
    401: "does not know who we are; give a user and password, a token or a certificate",
    403: "does not allow this to who we are",
    407: "is behind a proxy that wants to know who we are",
    429: "takes no more calls for now; try again later",
}


@frozen
class Pace:
    """How often a call is tried, and how long is waited in between: full jitter over a doubling limit.

    Attributes:
        attempts: at least 1.
        base, longest: seconds: the limit before the first retry, and the largest one.
        sleep: waits so many seconds.
        chance: a number from 0 to 1.
    """

    attempts: int = 4
    base: float = 0.1
    longest: float = 2.0
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def wait(self, attempt: int) -> None:
        """Wait before the next attempt.

        Args:
            attempt: the one that failed, from 0.
        """
        self.sleep(self.chance() * min(self.longest, self.base * 2**attempt))


class Transport:
    """One connection to one registry."""

    def __init__(self, access: Access, pace: Pace) -> None:
        """Prepare; nothing is called yet.

        Raises:
            UsageError: the address or a certificate is not usable.
        """
        self._shown = access.shown
        self._timeout = access.timeout
        self._pace = pace
        self._http = httpx.Client(
            base_url=access.address.copy_with(username=None, password=None),
            timeout=access.timeout,
            auth=access.auth,
            # Without TLS there is nothing to verify, and reading the system's certificates takes longer than a call.
            verify=access.tls() if access.address.scheme == "https" else False,
            headers={"Accept": _ACCEPT},
        )
        bind(self._http, access.timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def shown(self) -> str:
        """The address, without secrets."""
        return self._shown

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def call(self, method: str, path: str, body: Json = None) -> Json:
        """The JSON value of an answer.

        All calls that are made here may be repeated: registering the same schema again finds it.

        Raises:
            RegistryUnreachable: no answer, one that no registry gives, one that asks for credentials, or a failure of
                the registry itself; when all attempts are used up.
            RegistryRefused: the registry said no.
        """
        for attempt in count(1):
            is_last = attempt >= self._pace.attempts
            try:
                answer = self._http.request(method, path, json=body)
            except _FAILURES as error:
                if is_last or _is_final(error):
                    raise self._failed(error) from None
            else:
                if is_last or answer.status_code not in _RETRYABLE:
                    return self._value(answer)
            self._pace.wait(attempt - 1)
        raise AssertionError("count() has no end")

    def _failed(self, error: Exception) -> RegistryUnreachable:
        if isinstance(error, AnswerRefused):
            bound = f"answers of at most {MAX_ANSWER // 2**20} MiB are read, uncompressed"
            return RegistryUnreachable(f"what answers at {self._shown} is not read: {error}; {bound}")
        if isinstance(error, _TIMEOUTS):
            message = f"the registry at {self._shown} gives no answer within {self._timeout:g} s; is it overloaded?"
            return RegistryUnreachable(f"{message} --timeout gives it more")
        reason = foreign(str(error), 200) or type(error).__name__
        hint = "set --ca" if "CERTIFICATE_VERIFY" in reason else "set --registry or SCHEMA_REGISTRY_URL"
        return RegistryUnreachable(f"no registry answers at {self._shown} ({reason}); {hint}")

    def _value(self, answer: httpx.Response) -> Json:
        if hint := _HINTS.get(answer.status_code):
            raise RegistryUnreachable(f"the registry at {self._shown} {hint} (HTTP {answer.status_code})")
        try:
            value = answer.json()
        except (ValueError, RecursionError):
            raise RegistryUnreachable(self._stranger(answer, "no JSON")) from None
        if answer.is_success:
            return value
        if not isinstance(value, dict) or not _is_code(value.get("error_code")):
            raise RegistryUnreachable(self._stranger(answer, "no error_code"))
        message = f"{self._shown}: {foreign(str(value.get('message', answer.reason_phrase)))}"
        if answer.is_server_error:
            raise RegistryUnreachable(f"{message} (HTTP {answer.status_code}, error {value['error_code']})")
        raise RegistryRefused(message, status=answer.status_code, code=value["error_code"])

    def _stranger(self, answer: httpx.Response, lacking: str) -> str:
        kind = foreign(answer.headers.get("content-type", "no content type").partition(";")[0], 60)
        what = f"HTTP {answer.status_code}, {kind}, {lacking}"
        return f"what answers at {self._shown} is not a registry ({what}); is the path of the address right?"


def _is_code(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**6


def foreign(text: str, size: int = MAX_MESSAGE) -> str:
    """A text of the registry's as it may stand in a message: on one line, cut, without control characters."""
    cut = text if len(text) <= size else f"{text[:size]}… ({len(text)} characters)"
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in cut)


def _is_final(error: Exception) -> bool:
    """Whether trying again cannot help: another server than the one that is trusted, another protocol, no time left."""
    return "CERTIFICATE" in str(error) or not isinstance(error, httpx.TransportError) or isinstance(error, _TIMEOUTS)
