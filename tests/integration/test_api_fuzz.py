"""The service held to its own description: the fast part; `python -m tests.benchmark.http fuzz` does the rest."""

from __future__ import annotations

import os

import pytest

from services.local_stack import Stack
from tests.benchmark.http.fuzz import FUZZ_SETTINGS, fuzz
from tests.benchmark.http.throughput import server

pytestmark = pytest.mark.stack


@pytest.mark.filterwarnings("default")  # schemathesis and what it stands on warn about each other
def test_every_answer_is_as_described(stack: Stack) -> None:
    """No 5xx, no undeclared status, media type or schema; what fits is taken, what does not is refused."""
    with server({**os.environ, **stack.environment, **FUZZ_SETTINGS}) as port:
        found = fuzz(f"http://127.0.0.1:{port}", examples=8)

    assert found.wrong == []
    assert found.answers.total() > 50
