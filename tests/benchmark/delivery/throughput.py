"""Messages per second, and processor time per message, at several latencies of the mail server."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from eccs_contracts import EmailRequest
from eccs_contracts.ledger import EmailState
from tests import places
from tests.benchmark.delivery.stage import Process, Stage, cpu, pause, unique, until

_WARM: Final = 3.0  # seconds after the first mail that are not counted: pools fill, and the JVM compiles


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who delivers, as `python -m module` with further variables of the environment."""

    name: str
    module: str
    settings: Mapping[str, str] = field(default_factory=dict)


_SERVICE: Final = "services.notification_service"
SESSIONS: Final = 16  # of SMTP at the same time, as the service has them by default
OURS: Final = Candidate("ours", _SERVICE)
WIDE: Final = Candidate("ours, 64 in doubt", _SERVICE, {"SMTP_IN_DOUBT": "64"})
TUTORIAL: Final = Candidate("tutorial loop", "tests.benchmark.delivery.tutorial")
FASTSTREAM: Final = Candidate("FastStream", "tests.benchmark.delivery.faststreamed")
CANDIDATES: Final = (OURS, WIDE, TUTORIAL, FASTSTREAM)


@dataclass(frozen=True, slots=True)
class Round:
    """One window of one candidate.

    Attributes:
        rate: mails a second.
        cpu: microseconds of processor time a mail: the candidate's, the broker's, the database's, the mail server's.
    """

    rate: float
    cpu: dict[str, float]


@dataclass(frozen=True, slots=True)
class Throughput:
    """All windows of one candidate at one latency.

    Attributes:
        latency: of the mail server, in milliseconds.
    """

    candidate: str
    latency: int
    rounds: list[Round] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Mails a second, of the window in the middle."""
        return statistics.median(one.rate for one in self.rounds)

    @property
    def least(self) -> float:
        """Mails a second, of the slowest window."""
        return min(one.rate for one in self.rounds)

    def cpu(self, part: str) -> float:
        """Microseconds of processor time a mail, of the window in the middle."""
        return statistics.median(one.cpu[part] for one in self.rounds)


def measure(stage: Stage, latencies: Sequence[int], rounds: int, seconds: float) -> list[Throughput]:
    """All candidates take turns at each latency; each window has a new process, a new group and a new database."""
    found = []
    for latency in latencies:
        stage.sink.ask(latency=latency / 1000)
        here = [Throughput(one.name, latency) for one in CANDIDATES]
        for _ in range(rounds):
            for candidate, result in zip(CANDIDATES, here, strict=True):
                result.rounds.append(_window(stage, candidate, seconds))
        for result in here:
            stage.say(f"{latency:4} ms  {result.candidate:18}{result.rate:9.1f} /s{result.cpu('candidate'):9.0f} us")
        found += here
    return found


def _window(stage: Stage, candidate: Candidate, seconds: float) -> Round:
    name = unique("throughput")
    stage.sink.take()
    with stage.running(candidate.module, name, **candidate.settings) as process:
        until(lambda: process.alive() and stage.sink.count > 0, f"{candidate.name} sends a mail", 60)
        pause(_WARM)
        before = _look(stage, process)
        pause(seconds)
        after = _look(stage, process)
        process.end()
        _reconcile(stage, candidate, name)
    mails = after["mails"] - before["mails"]
    spent = {part: (after[part] - before[part]) / mails * 1e6 for part in ("candidate", *stage.pids)}
    return Round(mails / (after["time"] - before["time"]), spent)


def _look(stage: Stage, process: Process) -> dict[str, float]:
    pids = {"candidate": process.pid, **stage.pids}
    return {"time": time.monotonic(), "mails": stage.sink.count} | {part: cpu(pid) for part, pid in pids.items()}


def _reconcile(stage: Stage, candidate: Candidate, name: str) -> None:
    """What was sent is in the ledger, once, and no more is committed: a rate that loses or doubles mails is no rate.

    Less may be committed: a stop gives back what is not being sent, and the offsets behind one of these wait with it.
    Those that are sent come again, and the ledger knows them.
    """
    sent = [one.id for one in stage.sink.take()]
    known = {one["_id"] for one in stage.entries(name).find({"state": EmailState.SENT}, {"_id": 1})}
    committed = sum(places.committed(stage.broker, name, EmailRequest.TOPIC))
    found = f"{candidate.name}: {len(sent)} mails, {len(set(sent))} different ones, {len(known)} in the ledger, "
    found += f"{committed} committed"
    if len(sent) != len(set(sent)) or set(sent) != known or committed > len(sent):
        raise RuntimeError(found)
    if committed < len(sent):
        stage.say(found)
