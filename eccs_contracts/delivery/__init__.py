"""The pure core of delivery: values and functions that know no clock, socket, thread or environment."""

from eccs_contracts.delivery._breaker import BreakerState, CircuitBreaker
from eccs_contracts.delivery._bucket import TokenBucket
from eccs_contracts.delivery._decide import (
    AmbiguousPolicy,
    DeadLetter,
    Decision,
    Disposition,
    Done,
    Hold,
    Outcome,
    OutcomeKind,
    Retry,
    decide,
)
from eccs_contracts.delivery._desk import Desk, Ticket
from eccs_contracts.delivery._due import DueHeap
from eccs_contracts.delivery._flood import FloodGuard
from eccs_contracts.delivery._lanes import Lanes
from eccs_contracts.delivery._notes import decode_note, encode_note
from eccs_contracts.delivery._offsets import OffsetTracker, Progress
from eccs_contracts.delivery._policy import RetryPolicy
from eccs_contracts.delivery._stubs import Stub

__all__ = [
    "AmbiguousPolicy",
    "BreakerState",
    "CircuitBreaker",
    "DeadLetter",
    "Decision",
    "Desk",
    "Disposition",
    "Done",
    "DueHeap",
    "FloodGuard",
    "Hold",
    "Lanes",
    "OffsetTracker",
    "Outcome",
    "OutcomeKind",
    "Progress",
    "Retry",
    "RetryPolicy",
    "Stub",
    "Ticket",
    "TokenBucket",
    "decide",
    "decode_note",
    "encode_note",
]
