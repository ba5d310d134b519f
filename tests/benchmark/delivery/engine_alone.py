"""The engine with a real broker and nothing behind it: a worker that finishes each retry at once, and notes how late.

A process of its own: `python -m tests.benchmark.delivery.engine_alone GROUP COUNT SECONDS`, with the environment of the
service. It writes one line of JSON: see `Alone`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from confluent_kafka import Consumer, KafkaError, TopicPartition

from eccs_contracts import EmailRequest, EmailRetry
from eccs_contracts.clients import made
from eccs_contracts.delivery import CircuitBreaker, FloodGuard, RetryPolicy
from eccs_contracts.serde import ContractDeserializer, Registry
from services.notification_service.clock import Clock
from services.notification_service.engine import BrokerSide, Engine
from services.notification_service.gates import Gates
from services.notification_service.logs import log
from services.notification_service.message import Decoder, Job
from services.notification_service.metrics import Metrics
from services.notification_service.payloads import Payloads
from services.notification_service.service import consumer_config
from services.notification_service.settings import EngineSettings
from services.notification_service.unknown_fields import UnknownFields
from services.notification_service.worker import Complete

_PEAK: Final = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_SETTLED: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Alone:
    """What the engine did.

    Attributes:
        joined: seconds from the subscription until it had its partitions.
        read: seconds from then until it knew all retries.
        memory: bytes resident, the most there were.
        late: milliseconds from the due time to the start, of each retry that was due after all were known.
        again: payloads that were read again.
    """

    joined: float
    read: float
    memory: int
    late: list[float]
    again: int


class Recorder:
    """Stands where the worker does."""

    def __init__(self) -> None:
        self.metrics, self.clock = Metrics(), Clock()
        guard = FloodGuard(500, 0.8, timedelta(seconds=60))
        self.gates = Gates(CircuitBreaker(8, timedelta(seconds=1)), guard, self.clock.now)
        self.outbox, self.waiting = self, 0
        self.starts: list[tuple[datetime, float]] = []  # when each was due, and by how many milliseconds it was late

    async def deliver(self, job: Job, _wanted: Callable[[], bool]) -> Complete:
        """Note how late it is."""
        assert job.due is not None
        self.starts.append((job.due, (self.clock.now() - job.due).total_seconds() * 1000))
        return Complete()


def measure(group: str, count: int, seconds: float) -> Alone:
    """Read so many retries ahead, then look at those that start within so many seconds."""
    kafka = {"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"]}
    settings, worker = EngineSettings(group_id=group), Recorder()
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    made_engine: list[Engine] = []  # the consumer's settings speak of the engine, which needs the consumer

    def answered(error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        made_engine[0].commits.answered(error, partitions)

    consumer = made(Consumer, {**consumer_config(kafka, settings, "alone"), "on_commit": answered})
    side = BrokerSide(Payloads(kafka, group), dict, lambda _: None)
    engine = Engine(consumer, _decoder(worker), worker, loop, settings, side)  # type: ignore[arg-type]
    made_engine.append(engine)
    began = time.monotonic()
    thread = threading.Thread(target=engine.run, args=([EmailRetry.TOPIC],))
    thread.start()
    _until(lambda: _value(worker, "kafka_rebalances_total", kind="assign") >= 6)
    joined = time.monotonic()
    _until(lambda: _value(worker, "email_retry_queue_depth") + len(worker.starts) >= count)
    read, known = time.monotonic(), worker.clock.now() + _SETTLED
    _until(lambda: bool(worker.starts) and worker.starts[-1][0] > known)
    time.sleep(seconds)
    engine.stop()
    thread.join()
    memory = int(_PEAK.findall(Path("/proc/self/status").read_text())[0]) * 1024
    again = int(_value(worker, "email_retry_payloads_total", result="read"))
    return Alone(joined - began, read - joined, memory, [late for due, late in worker.starts if due > known], again)


def _decoder(worker: Recorder) -> Decoder:
    registry = Registry.from_env()
    requests, retries = ContractDeserializer(registry, EmailRequest), ContractDeserializer(registry, EmailRetry)
    unknown = UnknownFields(worker.metrics.unknown_fields, log)
    return Decoder(requests, retries, EmailRetry.TOPIC, RetryPolicy(), timedelta(hours=20), unknown)


def _value(worker: Recorder, name: str, **labels: str) -> float:
    return worker.metrics.registry.get_sample_value(name, labels) or 0.0


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.05)


def main(arguments: Sequence[str]) -> None:
    """Measure, and write the line."""
    group, count, seconds = arguments
    sys.stdout.write(json.dumps(asdict(measure(group, int(count), float(seconds)))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
