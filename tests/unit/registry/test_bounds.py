"""Answers that never end, explode, or are no answers: each client gives up at its bound, and says so."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient

import eccs_contracts.email_api as api
from compat_checks.errors import RegistryRefused, RegistryUnreachable
from compat_checks.registry.client import MAX_MESSAGES, MAX_REFERENCES, RegistryClient
from compat_checks.registry.http_bounds import MAX_ANSWER
from compat_checks.registry.transport import MAX_MESSAGE, Pace, foreign
from eccs_contracts._registry import Registry, bounded
from eccs_contracts.errors import RegistryUnavailable
from tests.scripted_server import HEAD, scripted, with_length
from tests.unit.registry.servers import Answer, Scripted, failing, serving

SECONDS = 0.3
BOMB = gzip.compress(b"[" + b" " * 2**26 + b"]", 9)
DRIPPING_BODY = [HEAD + b"Content-Length: 1000\r\n\r\n", *[b" "] * 100]
DRIPPING_HEAD = [b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n"] * 100]
ENDLESS_HEAD = [b"HTTP/1.1 200 OK\r\nA: ", *[b"b" * 2**20] * 40]
ENDLESS_BODY = [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"100000\r\n" + b" " * 2**20 + b"\r\n"] * 40]


def _compat_checks(url: str) -> None:
    with RegistryClient(url, SECONDS, pace=Pace(attempts=3, sleep=lambda _: None)) as client:
        client.subjects()


def _runtime(url: str) -> None:
    conf = {"url": url, "timeout": SECONDS, "max.retries": 0}
    Registry(bounded(SchemaRegistryClient(conf), SECONDS), url).check()


def _email_api(url: str) -> None:
    with api.EmailApi(url, "t", api.Options(timeout=SECONDS, attempts=1)) as client:
        client.stats()


def _async_email_api(url: str) -> None:
    async def ask() -> None:
        async with api.AsyncEmailApi(url, "t", api.Options(timeout=SECONDS, attempts=1)) as client:
            await client.stats()

    asyncio.run(ask())


CLIENTS = pytest.mark.parametrize(
    ("ask", "raised"),
    [
        (_compat_checks, RegistryUnreachable),
        (_runtime, RegistryUnavailable),
        (_email_api, api.EmailApiError),
        (_async_email_api, api.EmailApiError),
    ],
)


@CLIENTS
@pytest.mark.parametrize("script", [DRIPPING_BODY, DRIPPING_HEAD], ids=["body", "head"])
def test_an_answer_that_drips(ask: Callable[[str], None], raised: type[Exception], script: list[bytes]) -> None:
    """The time is one for the whole answer: a piece each 0.1 s would take 10 s."""
    started = time.monotonic()
    with scripted(script, pause=0.1) as url, pytest.raises(raised):
        ask(url)

    assert time.monotonic() - started < 5


@CLIENTS
@pytest.mark.parametrize("script", [ENDLESS_HEAD, ENDLESS_BODY], ids=["head", "body"])
def test_an_answer_without_end(ask: Callable[[str], None], raised: type[Exception], script: list[bytes]) -> None:
    """Only so many bytes are read."""
    with scripted(script) as url, pytest.raises(raised):
        ask(url)


@CLIENTS
@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"gzip, gzip", b"br", b"unknown"])
def test_a_compressed_answer(ask: Callable[[str], None], raised: type[Exception], coding: bytes) -> None:
    """It was not asked for, and is not decoded: it may be a thousand times as large."""
    with scripted([with_length(BOMB, b"Content-Encoding: " + coding)]) as url, pytest.raises(raised):
        ask(url)


@pytest.mark.parametrize(("size", "fits"), [(MAX_ANSWER - 1000, True), (MAX_ANSWER + 1, False)])
def test_both_sides_of_the_bound(size: int, fits: bool) -> None:
    """An answer that is just small enough is read."""
    content = b"[" + b" " * (size - 2) + b"]"
    with scripted([with_length(content)]) as url, RegistryClient(url, 20, pace=Pace(attempts=1)) as client:
        if fits:
            assert client.subjects() == []
        else:
            with pytest.raises(RegistryUnreachable, match="16 MiB"):
                client.subjects()


def test_a_time_out_is_not_tried_again() -> None:
    """It has used the time that the user gave."""
    slept: list[float] = []
    with (
        scripted(DRIPPING_BODY, pause=0.1) as url,
        RegistryClient(url, 0.2, pace=Pace(sleep=slept.append)) as client,
        pytest.raises(RegistryUnreachable, match=r"within 0\.2 s.*--timeout"),
    ):
        client.subjects()
    assert slept == []


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"subject": "a", "version": 1, "id": 1},
        {"subject": "a", "version": "1", "id": 1, "schema": "{}"},
        {"subject": "a", "version": True, "id": 1, "schema": "{}"},
        {"subject": "a", "version": 2**31, "id": 1, "schema": "{}"},
        {"subject": "a", "version": -1, "id": 1, "schema": "{}"},
        {"subject": "a", "version": 1.5, "id": 1, "schema": "{}"},
        {"subject": "a", "version": float("inf"), "id": 1, "schema": "{}"},
        {"subject": "a", "version": 1, "id": None, "schema": "{}"},
        {"subject": "a", "version": 1, "id": 1, "schema": "{}", "references": [1]},
        {"subject": "a", "version": 1, "id": 1, "schema": "{}", "references": 1},
        [],
        5,
        None,
    ],
)
def test_a_version_of_another_shape(value: object) -> None:
    """An error that names the registry, never one of Python's."""
    with (
        serving(Scripted(Answer(200, json.dumps(value)))) as served,
        RegistryClient(served.url, pace=Pace(attempts=1)) as client,
        pytest.raises(RegistryUnreachable, match=served.url),
    ):
        client.version("a")


@pytest.mark.parametrize(
    "text", ["{}", "[]", "5", "null", '{"id": 1e999}', '{"id": ' + "9" * 5000 + "}", '{"id": "x"}']
)
def test_an_id_level_or_mode_of_another_shape(text: str) -> None:
    """The same for the other calls."""
    with serving(Scripted(Answer(200, text))) as served, RegistryClient(served.url, pace=Pace(attempts=1)) as client:
        for ask in (lambda: client.register("a", '"int"'), lambda: client.by_id(1), client.level):
            with pytest.raises(RegistryUnreachable, match=served.url):
                ask()


def test_a_message_of_a_registry_is_foreign_text() -> None:
    """On one line, without control characters, and cut."""
    hostile = "\x1b[31mRED\x1b]52;c;aGk=\x07\n::add-mask::main\u202e" + "x" * 10_000
    with (
        serving(Scripted(failing(422, 42201, hostile))) as served,
        RegistryClient(served.url, pace=Pace(attempts=1)) as client,
        pytest.raises(RegistryRefused) as caught,
    ):
        client.register("a", '"int"')

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < MAX_MESSAGE + 200


@pytest.mark.parametrize(("size", "shown"), [(5, "aaaaa"), (6, "aaaaa… (6 characters)")])
def test_a_long_message_is_cut(size: int, shown: str) -> None:
    """And its length told."""
    assert foreign("a" * size, 5) == shown


def test_a_verdict_of_a_registry_is_foreign_text() -> None:
    """At most so many reasons."""
    answer = json.dumps({"is_compatible": False, "messages": ["\x1b[31m"] * 1000})
    with serving(Scripted(Answer(200, answer))) as served, RegistryClient(served.url) as client:
        assert client.complaints("a", '"int"') == ["\\u001b[31m"] * MAX_MESSAGES


def test_references_without_end() -> None:
    """Each schema refers to another one, for ever."""

    class Endless:
        made = 0

        def __call__(self, _: object) -> Answer:
            self.made += 1
            reference = {"name": "a", "subject": f"s{self.made}", "version": 1}
            body = {"subject": "s", "version": 1, "id": 1, "schema": '"int"', "references": [reference]}
            return Answer(200, json.dumps(body))

    with (
        serving(Endless()) as served,
        RegistryClient(served.url, pace=Pace(attempts=1)) as client,
        pytest.raises(RegistryUnreachable, match=f"more than {MAX_REFERENCES}"),
    ):
        client.tree(client.version("s"))


def test_an_answer_of_the_email_service_that_is_nested_deeply() -> None:
    """It is not the service's."""
    with (
        scripted([with_length(b"[" * 100_000)]) as url,
        api.EmailApi(url, "t", api.Options(timeout=5, attempts=1)) as client,
        pytest.raises(api.BadAnswer),
    ):
        client.status(UUID(int=1))


def test_both_packages_bound_answers_alike() -> None:
    """Neither may import the other: the code below the imports is the same but for how a class is made."""
    ours, theirs = (
        path.read_text("utf-8").partition("\nMAX_ANSWER")[2]
        for path in (Path("compat_checks/registry/http_bounds.py"), Path("eccs_contracts/_http_bounds.py"))
    )

    assert ours
    assert ours.replace("@mutable", "@dataclass(slots=True)") == theirs
