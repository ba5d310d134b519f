"""What grows with the number of messages that wait, and how much.

Pending retries in Apache Kafka, a restart with a held message before many finished ones, and the tracker alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from confluent_kafka import Consumer, TopicPartition

from eccs_contracts import EmailRequest, EmailRetry
from eccs_contracts.delivery import OffsetTracker, encode_note
from eccs_contracts.ledger import EmailState
from tests import places
from tests.benchmark.delivery.engine_alone import Alone
from tests.benchmark.delivery.report import markdown
from tests.benchmark.delivery.stage import Stage, unique, until
from tests.benchmark.delivery.throughput import OURS

_RATE: Final = 100  # retries that are due in a second
_MEASURED: Final = 45.0  # seconds of mails that are looked at


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything: pending retries, and finished messages after held ones."""

    pending: tuple[int, ...] = (10_000, 50_000, 200_000, 500_000)
    finished: tuple[int, ...] = (40_000,)
    held: tuple[int, ...] = (10_000, 50_000, 100_000, 200_000, 500_000)


@dataclass(frozen=True, slots=True)
class Pending:
    """One run with so many pending retries.

    Attributes:
        joined: seconds from the subscription until the engine had its partitions.
        read: seconds from then until it knew all retries.
        memory: MiB resident, the most there were.
        least: milliseconds from the due time to the start, of the earliest; below zero would be too early.
        started: how many were looked at.
        again: payloads that were read again.
    """

    count: int
    joined: float
    read: float
    memory: float
    least: float
    p50: float
    p99: float
    most: float
    started: int
    again: int


@dataclass(frozen=True, slots=True)
class Held:
    """Seconds on the engine's thread to finish so many messages after one that is held, and to note them."""

    count: int
    finish: float
    note: float


@dataclass(frozen=True, slots=True)
class Restart:
    """Seconds from the start of a process to its first new mail, with so many finished messages after held ones."""

    finished: int
    noted: bool
    seconds: float


def pending(stage: Stage, count: int) -> Pending:
    """Due times are even over count / rate seconds, and mixed in the topic; the starts of 45 s are looked at."""
    name, random = unique("growth"), Random(5)
    places.skip(stage.broker, name, [EmailRetry.TOPIC])
    ahead = 40 + count / 2000  # to produce all of them, and to read them
    stage.feed_retries([random.uniform(1, 1 + count / _RATE) for _ in range(count)], None, ahead)
    module = [sys.executable, "-m", "tests.benchmark.delivery.engine_alone", name, str(count), str(_MEASURED)]
    environment = {**os.environ, **stage.environment}
    done = subprocess.run(module, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the engine ended with {done.returncode}:\n{done.stderr[-2000:]}")
    alone = Alone(**json.loads(done.stdout))
    late = sorted(alone.late)
    p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
    memory = alone.memory / 2**20
    return Pending(count, alone.joined, alone.read, memory, late[0], p50, p99, late[-1], len(late), alone.again)


def held(count: int) -> Held:
    """The tracker alone: no broker, no other part."""
    tracker: OffsetTracker[str] = OffsetTracker()
    for offset in range(count + 1):
        tracker.take("p", offset)
    began = time.perf_counter()
    for offset in range(1, count + 1):
        tracker.finish("p", offset)
    finished = time.perf_counter()
    commit = tracker.committable()["p"]
    encode_note(commit.offset or 0, commit.ahead)
    return Held(count, finished - began, time.perf_counter() - finished)


def restart(stage: Stage, count: int, *, noted: bool) -> Restart:
    """As after SIGKILL with a held message in each partition: its offset is committed, what follows is in the ledger.

    The commit is made by hand, as the process that was killed makes it, with the note or without.
    """
    stage.sink.ask(latency=0)
    name = unique("restart")
    before = places.ends(stage.broker, EmailRequest.TOPIC)
    ids = stage.feed(count)
    after = places.ends(stage.broker, EmailRequest.TOPIC)
    places.skip(stage.broker, name, [EmailRetry.TOPIC])
    done = [{"_id": one, "state": EmailState.SENT, "attempt": 0, "redrive": 0} for one in ids]
    stage.entries(name).insert_many(done, ordered=False)
    _commit(stage.broker, name, before, after, noted=noted)
    [new] = stage.feed(1, seed=time.time_ns())
    stage.sink.take()
    with stage.running(OURS.module, name) as process:
        began = time.monotonic()
        until(lambda: process.alive() and stage.sink.count > 0, "the new mail is sent", 300)
        seconds = time.monotonic() - began
        if new not in {one.id for one in stage.sink.take()}:
            raise RuntimeError("it is another mail")
    return Restart(count, noted, seconds)


def _commit(broker: str, group: str, before: list[int], after: list[int], *, noted: bool) -> None:
    """The first message of each partition counts as held: nothing before it is open, all after it are finished."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": group})
    offsets = []
    for partition, (start, end) in enumerate(zip(before, after, strict=True)):
        note = encode_note(start, [range(start + 1, end)] if end > start + 1 else []) if noted else ""
        offsets.append(TopicPartition(EmailRequest.TOPIC, partition, start, note))
    consumer.commit(offsets=offsets, asynchronous=False)
    consumer.close()


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured, and where."""

    parts: dict[str, str]
    load: tuple[float, float]
    pending: list[Pending]
    held: list[Held]
    restarts: list[Restart]


def run(sizes: Sizes, say: Callable[[str], None]) -> Figures:
    """Measure everything on one stack."""
    before = os.getloadavg()[0]
    tracker = [held(count) for count in sizes.held]
    with Stage(say) as stage:
        restarts = [restart(stage, count, noted=noted) for count in sizes.finished for noted in (False, True)]
        say(str(restarts))
        found = []
        for count in sizes.pending:
            found.append(pending(stage, count))
            say(str(found[-1]))
        return Figures(stage.parts, (before, os.getloadavg()[0]), found, tracker, restarts)


def page(figures: Figures) -> str:
    """The page of the documentation."""
    parts, load = figures.parts, figures.load
    retries = [
        [
            str(one.count),
            *map(_tenths, (one.read, one.memory, one.least, one.p50, one.p99, one.most)),
            str(one.started),
            str(one.again),
        ]
        for one in figures.pending
    ]
    tracker = [[str(one.count), f"{one.finish:.3f}", f"{one.note * 1000:.2f}"] for one in figures.held]
    restarts = [[str(one.finished), "yes" if one.noted else "no", _tenths(one.seconds)] for one in figures.restarts]
    return _PAGE.format(
        parts="; ".join((parts["broker"], parts["registry"], parts["mongo"])),
        load=f"{load[0]:.1f} and {load[1]:.1f}",
        rate=_RATE,
        retries=markdown(
            ("pending", "read s", "MiB", "earliest ms", "p50", "p99", "max", "started", "read again"), retries
        ),
        held=markdown(("finished", "seconds", "ms for the note"), tracker),
        restarts=markdown(("finished", "noted", "seconds"), restarts),
    )


def _tenths(value: float) -> str:
    return f"{value:.1f}"


_PAGE: Final = """# What grows with the messages that wait

Written by `python -m tests.benchmark.delivery --growth --docs docs`. One run on 2 cores, which other work shared (load
average {load} before and after): {parts}; a mail server of ours.

## Pending retries

{retries}

The engine as the service runs it, in a process of its own, with Apache Kafka and the registry, and with a worker that
finishes each retry at once: neither ledger nor mail server bound it. All retries are in the retry topic, mixed, before
the process starts; {rate} of them are due in each second. `read s` is how long it takes from the assignment of its
partitions until it knows all retries: at a first start and at any restart. `MiB` is the most resident memory of the
process. The times are from the due time to the start of the attempt, of those
that are due after all are known, for 45 s; `read again` counts
payloads that the second consumer brought. Messages have 300 characters of body.

## A held message before many finished ones

{held}

The time that the engine's thread spends on the offset tracker to finish so many messages of one partition while the
first one is open, and to write the note for one commit. The tracker alone, without any other part.

## A restart after SIGKILL

{restarts}

Seconds from the start of the process to its first new mail. The first message of each partition was held when the
process before was killed; so many messages after those are finished. `noted` says whether the metadata of the commit
says so; without it, each is looked up in the ledger. The benchmark makes the commit and the ledger's entries itself.
"""
