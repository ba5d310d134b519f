"""The whole flow as real processes, with the notification service killed in the middle."""

from __future__ import annotations

import pytest

from services.local_stack.demo import play

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]


def test_the_books_balance_after_a_crash() -> None:
    """No loss; no more duplicates than sends were in flight; no early retry; dead letters hold the bytes."""
    lines: list[str] = []

    assert play(kill_after=150, say=lines.append) == 0, "\n".join(lines)
    assert any(line.startswith("killed the notification service") for line in lines)
