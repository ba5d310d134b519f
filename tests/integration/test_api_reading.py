"""Status, list and stats: the ledger's documents, the caller's own only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient

from eccs_contracts.ledger import COLLECTION, DATABASE, EmailState
from services.email_service.ledger import _stats_steps
from services.email_service.models import Period
from services.local_stack import Stack
from tests.integration.api_harness import Api, running_api, token

pytestmark = pytest.mark.stack
_NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
_STATES = [EmailState.SENT, EmailState.DEAD, EmailState.RETRYING]


@pytest.fixture(scope="module")
def app(stack: Stack) -> Iterator[Api]:
    """The application on the real database."""
    with running_api(stack.environment) as api:
        yield api


@pytest.fixture(scope="module")
def user(stack: Stack) -> str:
    """A user with 25 e-mails, five at each instant, and another with one."""
    name = f"reader-{uuid.uuid4()}"
    rows = [_row(name, number) for number in range(25)] + [_row(f"{name}-other", 0)]
    with MongoClient[dict[str, Any]](stack.environment["MONGODB_URI"]) as mongo:
        mongo.get_default_database(DATABASE)[COLLECTION].insert_many(rows)
    return name


def _row(user: str, number: int) -> dict[str, Any]:
    created = _NOON + timedelta(minutes=number // 5)
    step = {"state": EmailState.RETRYING, "at": created, "attempt": 0, "reason": "450 4.2.0 later"}
    return {
        "_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{user}{number}")),
        "userId": user,
        "to": "a@example.com",
        "state": _STATES[number % 3],
        "attempt": 1,
        "createdAt": created,
        "updatedAt": created + timedelta(seconds=5),
        "templateId": "welcome" if number % 2 else None,
        "source": None,
        "history": [step],
        "owner": "instance-1",
        "origin": {"value": b"raw"},
    }


def _walk(app: Api, user: str, query: str) -> list[dict[str, Any]]:
    """Every item, page after page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = app.get(f"/api/emails?{query}{cursor}", token(sub=user)).json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


@pytest.mark.parametrize("limit", [1, 3, 5, 7, 24, 25, 200])
def test_pages_hold_every_email_once_newest_first(app: Api, user: str, limit: int) -> None:
    """Whatever their size, and though five share an instant."""
    items = _walk(app, user, f"limit={limit}")

    assert len({one["id"] for one in items}) == len(items) == 25
    assert items == sorted(items, key=lambda one: (one["createdAt"], one["id"]), reverse=True)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=sent", 9),
        ("state=expired", 0),
        ("templateId=welcome", 12),
        ("templateId=welcome&state=dead", 4),
        ("since=2030-01-01T12:04:00Z", 5),
        ("until=2030-01-01T12:01:00Z", 5),
        ("since=2030-01-01T13:01:00%2B01:00&until=2030-01-01T12:02:00Z", 5),
        ("source=shop", 0),
    ],
)
def test_filters_choose(app: Api, user: str, query: str, count: int) -> None:
    """All that are given hold; the end of a period is not in it."""
    assert len(_walk(app, user, f"limit=4&{query}")) == count


def test_a_cursor_is_for_its_own_list(app: Api, user: str) -> None:
    """Not for other filters, and not for another user."""
    cursor = app.get("/api/emails?limit=5", token(sub=user)).json()["next"]
    answers = [
        app.get(f"/api/emails?limit=5&state=sent&cursor={cursor}", token(sub=user)),
        app.get(f"/api/emails?limit=5&cursor={cursor}", token(sub=f"{user}-other")),
        app.get(f"/api/emails?limit=5&cursor={cursor[:-2]}", token(sub=user)),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]


def test_a_status_has_its_history_and_nothing_internal(app: Api, user: str) -> None:
    """Nor the address, which the caller knows and a log might keep."""
    email_id = _row(user, 1)["_id"]

    found = app.get(f"/api/emails/{email_id}", token(sub=user)).json()

    assert found["history"] == [
        {"state": "retrying", "at": "2030-01-01T12:00:00.000Z", "attempt": 0, "reason": "450 4.2.0 later"}
    ]
    assert (found["id"], found["state"], found["templateId"]) == (email_id, "dead", "welcome")
    assert not {"to", "owner", "origin", "userId"} & found.keys()


def test_somebody_else_s_email_is_404(app: Api, user: str) -> None:
    """The same as one that does not exist, but for the id of the request."""
    theirs = app.get(f"/api/emails/{_row(f'{user}-other', 0)['_id']}", token(sub=user))
    nobodys = app.get(f"/api/emails/{uuid.uuid4()}", token(sub=user))

    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert {**theirs.json(), "instance": ""} == {**nobodys.json(), "instance": ""}


def test_stats_count_what_stands_where(app: Api, user: str) -> None:
    """Every state, also those that nothing is in."""
    found = app.get("/api/emails/stats", token(sub=user)).json()
    hour = app.get("/api/emails/stats?since=2030-01-01T12:04:00Z", token(sub=user)).json()

    assert (found["total"], hour["total"]) == (25, 5)
    assert found["states"] == dict.fromkeys(map(str, EmailState), 0) | {"sent": 9, "dead": 8, "retrying": 8}


def test_stats_are_of_the_last_30_days_unless_said_otherwise(app: Api, stack: Stack) -> None:
    """So that no user's history takes long."""
    user, now = f"old-{uuid.uuid4()}", datetime.now(UTC)
    ages = [timedelta(days=29), timedelta(days=31), timedelta(days=400)]
    rows = [{**_row(user, number), "createdAt": now - age} for number, age in enumerate(ages)]
    with MongoClient[dict[str, Any]](stack.environment["MONGODB_URI"]) as mongo:
        mongo.get_default_database(DATABASE)[COLLECTION].insert_many(rows)

    recent = app.get("/api/emails/stats", token(sub=user)).json()
    older = app.get("/api/emails/stats?since=2001-01-01T00:00:00Z", token(sub=user)).json()

    assert (recent["total"], older["total"], older["since"]) == (1, 3, "2001-01-01T00:00:00.000Z")
    assert (recent["complete"], older["complete"]) == (True, True)


def test_stats_read_an_index_and_no_document(stack: Stack, app: Api, user: str) -> None:
    """As the database itself says."""
    assert app.get("/api/emails/stats", token(sub=user)).status_code == 200
    steps = _stats_steps(user, Period(since=_NOON))
    with MongoClient[dict[str, Any]](stack.environment["MONGODB_URI"]) as mongo:
        database = mongo.get_default_database(DATABASE)
        command = {"aggregate": COLLECTION, "pipeline": steps, "cursor": {}}
        plan = str(database.command("explain", command, verbosity="queryPlanner"))

    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan


@pytest.mark.parametrize(
    "query",
    [
        "limit=1_0",
        "limit=%2B5",
        "limit=" + "9" * 5_000,
        "limit=%D9%A1",
        "since=0001-01-01T00:00:00%2B14:00",
        "until=9999-12-31T23:59:59-14:00",
        "since=1e400",
        "since=" + "9" * 5_000,
        "cursor=" + "9" * 300,
        "cursor=MXw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTl8eHx5",
    ],
)
def test_numbers_and_instants_of_any_size_are_422(app: Api, query: str) -> None:
    """By name, in the list and, where it takes them, in the stats."""
    name = query.partition("=")[0]
    answers = [app.get(f"/api/emails?{query}")]
    answers += [app.get(f"/api/emails/stats?{query}")] if name in ("since", "until") else []

    assert [(answer.status_code, answer.json()["problems"][0]["field"]) for answer in answers] == [(422, name)] * len(
        answers
    )


def test_without_the_database_reading_is_503(stack: Stack) -> None:
    """With the time to come again."""
    with running_api({**stack.environment, "MONGODB_URI": "mongodb://127.0.0.1:9/"}) as api:
        answers = [api.get(f"/api/emails{path}") for path in ("", "/stats", f"/{uuid.uuid4()}")]

    assert [(answer.status_code, answer.headers["retry-after"]) for answer in answers] == [(503, "5")] * 3
