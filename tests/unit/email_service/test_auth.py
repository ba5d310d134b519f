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
from services.email_service.settings import AuthSettings
from tests.benchmark.http.tokens import AUDIENCE, ISSUER, TOKENS, good_token
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
    forged = jwt.encode({"sub": "u1", "exp": time.time() + 60}, "x" * 32, algorithm="HS256")
    with pytest.raises(ApiError):
        _RS256.user(f"Bearer {forged}")


@pytest.mark.parametrize(("ago", "good"), [(3, True), (10, False)])
def test_clocks_may_differ_by_the_leeway(ago: int, good: bool) -> None:
    """And by no more."""
    header = good_token(exp=time.time() - ago)["Authorization"]
    try:
        user = _HS256.user(header)
    except ApiError:
        user = None

    assert user == ("u1" if good else None)
