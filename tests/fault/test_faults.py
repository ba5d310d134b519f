"""The fast part of the fault suite; `make faults` runs all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.local_stack import Stack
from tests.fault.case import Case, run
from tests.fault.cases import CASES
from tests.fault.rig import Rig

pytestmark = [pytest.mark.stack, pytest.mark.apache_kafka("brokers are killed, and the figures are about it")]
_FAST = [case for case in CASES if case.fast]


@pytest.fixture(scope="module")
def rig(stack: Stack) -> Iterator[Rig]:
    """Parts of its own, for they are broken; the stack only says whether there is a Kafka to be had."""
    assert stack.kafka_is_apache
    with Rig() as rig:
        yield rig


@pytest.mark.parametrize("case", _FAST, ids=[f"{case.number}: {case.title}" for case in _FAST])
def test_a_fault_costs_what_it_may(rig: Rig, case: Case) -> None:
    """It fires, nothing is lost, duplicates are within the bound, and no hand is needed."""
    row = run(case, rig)

    assert (row.problems, row.books.lost) == ((), 0)
    assert row.injected.count >= 1
    assert row.books.duplicates <= row.injected.bound
