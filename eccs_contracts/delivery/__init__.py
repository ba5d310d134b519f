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
from eccs_contracts.delivery._evidence import MESSAGE_PHASES, Blame, ServerEvidence
from eccs_contracts.delivery._flood import FloodGuard, tells_of_environment
from eccs_contracts.delivery._lanes import Lanes
from eccs_contracts.delivery._notes import decode_note, encode_note
from eccs_contracts.delivery._offsets import OffsetTracker, Progress
from eccs_contracts.delivery._policy import RetryPolicy
from eccs_contracts.delivery._stubs import Stub
from eccs_contracts.delivery._throttle import Pace, ThrottleGauge

__all__ = [
    "MESSAGE_PHASES",
    "AmbiguousPolicy",
    "Blame",
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
    "Pace",
    "Progress",
    "Retry",
    "RetryPolicy",
    "ServerEvidence",
    "Stub",
    "ThrottleGauge",
    "Ticket",
    "TokenBucket",
    "decide",
    "decode_note",
    "encode_note",
    "tells_of_environment",
]
