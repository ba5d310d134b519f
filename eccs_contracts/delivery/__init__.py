"""The pure core of delivery: values and functions that know no clock, socket, thread or environment."""

from eccs_contracts.delivery._decide import (
    DeadLetter,
    Decision,
    Done,
    Hold,
    Outcome,
    OutcomeKind,
    Retry,
    decide,
)
from eccs_contracts.delivery._due import DueHeap
from eccs_contracts.delivery._offsets import OffsetTracker
from eccs_contracts.delivery._policy import RetryPolicy

__all__ = [
    "DeadLetter",
    "Decision",
    "Done",
    "DueHeap",
    "Hold",
    "OffsetTracker",
    "Outcome",
    "OutcomeKind",
    "Retry",
    "RetryPolicy",
    "decide",
]
