"""Idempotency keys on a real broker and database: what is sent once, and what the topic has of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient, MongoClient

from eccs_contracts.ledger import DATABASE
from services.email_service.idempotency import COLLECTION, Ask, Idempotency
from services.email_service.problems import ApiError
from services.local_stack import Stack
from tests.integration.api_harness import GOOD, Api, running_api, token, topic_end

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def app(stack: Stack) -> Iterator[Api]:
    """The application on the real broker."""
    with running_api(stack.environment) as api:
        yield api


def _with(key: str, **claims: str) -> dict[str, str]:
    return {**token(**claims), "Idempotency-Key": key}


@pytest.fixture
def key() -> str:
    """A key that nobody used."""
    return str(uuid.uuid4())


def test_a_repeated_call_gives_the_first_id_and_sends_nothing(app: Api, stack: Stack, key: str) -> None:
    """White space and order of the names do not make another body."""
    before = topic_end(stack.environment)
    first = app.send(GOOD, _with(key))
    again = app.send(dict(reversed(GOOD.items())), _with(key))

    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert topic_end(stack.environment) - before == 1


@pytest.mark.parametrize("path", ["/api/emails/send", "/api/emails/batch"])
def test_the_same_key_with_another_request_is_422(app: Api, stack: Stack, key: str, path: str) -> None:
    """Another body, or another operation."""
    app.send(GOOD, _with(key))
    before = topic_end(stack.environment)
    other: Any = {**GOOD, "subject": "Other"} if path.endswith("send") else [GOOD]

    answer = app.call(lambda client: client.post(path, json=other, headers=_with(key)))

    assert (answer.status_code, "another request" in answer.json()["detail"]) == (422, True)
    assert topic_end(stack.environment) == before


def test_concurrent_calls_make_one_message(app: Api, stack: Stack, key: str) -> None:
    """And all have its id."""
    before = topic_end(stack.environment)

    def call(client: httpx.AsyncClient) -> Any:
        return client.post("/api/emails/send", json=GOOD, headers=_with(key))

    answers = app.calls([call] * 20)

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert topic_end(stack.environment) - before == 1


def test_two_instances_make_one_message(app: Api, stack: Stack, key: str) -> None:
    """The database decides, not the process."""
    before = topic_end(stack.environment)
    first = app.send(GOOD, _with(key))
    with running_api(stack.environment) as other:
        again = other.send(GOOD, _with(key))

    assert again.json() == first.json()
    assert topic_end(stack.environment) - before == 1


def test_a_key_is_its_user_s_own(app: Api, key: str) -> None:
    """Another user may have the same."""
    mine, theirs = app.send(GOOD, _with(key)), app.send({**GOOD, "body": "Other"}, _with(key, sub="u2"))

    assert (mine.status_code, theirs.status_code) == (202, 202)
    assert mine.json()["id"] != theirs.json()["id"]


def test_an_invalid_request_does_not_use_its_key_up(app: Api, key: str) -> None:
    """The corrected one goes through."""
    wrong, right = app.send({**GOOD, "to": "nobody"}, _with(key)), app.send(GOOD, _with(key))

    assert (wrong.status_code, right.status_code) == (422, 202)


def test_a_batch_is_repeated_as_a_whole(app: Api, stack: Stack, key: str) -> None:
    """With the same ids in the same places, invalid items included."""
    before = topic_end(stack.environment)
    body = [GOOD, {**GOOD, "to": "nobody"}, {**GOOD, "subject": "Second"}]
    first, again = app.batch(body, _with(key)), app.batch(body, _with(key))

    assert first.json() == again.json()
    assert [item["status"] for item in again.json()["items"]] == ["accepted", "invalid", "accepted"]
    assert topic_end(stack.environment) - before == 2


def test_the_database_forgets_keys(app: Api, stack: Stack, key: str) -> None:
    """By an index of MongoDB's own; the entry shows neither key nor user."""
    app.send(GOOD, _with(key))
    with MongoClient[dict[str, Any]](stack.environment["MONGODB_URI"]) as mongo:
        keys = mongo.get_default_database(DATABASE)[COLLECTION]
        assert keys.index_information()["ttl"]["expireAfterSeconds"] == 86_400
        [newest] = keys.find().sort("createdAt", -1).limit(1)

    assert key not in str(newest)
    assert GOOD["to"] not in str(newest)


def test_without_the_broker_a_key_keeps_its_id_for_the_next_call(app: Api, stack: Stack, key: str) -> None:
    """503 first; then the same call goes through, under the id that was reserved."""
    away = {**stack.environment, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    with running_api(away, PRODUCE_TIMEOUT="300") as cut_off:
        failed = cut_off.send(GOOD, _with(key))
    with MongoClient[dict[str, Any]](stack.environment["MONGODB_URI"]) as mongo:
        reserved = mongo.get_default_database(DATABASE)[COLLECTION].find_one({"_id": Ask("u1", key, "", 1).id})

    again = app.send(GOOD, _with(key))

    assert (failed.status_code, failed.headers["retry-after"], again.status_code) == (503, "5", 202)
    assert reserved is not None
    assert reserved["ids"] == [again.json()["id"]]


def test_without_the_database_a_call_with_a_key_is_503_and_one_without_is_accepted(stack: Stack, key: str) -> None:
    """What was promised cannot be held, so it is not begun."""
    away = {**stack.environment, "MONGODB_URI": "mongodb://127.0.0.1:9/"}
    before = topic_end(stack.environment)
    with running_api(away) as api:
        answers = api.send(GOOD, _with(key)).status_code, api.send(GOOD).status_code

    assert answers == (503, 202)
    assert topic_end(stack.environment) - before == 1


def test_a_crashed_holder_s_key_is_taken_over_when_its_lease_is_over(stack: Stack, key: str) -> None:
    """With the ids that it had; before that the next call is told to come again."""
    ask = Ask("u1", key, "f", 1)
    now = datetime.now(UTC)

    async def run() -> tuple[Any, int, Any]:
        async with AsyncMongoClient[dict[str, Any]](stack.environment["MONGODB_URI"], tz_aware=True) as mongo:
            database = mongo.get_default_database(DATABASE)
            crashed = await Idempotency(database, 3600, 0.2, lambda: now).reserve(ask)
            with pytest.raises(ApiError) as busy:
                await Idempotency(database, 3600, 0.2, lambda: now).reserve(ask)
            later = Idempotency(database, 3600, 0.2, lambda: now + timedelta(seconds=1))
            return crashed, busy.value.status, await later.reserve(ask)

    crashed, busy, taken = asyncio.run(run())

    assert busy == 409
    assert (taken.ids, taken.finished, taken.holder != crashed.holder) == (crashed.ids, False, True)
