"""How long after their time retries are sent: thousands are pending in one topic, not in the order they are due in."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from eccs_contracts import EmailRequest, EmailRetry
from tests import places
from tests.benchmark.delivery.stage import Stage, pause, unique, until
from tests.benchmark.delivery.throughput import OURS

_AHEAD: Final = 10.0  # seconds to produce all of them, before the shortest delay begins


@dataclass(frozen=True, slots=True)
class Lateness:
    """Milliseconds from the instant that a retry is due.

    Attributes:
        pending: retries that were in the topic before the first was due.
        longest: seconds, of the delays.
        least: until MAIL reached the mail server, of the earliest; below zero would be too early.
        p50: until the mail server had the whole mail, as the others.
    """

    pending: int
    longest: float
    least: float
    p50: float
    p99: float
    most: float


def measure(stage: Stage, pending: int, longest: float) -> Lateness:
    """Delays from 1 s to `longest`, even and mixed; the engine has nothing else to do."""
    stage.sink.ask(latency=0)
    stage.sink.take()
    name = unique("lateness")
    random = Random(3)
    delays = [random.uniform(1, longest) for _ in range(pending)]
    places.skip(stage.broker, name, [EmailRequest.TOPIC])
    with stage.running(OURS.module, name) as process:
        due = stage.feed_retries(delays, name, _AHEAD)
        until(lambda: process.alive() and stage.sink.count >= pending, "all retries are sent", longest + 60)
        pause(1)
        process.end()
        if sum(places.committed(stage.broker, name, EmailRetry.TOPIC)) != pending:
            raise RuntimeError("not all retries are committed")
    mails = stage.sink.take()
    if {one.id for one in mails} != set(due) or len(mails) != pending:
        raise RuntimeError(f"{pending} retries, {len(mails)} mails")
    late = sorted((one.ended - due[one.id].timestamp()) * 1000 for one in mails)
    least = min((one.began - due[one.id].timestamp()) * 1000 for one in mails)
    return Lateness(pending, longest, least, late[pending // 2], late[pending * 99 // 100], late[-1])
