"""Requests that must be refused, one maker for each kind."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.benchmark.http.tokens import TOKENS, good_token
from tests.integration.api_harness import GOOD

OTHERS: Final = tuple(str(uuid.UUID(int=number, version=4)) for number in range(20))
"""E-mails of another user's."""
_SEND: Final = "/api/emails/send"


@dataclass(frozen=True, slots=True)
class Shot:
    """One request; a content of text is sent as UTF-8."""

    kind: str
    method: str = "POST"
    path: str = _SEND
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def _json(kind: str, body: Any, **headers: str) -> Shot:
    """A body that is JSON, as whoever may."""
    return _raw(kind, json.dumps(body).encode("utf-8", "surrogatepass"), **headers)


def _raw(kind: str, content: bytes, **headers: str) -> Shot:
    return Shot(kind, content=content, headers={"Content-Type": "application/json", **good_token(), **headers})


_CONTROL: Final = ("\r\nBcc: b@evil.example", "\n.\r\n", "\r", "\x00", "\x1b[2J", "\u2028", "\u2029", "\x85")
_HUGE: Final = ("😀", "\U0001d518", "e\u0301", "\u202e", "ﷺ", "中")
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
    _batch,
    lambda dice: Shot("other's id", "GET", f"/api/emails/{dice.choice(OTHERS)}", headers=good_token()),
    lambda dice: Shot("path", "GET", dice.choice(_PATHS), headers=good_token()),
    lambda dice: Shot("method", dice.choice(("PUT", "DELETE", "PATCH", "TRACE")), _SEND, headers=good_token()),
    *(lambda dice, make=make: _spoiled(dice, make) for make in TOKENS.values()),
)
