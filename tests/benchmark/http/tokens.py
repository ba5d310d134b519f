"""Bearer tokens that must not be accepted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt

from tests.integration.api_harness import SECRET, token

AUDIENCE: Final = "eccs-api"
ISSUER: Final = "https://issuer.example"


def good_token(**claims: Any) -> dict[str, str]:
    """A token that is accepted, unless the claims spoil it."""
    return token(aud=AUDIENCE, iss=ISSUER, **claims)


def forged(header: Mapping[str, Any], claims: Mapping[str, Any] | bytes, secret: str = SECRET) -> dict[str, str]:
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
    "alg none in odd case": lambda _: forged({"alg": "nOnE"}, _CLAIMS),
    "alg HS512": lambda _: {"Authorization": f"Bearer {jwt.encode(_CLAIMS, SECRET * 2, algorithm='HS512')}"},
    "another key": lambda dice: forged(_HS256, _CLAIMS, f"{dice.random():.20f}" * 3),
    "changed claims": _changed_claims,
    "no exp": lambda _: forged(_HS256, {name: value for name, value in _CLAIMS.items() if name != "exp"}),
    "exp as text": lambda _: forged(_HS256, {**_CLAIMS, "exp": "never"}),
    "exp as digits": lambda _: forged(_HS256, {**_CLAIMS, "exp": "4000000000"}),
    "exp of 400 digits": lambda _: forged(_HS256, {**_CLAIMS, "exp": 10**400}),
    "exp of NaN": lambda _: forged(_HS256, b'{"sub":"u1","aud":"eccs-api","iss":"https://issuer.example","exp":NaN}'),
    "exp beyond every calendar": lambda _: forged(_HS256, {**_CLAIMS, "exp": 1e300}),
    "exp as true": lambda _: forged(_HS256, {**_CLAIMS, "exp": True}),
    "exp as a list": lambda _: forged(_HS256, {**_CLAIMS, "exp": [4_000_000_000]}),
    "nbf as digits": lambda _: forged(_HS256, {**_CLAIMS, "nbf": "1"}),
    "nbf of minus infinity": lambda _: forged(_HS256, {**_CLAIMS, "nbf": float("-inf")}),
    "iat as text": lambda _: forged(_HS256, {**_CLAIMS, "iat": "1"}),
    "iat of 400 digits": lambda _: forged(_HS256, {**_CLAIMS, "iat": -(10**400)}),
    "exp of infinity": lambda _: forged(_HS256, b'{"sub":"u1","aud":"eccs-api","exp":1e999}'),
    "exp of many digits": lambda _: forged(_HS256, b'{"sub":"u1","exp":' + b"9" * 5000 + b"}"),
    "no user": lambda _: forged(_HS256, {**_CLAIMS, "sub": ""}),
    "user as number": lambda _: forged(_HS256, {**_CLAIMS, "sub": 5}),
    "user of 201 characters": lambda _: good_token(sub="u" * 201),
    "user with CR LF": lambda _: good_token(sub="u1\r\nx-email-id: 5"),
    "user of half a pair": lambda _: forged(_HS256, b'{"sub":"\\ud800","aud":"eccs-api","exp":4e9}'),
    "deep claims": lambda _: forged(_HS256, b"[" * 5000),
    "deep header": lambda _: {"Authorization": f"Bearer {base64.urlsafe_b64encode(b'[' * 5000).decode()}.e30.e30"},
    "claims are no object": lambda _: forged(_HS256, b"[1]"),
    "crit": lambda _: forged({**_HS256, "crit": ["x"]}, _CLAIMS),
    "key pair's algorithm": lambda _: forged({**_HS256, "alg": "RS256"}, _CLAIMS),
    "a list of algorithms": lambda _: forged({**_HS256, "alg": ["HS256"]}, _CLAIMS),
    "brings its key": lambda _: forged({**_HS256, "jwk": {"kty": "oct", "k": "eHg"}}, _CLAIMS, "xx" * 32),
    "says where its key is": lambda _: forged({**_HS256, "jku": "https://evil.example"}, _CLAIMS, "x" * 32),
    "key by path": lambda _: forged({**_HS256, "kid": "../../../dev/null"}, _CLAIMS, "\0" * 32),
    "b64 false": lambda _: forged({**_HS256, "b64": False, "crit": ["b64"]}, _CLAIMS),
    "huge token": lambda _: {"Authorization": "Bearer " + "e" * 20_000},
    "garbage": lambda dice: {"Authorization": "Bearer " + dice.randbytes(40).hex()},
    "basic": lambda _: {"Authorization": "Basic dTE6cA=="},
    "two in one": lambda _: {"Authorization": good_token()["Authorization"] + ", Bearer x"},
}
