"""Whether memory stays as it is, over many messages through one process."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Final

from eccs_contracts import EmailRequest
from tests import places
from tests.benchmark.delivery.stage import Stage, pause, unique
from tests.benchmark.delivery.throughput import WIDE

_EVERY: Final = 0.5  # seconds between two looks
_WARM: Final = 0.1  # of the messages


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of one process.

    Attributes:
        messages: how many went through it.
        seconds: how long that took.
        samples: messages so far and bytes, in the order of time.
    """

    messages: int
    seconds: float
    samples: list[tuple[int, int]]

    @property
    def warm(self) -> float:
        """Bytes after the warm-up: the median over the second tenth of the messages."""
        return self._between(_WARM, 2 * _WARM)

    @property
    def end(self) -> float:
        """Bytes over the last tenth."""
        return self._between(1 - _WARM, 2)

    @property
    def drift(self) -> float:
        """By which part the memory has grown since the warm-up."""
        return self.end / self.warm - 1

    def _between(self, low: float, high: float) -> float:
        part = [size for count, size in self.samples if low * self.messages <= count < high * self.messages]
        return statistics.median(part)


def measure(stage: Stage, messages: int, limit: float) -> Memory:
    """All messages through one process, which does nothing else; not longer than `limit` seconds."""
    stage.sink.ask(latency=0)
    stage.sink.take()
    name = unique("memory")
    samples: list[tuple[int, int]] = []
    with stage.running(WIDE.module, name, **WIDE.settings) as process:
        began = time.monotonic()
        count = 0
        while count < messages and time.monotonic() - began < limit:
            pause(_EVERY)
            process.alive()
            count = stage.sink.count
            samples.append((count, process.rss()))
        seconds = time.monotonic() - began
        process.end()
        sent = [one.id for one in stage.sink.take()]
        committed = sum(places.committed(stage.broker, name, EmailRequest.TOPIC))
        if len(sent) != len(set(sent)) or committed > len(sent):
            raise RuntimeError(f"{len(sent)} mails, {len(set(sent))} different ones, {committed} committed")
    return Memory(min(count, messages), seconds, [one for one in samples if one[0]])
