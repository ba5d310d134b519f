"""Identities of idempotency keys."""

from __future__ import annotations

import pytest

from services.email_service.idempotency import Ask


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a", "bc"), ("ab", "c")), (("1:a", "b"), ("1", ":ab")), (("a", "b"), ("b", "a")), (("a", "2:b"), ("a2", ":b"))],
)
def test_keys_of_two_users_are_never_one(one: tuple[str, str], other: tuple[str, str]) -> None:
    """However user and key are divided."""
    assert Ask(*one, "", 1).id != Ask(*other, "", 1).id


def test_a_key_of_one_user_is_one() -> None:
    """Whatever is asked for with it: that it is another request is told apart later."""
    assert Ask("a", "b", "x", 1).id == Ask("a", "b", "y", 2).id
