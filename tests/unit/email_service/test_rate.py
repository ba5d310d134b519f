"""The rate limiter, on a clock of the test's own."""

from __future__ import annotations

from services.email_service.rate import RateLimiter


def test_a_burst_is_taken_and_the_next_has_to_wait() -> None:
    """As long as one token takes to come back."""
    limiter = RateLimiter(rate=2, burst=3, users=10)

    waits = [limiter.take("u1", 1, 0.0) for _ in range(4)]

    assert waits == [0.0, 0.0, 0.0, 0.5]


def test_tokens_come_back_but_never_more_than_the_burst() -> None:
    """However long the user was quiet."""
    limiter = RateLimiter(rate=2, burst=3, users=10)
    limiter.take("u1", 3, 0.0)

    assert [limiter.take("u1", 3, 1000.0), limiter.take("u1", 1, 1000.0)] == [0.0, 0.5]


def test_what_is_refused_costs_nothing() -> None:
    """A batch that does not fit leaves the tokens for what does."""
    limiter = RateLimiter(rate=1, burst=3, users=10)
    limiter.take("u1", 1, 0.0)

    assert [limiter.take("u1", 3, 0.0), limiter.take("u1", 2, 0.0)] == [1.0, 0.0]


def test_users_do_not_pay_for_each_other() -> None:
    """Each has a bucket."""
    limiter = RateLimiter(rate=1, burst=1, users=10)

    assert [limiter.take("u1", 1, 0.0), limiter.take("u2", 1, 0.0)] == [0.0, 0.0]


def test_memory_is_bounded_and_the_quietest_is_forgotten() -> None:
    """Who is still seen stays limited."""
    limiter = RateLimiter(rate=1, burst=1, users=2)
    for user in ("u1", "u2", "u1", "u3"):
        limiter.take(user, 1, 0.0)

    assert len(limiter) == 2
    assert limiter.take("u1", 1, 0.0) == 1.0


def test_a_rate_of_zero_limits_nothing() -> None:
    """And remembers nobody."""
    limiter = RateLimiter(rate=0, burst=1, users=2)

    assert [limiter.take("u1", 1000, 0.0), len(limiter)] == [0.0, 0]
