"""A console that runs, and what its redrives have written: for the tests of the console over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from eccs_contracts import EmailRequest
from eccs_contracts.dead_letters.letters import REDRIVE_OF
from eccs_contracts.dead_letters.reading import TopicReader
from eccs_contracts.headers import listed
from eccs_contracts.settings import kafka_config
from services.local_stack import Stack
from services.local_stack.processes import Patience
from tests.console_harness import Draft, bearer, fill, token

JSON: Final = {"Accept": "application/json"}
SOON: Final = Patience(30, threading.Event())


@dataclass(frozen=True)
class Console:
    """A console that runs."""

    client: httpx.Client
    stack: Stack

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> httpx.Response:
        """A page, as somebody who may do everything unless other headers are given."""
        return self.client.get(path, headers=bearer() if headers is None else headers, params=query or None)

    def data(self, path: str, **query: Any) -> Any:
        """A page as programs get it."""
        return self.get(path, {**bearer(), **JSON}, **query).raise_for_status().json()

    def post(self, path: str, form: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A form, as above."""
        return self.client.post(path, data=dict(form), headers=bearer() if headers is None else headers)

    def cookie(self, scope: str = "dlq:read dlq:redrive") -> dict[str, str]:
        """The header of a browser that has signed in."""
        answer = self.post("/sign-in", {"token": token(scope), "next": "/"}, {})
        return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}

    def place(self, draft: Draft) -> str:
        """Where a letter lies."""
        (found,) = self.data("/letters", id=str(draft.id))["letters"]
        return str(found["place"])


def written(stack: Stack, *drafts: Draft) -> None:
    """Write letters."""
    fill(stack.environment, drafts)


def ends(stack: Stack) -> dict[int, int]:
    """Where email_requests ends at this moment."""
    with TopicReader(kafka_config(stack.environment), EmailRequest.TOPIC) as reader:
        return {number: one.high for number, one in reader.bounds().items()}


def sent(stack: Stack, since: Mapping[int, int]) -> list[Any]:
    """What redrives have written to email_requests since then."""
    with TopicReader(kafka_config(stack.environment), EmailRequest.TOPIC) as reader:
        found = [message for batch in reader.batches(since, ends(stack)) for message in batch]
    return [message for message in found if REDRIVE_OF in dict(listed(message.headers()))]


def finished(console: Console, path: str) -> dict[str, Any]:
    """A run, once it is at its end."""
    assert SOON.until(lambda: console.data(path)["state"] == "finished"), console.data(path)
    return dict(console.data(path))
