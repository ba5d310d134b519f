"""Tokens: what is let in; what is not is in the attack (tests/benchmark/http/tokens.py)."""

from __future__ import annotations

import random
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from services.email_service.auth import Authenticator
from services.email_service.problems import ApiError
from services.web.tokens import AuthSettings
from tests.benchmark.http.tokens import AUDIENCE, ISSUER, TOKENS, forged, good_token
from tests.integration.api_harness import SECRET

_HS256 = Authenticator(AuthSettings("HS256", SECRET, AUDIENCE, ISSUER, leeway=5))
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PUBLIC = _KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
_RS256 = Authenticator(AuthSettings("RS256", _PUBLIC.decode()))


def _bearer(algorithm: str, key: Any, **claims: Any) -> str:
    return "Bearer " + jwt.encode({"sub": "u1", "exp": time.time() + 60, **claims}, key, algorithm=algorithm)


def test_a_good_token_tells_its_user() -> None:
    """By a shared secret."""
    assert _HS256.user(good_token()["Authorization"]) == "u1"


def test_a_good_token_of_a_key_pair_tells_its_user() -> None:
    """By the public half."""
    assert _RS256.user(_bearer("RS256", _KEY)) == "u1"


@pytest.mark.parametrize("kind", TOKENS)
def test_any_other_token_is_refused(kind: str) -> None:
    """All with the same words."""
    with pytest.raises(ApiError, match="missing, expired or not for this service") as caught:
        _HS256.user(TOKENS[kind](random.Random(0)).get("Authorization"))

    assert (caught.value.status, caught.value.headers) == (401, {"WWW-Authenticate": "Bearer"})


def test_the_public_key_is_no_secret_to_sign_with() -> None:
    """The algorithm is ours to say: RFC 8725, section 2.1."""
    claims = {"sub": "u1", "exp": time.time() + 60}
    tokens = [forged({"alg": alg, "typ": "JWT"}, claims, _PUBLIC.decode()) for alg in ("HS256", "RS256")]
    refused = []
    for one in tokens:
        with pytest.raises(ApiError) as caught:
            _RS256.user(one["Authorization"])
        refused.append(caught.value.status)

    assert refused == [401, 401]


@pytest.mark.parametrize("kind", TOKENS)
def test_a_service_of_a_key_pair_refuses_them_all_as_well(kind: str) -> None:
    """Whatever they are signed with, it is not its key."""
    with pytest.raises(ApiError):
        _RS256.user(TOKENS[kind](random.Random(0)).get("Authorization"))


@pytest.mark.parametrize(
    ("algorithm", "claims"),
    [
        ("PS256", {}),
        ("RS512", {}),
        ("RS256", {"exp": 1}),
        ("RS256", {"aud": "another service"}),
        ("RS256", {"sub": ""}),
    ],
)
def test_the_right_key_does_not_make_a_wrong_token_good(algorithm: str, claims: dict[str, Any]) -> None:
    """Another algorithm of the same key, an end that is over, an audience nobody configured, no user."""
    with pytest.raises(ApiError):
        _RS256.user(_bearer(algorithm, _KEY, **claims))


@pytest.mark.parametrize(("ago", "good"), [(3, True), (10, False)])
def test_clocks_may_differ_by_the_leeway(ago: int, good: bool) -> None:
    """And by no more."""
    header = good_token(exp=time.time() - ago)["Authorization"]
    try:
        user = _HS256.user(header)
    except ApiError:
        user = None

    assert user == ("u1" if good else None)
