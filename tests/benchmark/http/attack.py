"""Adversarial requests by the thousand: each must end in 4xx, and none may leave anything in Kafka."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from pymongo import MongoClient

from eccs_contracts.ledger import COLLECTION, DATABASE, EmailState
from tests.benchmark.http.shots import OTHERS, SHOTS, Shot
from tests.benchmark.http.tokens import AUDIENCE, ISSUER
from tests.integration.api_harness import Api, topic_end

SETTINGS: Final = {
    "MAX_BODY": "60000",
    "MAX_BATCH": "20",
    "JWT_AUDIENCE": AUDIENCE,
    "JWT_ISSUER": ISSUER,
    "RATE_LIMIT": "0",
}


@dataclass(slots=True)
class Report:
    """What an attack met."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    written: int = 0


def attack(api: Api, env: Mapping[str, str], count: int, seed: int = 0) -> Report:
    """Fire `count` shots, each kind in turn, and look at the topic before and after."""
    dice = random.Random(seed)
    _plant(env)
    before = topic_end(env)
    report = Report()
    at_once = 50
    for start in range(0, count, at_once):
        shots = [SHOTS[number % len(SHOTS)](dice) for number in range(start, min(start + at_once, count))]
        answers = api.calls([_call(shot) for shot in shots])
        for shot, answer in zip(shots, answers, strict=True):
            _judge(shot, answer, report)
    report.written = topic_end(env) - before
    return report


def _plant(env: Mapping[str, str]) -> None:
    """Make the ids that are probed for real: e-mails of another user's."""
    now = datetime.now(UTC)
    rows = [
        {"_id": one, "userId": "u2", "state": EmailState.SENT, "attempt": 0, "createdAt": now, "updatedAt": now}
        for one in OTHERS
    ]
    with MongoClient[dict[str, Any]](env["MONGODB_URI"]) as mongo:
        log = mongo.get_default_database(DATABASE)[COLLECTION]
        log.delete_many({"_id": {"$in": OTHERS}})
        log.insert_many(rows)


def _call(shot: Shot) -> Callable[[httpx.AsyncClient], Any]:
    async def call(client: httpx.AsyncClient) -> httpx.Response:
        async with asyncio.timeout(60):
            headers = httpx.Headers(shot.headers, encoding="utf-8")
            return await client.request(shot.method, shot.path, content=shot.content, headers=headers)

    return call


def _judge(shot: Shot, answer: httpx.Response, report: Report) -> None:
    report.answers[shot.kind, answer.status_code] += 1
    kind = answer.headers.get("content-type", "")
    if not 400 <= answer.status_code < 500 or kind != "application/problem+json" or len(answer.content) > 20_000:
        report.wrong.append(f"{shot.kind}: {answer.status_code} {shot.path} {(shot.content or b'')[:200]!r}")
