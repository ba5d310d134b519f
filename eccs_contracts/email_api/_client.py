"""The clients: the same calls over httpx, with and without asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from uuid import UUID

from eccs_contracts._http_bounds import MAX_ANSWER, AnswerRefused, bind, refuse_encoded
from eccs_contracts.email_api import _calls as calls
from eccs_contracts.email_api._calls import Answer, Call, R
from eccs_contracts.email_api._errors import BadAnswer, EmailApiError, Refusal, ServiceUnavailable
from eccs_contracts.email_api._values import (
    Email,
    EmailPage,
    EmailStatus,
    Filter,
    ItemResult,
    Options,
    Sent,
    Stats,
)

if TYPE_CHECKING:
    import httpx

Token: TypeAlias = str | Callable[[], str]
ALL = Filter()


class _Base:
    """What both clients share.

    Args of the clients:
        base_url: of the service, for example "http://127.0.0.1:3002".
        token: the bearer token, or a function that gives one for each attempt, where tokens expire.
        options: times and attempts.
        transport: httpx's seam, for tests and proxies.
    """

    def __init__(self, token: Token, options: Options) -> None:
        self._token = token
        self._options = options

    def _arguments(self, call: Call[Any]) -> dict[str, Any]:
        token = self._token if isinstance(self._token, str) else self._token()
        return {
            "method": call.method,
            "url": call.path,
            "params": dict(call.parameters),
            "content": call.content(),
            "headers": {**call.headers, "Authorization": f"Bearer {token}"},
        }


class EmailApi(_Base):
    """The e-mail service; a context manager. See the module for an example.

    Methods raise EmailApiError; what is retryable was tried `options.attempts` times before.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        options: Options = Options(),  # noqa: B008  frozen
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take the address and a token.

        Raises:
            ImportError: httpx is not installed.
        """
        super().__init__(token, options)
        self._http = _httpx().Client(base_url=base_url, timeout=options.timeout, transport=transport)
        bind(self._http, options.timeout)

    def send(self, email: Email, *, key: str | None = None) -> Sent:
        """Send one e-mail; returns once the broker has it.

        Args:
            email: the e-mail.
            key: Idempotency-Key; one of your own makes a repeat after a crash of yours safe, too.

        Raises:
            ValidationError: the contract does not take it; nothing was sent.
            EmailApiError: the service does not.
        """
        return self._call(calls.send(email, key))

    def send_batch(self, emails: Sequence[Email], *, key: str | None = None) -> list[ItemResult]:
        """Send many e-mails; a result for each, in their order; raises EmailApiError where none was accepted."""
        return self._call(calls.send_batch(emails, key))

    def status(self, email_id: UUID) -> EmailStatus:
        """Where an e-mail stands, with its history; raises NotFound, or another EmailApiError."""
        return self._call(calls.status(email_id))

    def page(self, chosen: Filter = ALL, *, limit: int = 50, cursor: str | None = None) -> EmailPage:
        """A page of the caller's e-mails, newest first."""
        return self._call(calls.page(chosen, limit, cursor))

    def emails(self, chosen: Filter = ALL, *, page_size: int = 200) -> Iterator[EmailStatus]:
        """All of them, page after page."""
        cursor: str | None = None
        while True:
            found = self.page(chosen, limit=page_size, cursor=cursor)
            yield from found.items
            cursor = found.next
            if cursor is None:
                return

    def stats(self, chosen: Filter = ALL) -> Stats:
        """How many stand where; of the filter only the period counts."""
        return self._call(calls.stats(chosen))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, call: Call[R]) -> R:
        made = 0
        while True:
            made += 1
            try:
                return calls.result_of(call, self._attempt(call))
            except EmailApiError as error:
                wait = calls.wait_before(error, made, self._options)
                if wait is None:
                    raise
                time.sleep(wait)

    def _attempt(self, call: Call[Any]) -> Answer:
        try:
            with self._http.stream(**self._arguments(call)) as answer:
                content = bytearray()
                for piece in answer.iter_bytes():
                    _take(content, piece)
        except AnswerRefused as error:
            raise _unread(error) from None
        except (_httpx().RequestError, TimeoutError) as error:
            raise _silence(error) from error
        return Answer(answer.status_code, answer.headers, bytes(content))


class AsyncEmailApi(_Base):
    """The same from asyncio; an asynchronous context manager."""

    def __init__(
        self,
        base_url: str,
        token: Token,
        options: Options = Options(),  # noqa: B008  frozen
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take the address and a token; raises as `EmailApi`."""
        super().__init__(token, options)
        self._http = _httpx().AsyncClient(base_url=base_url, timeout=options.timeout, transport=transport)

    async def send(self, email: Email, *, key: str | None = None) -> Sent:
        """Send one e-mail; see `EmailApi.send`."""
        return await self._call(calls.send(email, key))

    async def send_batch(self, emails: Sequence[Email], *, key: str | None = None) -> list[ItemResult]:
        """Send many e-mails; see `EmailApi.send_batch`."""
        return await self._call(calls.send_batch(emails, key))

    async def status(self, email_id: UUID) -> EmailStatus:
        """Where an e-mail stands, with its history."""
        return await self._call(calls.status(email_id))

    async def page(self, chosen: Filter = ALL, *, limit: int = 50, cursor: str | None = None) -> EmailPage:
        """A page of the caller's e-mails, newest first."""
        return await self._call(calls.page(chosen, limit, cursor))

    async def emails(self, chosen: Filter = ALL, *, page_size: int = 200) -> AsyncIterator[EmailStatus]:
        """All of them, page after page."""
        cursor: str | None = None
        while True:
            found = await self.page(chosen, limit=page_size, cursor=cursor)
            for one in found.items:
                yield one
            cursor = found.next
            if cursor is None:
                return

    async def stats(self, chosen: Filter = ALL) -> Stats:
        """How many stand where; of the filter only the period counts."""
        return await self._call(calls.stats(chosen))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _call(self, call: Call[R]) -> R:
        made = 0
        while True:
            made += 1
            try:
                return calls.result_of(call, await self._attempt(call))
            except EmailApiError as error:
                wait = calls.wait_before(error, made, self._options)
                if wait is None:
                    raise
                await asyncio.sleep(wait)

    async def _attempt(self, call: Call[Any]) -> Answer:
        arguments = self._arguments(call)
        arguments["headers"]["Accept-Encoding"] = "identity"
        try:
            async with asyncio.timeout(self._options.timeout), self._http.stream(**arguments) as answer:
                refuse_encoded(answer)
                content = bytearray()
                async for piece in answer.aiter_bytes():
                    _take(content, piece)
        except AnswerRefused as error:
            raise _unread(error) from None
        except (_httpx().RequestError, TimeoutError) as error:
            raise _silence(error) from error
        return Answer(answer.status_code, answer.headers, bytes(content))


def _take(content: bytearray, piece: bytes) -> None:
    """Add a piece of an answer; raises AnswerRefused if the answer gets too large."""
    if len(content) + len(piece) > MAX_ANSWER:
        raise AnswerRefused("the answer is too large")
    content += piece


def _unread(error: AnswerRefused) -> EmailApiError:
    return BadAnswer(Refusal(0, f"{error}; at most {MAX_ANSWER // 2**20} MiB are read"))


def _silence(error: Exception) -> EmailApiError:
    return ServiceUnavailable(Refusal(0, f"the service does not answer ({type(error).__name__})"))


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise ImportError("the client needs httpx: pip install 'eccs-contracts[client]'") from None
    return httpx
