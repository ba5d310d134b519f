"""Adversarial requests by the thousand: each must end in 4xx, and none may leave anything in Kafka."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import jwt

from tests.integration.api_harness import GOOD, SECRET, Api, token, topic_end

AUDIENCE: Final = "eccs-api"
ISSUER: Final = "https://issuer.example"
SETTINGS: Final = {
    "MAX_BODY": "60000",
    "MAX_BATCH": "20",
    "JWT_AUDIENCE": AUDIENCE,
    "JWT_ISSUER": ISSUER,
    "RATE_LIMIT": "0",
}
_SEND: Final = "/api/emails/send"


@dataclass(frozen=True, slots=True)
class Shot:
    """One request; a content of text is sent as UTF-8."""

    kind: str
    method: str = "POST"
    path: str = _SEND
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def good_token(**claims: Any) -> dict[str, str]:
    """A token that is accepted, unless the claims spoil it."""
    return token(aud=AUDIENCE, iss=ISSUER, **claims)


def _json(kind: str, body: Any, **headers: str) -> Shot:
    """A body that is JSON, as whoever may."""
    return _raw(kind, json.dumps(body).encode("utf-8", "surrogatepass"), **headers)


def _raw(kind: str, content: bytes, **headers: str) -> Shot:
    return Shot(kind, content=content, headers={"Content-Type": "application/json", **good_token(), **headers})


def _signed(header: Mapping[str, Any], claims: Mapping[str, Any] | bytes, secret: str = SECRET) -> dict[str, str]:
    """A token made by hand, of parts that no library would sign."""

    def part(value: Any) -> bytes:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    signed = part(header) + b"." + part(claims)
    mac = base64.urlsafe_b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).rstrip(b"=")
    return {"Authorization": f"Bearer {(signed + b'.' + mac).decode()}"}


_CLAIMS: Final = {"sub": "u1", "aud": AUDIENCE, "iss": ISSUER, "exp": 4_000_000_000}
_HS256: Final = {"alg": "HS256", "typ": "JWT"}


def _none_algorithm(_: random.Random) -> dict[str, str]:
    return {"Authorization": f"Bearer {jwt.encode(_CLAIMS, '', algorithm='none')}"}


def _changed_claims(dice: random.Random) -> dict[str, str]:
    """The signature of one user's token under another user's claims."""
    head, claims, mac = good_token()["Authorization"].split(".")
    other = {**json.loads(base64.urlsafe_b64decode(claims + "==")), "sub": f"u{dice.randrange(1000)}"}
    swapped = base64.urlsafe_b64encode(json.dumps(other).encode()).rstrip(b"=").decode()
    return {"Authorization": f"{head}.{swapped}.{mac}"}


TOKENS: Final[Mapping[str, Callable[[random.Random], dict[str, str]]]] = {
    "no token": lambda _: {},
    "expired, replayed": lambda dice: good_token(exp=time.time() - dice.randrange(10, 10**6)),
    "not yet": lambda dice: good_token(nbf=time.time() + dice.randrange(10, 10**6)),
    "of another audience, replayed": lambda _: token(aud="other", iss=ISSUER),
    "of another issuer, replayed": lambda _: token(aud=AUDIENCE, iss="https://evil.example"),
    "alg none": _none_algorithm,
    "alg none in odd case": lambda _: _signed({"alg": "nOnE"}, _CLAIMS),
    "alg HS512": lambda _: {"Authorization": f"Bearer {jwt.encode(_CLAIMS, SECRET * 2, algorithm='HS512')}"},
    "another key": lambda dice: _signed(_HS256, _CLAIMS, f"{dice.random():.20f}" * 3),
    "changed claims": _changed_claims,
    "no exp": lambda _: _signed(_HS256, {name: value for name, value in _CLAIMS.items() if name != "exp"}),
    "exp as text": lambda _: _signed(_HS256, {**_CLAIMS, "exp": "never"}),
    "exp of infinity": lambda _: _signed(_HS256, b'{"sub":"u1","aud":"eccs-api","exp":1e999}'),
    "exp of many digits": lambda _: _signed(_HS256, b'{"sub":"u1","exp":' + b"9" * 5000 + b"}"),
    "no user": lambda _: _signed(_HS256, {**_CLAIMS, "sub": ""}),
    "user as number": lambda _: _signed(_HS256, {**_CLAIMS, "sub": 5}),
    "user of 201 characters": lambda _: good_token(sub="u" * 201),
    "user with CR LF": lambda _: good_token(sub="u1\r\nx-email-id: 5"),
    "user of half a pair": lambda _: _signed(_HS256, b'{"sub":"\\ud800","aud":"eccs-api","exp":4e9}'),
    "deep claims": lambda _: _signed(_HS256, b"[" * 5000),
    "deep header": lambda _: {"Authorization": f"Bearer {base64.urlsafe_b64encode(b'[' * 5000).decode()}.e30.e30"},
    "claims are no object": lambda _: _signed(_HS256, b"[1]"),
    "crit": lambda _: _signed({**_HS256, "crit": ["x"]}, _CLAIMS),
    "b64 false": lambda _: _signed({**_HS256, "b64": False, "crit": ["b64"]}, _CLAIMS),
    "huge token": lambda _: {"Authorization": "Bearer " + "e" * 20_000},
    "garbage": lambda dice: {"Authorization": "Bearer " + dice.randbytes(40).hex()},
    "basic": lambda _: {"Authorization": "Basic dTE6cA=="},
    "two in one": lambda _: {"Authorization": good_token()["Authorization"] + ", Bearer x"},
}

_CONTROL: Final = ("\r\nBcc: b@evil.example", "\n.\r\n", "\r", "\x00", "\x1b[2J", "\u2028", "\u2029", "\x85")
_HUGE: Final = ("😀", "𝔘", "e\u0301", "\u202e", "ﷺ", "中")
_WRONG: Final[tuple[Any, ...]] = (5, -1.5, True, [], ["a@example.com"], {}, {"$gt": ""}, 10**400, None)


def _wrong_type(dice: random.Random) -> Shot:
    name = dice.choice(("to", "subject", "body"))
    return _json("wrong type", {**GOOD, name: dice.choice(_WRONG)})


def _wrong_optional(dice: random.Random) -> Shot:
    name = dice.choice(("source", "templateId", "templateData", "metadata", "expiresAt"))
    return _json("wrong optional", {**GOOD, name: dice.choice(([], [1], True, -1.5, {"a": [1]}, {"a": {"b": 1}}))})


def _deep(dice: random.Random) -> Shot:
    levels = dice.choice((40, 500, 1_500, 25_000))
    opening, closing = dice.choice((("[", "]"), ('{"a":', "}")))
    inner = opening * min(levels, 9_000) + "1" + closing * min(levels, 9_000)
    return _raw("deep JSON", f'{{"to":"a@example.com","subject":"x","body":"x","metadata":{inner}}}'.encode())


def _text_in(body: str, name: str, text: str) -> bytes:
    """A good body with the JSON text of one field replaced, byte for byte."""
    rest = ",".join(f'"{key}":{json.dumps(value)}' for key, value in GOOD.items() if key != name)
    return f"{{{rest},{json.dumps(name)}:{text}{body}}}".encode()


_TEXTS: Final = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5_000, "01", "0x10", "'x'", "undefined")
_BROKEN: Final = (
    b"",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"5",
    b"{}",
    b'{"to":"a@example.com","subject":"\xed\xa0\x80","body":"x"}',
    b'{"to":"a@example.com","subject":"\\ud800","body":"x"}',
    b'{"to":"a@example.com","subject":"x","body":"\\udfff\\ud800"}',
    b'{"to":"a@example.com","subject":"x","body":"x","metadata":{"\\ud83d":"x"}}',
    b'{"to":"a@example.com","subject":"x","body":"\xc0\x80"}',
    json.dumps(GOOD).encode() + b"{}",
    json.dumps(GOOD).encode("utf-16"),
)
_ADDRESSES: Final = (
    "a@b@example.com",
    "@example.com",
    "a@localhost",
    '"a b"@example.com',
    "a@[127.0.0.1]",
    "a@example.com,b@example.com",
    "<a@example.com>",
    "a@-example.com",
    "a@" + "x" * 250 + ".com",
    "x" * 65 + "@example.com",
)
_PATHS: Final = (
    "/api/emails/../../etc/passwd",
    "/api/emails/%00",
    "/api/emails/{id}%0d%0aX: y",
    "/api/emails/$ne",
    "/api/emails?limit=0",
    "/api/emails?limit=1e9",
    "/api/emails?state[$ne]=sent",
    "/api/emails?state=nowhere",
    "/api/emails?userId=u2",
    "/api/emails?since=yesterday",
    "/api/emails?since=2030-01-01",
    "/api/emails?cursor=AAAA",
    "/api/emails?cursor=MXwxfHh8eA",
    "/api/emails/stats?since[$gt]=1",
    "/api/emails/stats?until=99999999999999999999",
    "/api/emails/send/",
    "/admin",
    "/docs",
)
_TYPES: Final = ("text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonp", "")

SHOTS: Final[tuple[Callable[[random.Random], Shot], ...]] = (
    _wrong_type,
    _wrong_optional,
    _deep,
    lambda dice: _json("CR/LF", {**GOOD, "subject": "x" + dice.choice(_CONTROL)}),
    lambda dice: _json("CR/LF", {**GOOD, "to": "a@example.com" + dice.choice(_CONTROL)}),
    lambda dice: _json("CR/LF", {**GOOD, "templateId": "welcome" + dice.choice(_CONTROL)}),
    lambda dice: _json("huge Unicode", {**GOOD, "subject": dice.choice(_HUGE) * dice.randrange(501, 2_000)}),
    lambda dice: _json("huge Unicode", {**GOOD, "to": dice.choice(_HUGE) * 300 + "@example.com"}),
    lambda dice: _json("huge Unicode", {**GOOD, dice.choice(_HUGE) * 500: "x"}),
    lambda dice: _json("bad address", {**GOOD, "to": dice.choice(_ADDRESSES)}),
    lambda dice: _json("template path", {**GOOD, "templateId": dice.choice(("../x", "/etc/passwd", "a/b", "", ".x"))}),
    lambda dice: _json("ours", {**GOOD, dice.choice(("id", "userId", "timestamp")): str(uuid.uuid4())}),
    lambda dice: _json("missing", {name: GOOD[name] for name in dice.sample(sorted(GOOD), 2)}),
    lambda dice: _json("oversize", {**GOOD, "body": "x" * dice.choice((60_001, 100_000, 400_000))}),
    lambda dice: _json("many names", {**GOOD, **{f"n{number}": 1 for number in range(dice.randrange(1, 3_000))}}),
    lambda dice: _raw("duplicate key", _text_in(f',"to":"b{dice.random()}@example.com"', "to", '"a@example.com"')),
    lambda dice: _raw("duplicate key", _text_in("", "metadata", f'{{"a":"{dice.random()}","a":"y"}}')),
    lambda dice: _raw("number", _text_in("", "templateData", f'{{"a":{dice.choice(_TEXTS)}}}')),
    lambda dice: _raw("not JSON", dice.choice(_BROKEN)),
    lambda dice: _raw("noise", dice.randbytes(dice.randrange(1, 2_000))),
    lambda dice: _raw("bad key", json.dumps(GOOD).encode(), **{"Idempotency-Key": "x" * dice.randrange(256, 2_000)}),
    lambda dice: _raw("bad key", json.dumps(GOOD).encode(), **{"Idempotency-Key": dice.choice(("a b", "", "\t"))}),
    lambda dice: _raw("media type", json.dumps(GOOD).encode(), **{"Content-Type": dice.choice(_TYPES)}),
    lambda dice: _raw("compressed", json.dumps(GOOD).encode(), **{"Content-Encoding": dice.choice(("gzip", "br"))}),
    lambda dice: _batch(dice),
    lambda dice: Shot("other's id", "GET", f"/api/emails/{dice.choice(OTHERS)}", headers=good_token()),
    lambda dice: Shot("path", "GET", dice.choice(_PATHS), headers=good_token()),
    lambda dice: Shot("method", dice.choice(("PUT", "DELETE", "PATCH", "TRACE")), _SEND, headers=good_token()),
    *(lambda dice, make=make: _spoiled(dice, make) for make in TOKENS.values()),
)
OTHERS: Final = tuple(str(uuid.UUID(int=number, version=4)) for number in range(20))


def _spoiled(dice: random.Random, make: Callable[[random.Random], dict[str, str]]) -> Shot:
    """A good request with a bad token, on any path."""
    headers = {"Content-Type": "application/json", **make(dice)}
    path = dice.choice((_SEND, "/api/emails/batch", "/api/emails", "/api/emails/stats", f"/api/emails/{OTHERS[0]}"))
    if path in (_SEND, "/api/emails/batch"):
        body = GOOD if path == _SEND else [GOOD]
        return Shot("token", path=path, content=json.dumps(body).encode(), headers=headers)
    return Shot("token", "GET", path, headers=headers)


def _batch(dice: random.Random) -> Shot:
    bodies: tuple[Any, ...] = (
        [],
        {},
        GOOD,
        [GOOD] * 21,
        [{**GOOD, "to": "nobody"}] * 20,
        [[GOOD]],
        [None, 5, "x", [], True],
        [{**GOOD, "id": "x"}],
    )
    shot = _json("batch", dice.choice(bodies))
    return Shot(shot.kind, path="/api/emails/batch", content=shot.content, headers=shot.headers)


@dataclass(slots=True)
class Report:
    """What an attack met."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    written: int = 0


def attack(api: Api, env: Mapping[str, str], count: int, seed: int = 0) -> Report:
    """Fire `count` shots, each kind in turn, and look at the topic before and after."""
    dice = random.Random(seed)
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


def _call(shot: Shot) -> Callable[[httpx.AsyncClient], Any]:
    async def call(client: httpx.AsyncClient) -> httpx.Response:
        async with asyncio.timeout(60):
            headers = {name: value.encode("utf-8") for name, value in shot.headers.items()}
            return await client.request(shot.method, shot.path, content=shot.content, headers=headers)

    return call


def _judge(shot: Shot, answer: httpx.Response, report: Report) -> None:
    report.answers[shot.kind, answer.status_code] += 1
    kind = answer.headers.get("content-type", "")
    if not 400 <= answer.status_code < 500 or kind != "application/problem+json" or len(answer.content) > 20_000:
        report.wrong.append(f"{shot.kind}: {answer.status_code} {shot.path} {(shot.content or b'')[:200]!r}")
