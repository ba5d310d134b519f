"""The letters that lists and numbers are made of: read once, then only what is new. Letters are shown whole from Kafka.

What is kept in memory of a letter holds no personal data and no payload.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from eccs_contracts.dead_letters.letters import Letter, Place
from eccs_contracts.dead_letters.reading import LetterReader
from eccs_contracts.dead_letters.scanning import Bounds
from eccs_contracts.dead_letters.selection import Selection
from eccs_contracts.serde import Registry


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the DLQ holds at a moment.

    Attributes:
        letters: the latest first.
        beyond: older letters that are in the DLQ and not among them.
    """

    letters: tuple[Letter, ...]
    beyond: int = 0


class Letters:
    """The DLQ of one broker; may be used from several threads."""

    def __init__(self, config: Mapping[str, Any], registry: Registry, most: int) -> None:
        """Take librdkafka's settings, a registry, and how many letters may be kept."""
        self._reader = LetterReader(config, registry)
        self._most = most
        self._lock = threading.Lock()
        self._kept: dict[int, deque[Letter]] = {}
        self._reached: dict[int, int] = {}
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """What is there now.

        Raises:
            TopicMissing: the broker does not have the topic.
            BrokerUnavailable: no answer in time.
            RegistryUnavailable: a schema is not known yet and the registry does not answer.
        """
        with self._lock:
            bounds = self._reader.bounds()
            self._trim(bounds)
            self._read(bounds)
            if self._snapshot is None:
                self._snapshot = self._sorted(bounds)
            return self._snapshot

    def one(self, place: Place) -> Letter | None:
        """The letter at a place, whole; None where there is none; errors as `snapshot`."""
        with self._lock:
            found = [one for scan in self._reader.scan(Selection(places=frozenset({place}))) for one in scan.letters]
        return next(iter(found), None)

    def check(self) -> None:
        """Ask the broker for the topic, unless a page is asking it now; errors as `snapshot`."""
        if self._lock.acquire(blocking=False):  # a probe does not wait for those who read much
            try:
                self._reader.bounds()
            finally:
                self._lock.release()

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            self._reader.close()

    def _sorted(self, bounds: Mapping[int, Bounds]) -> Snapshot:
        kept = [letter for letters in self._kept.values() for letter in letters]
        kept.sort(key=lambda one: (one.failed_at, one.place), reverse=True)
        first = {number: letters[0].place.offset for number, letters in self._kept.items() if letters}
        return Snapshot(tuple(kept), sum(first[number] - bounds[number].low for number in first))

    def _trim(self, bounds: Mapping[int, Bounds]) -> None:
        """Forget what retention has deleted, and everything of a topic that was made anew."""
        for number, letters in self._kept.items():
            low, high = (bounds[number].low, bounds[number].high) if number in bounds else (0, 0)
            if high < self._reached[number]:
                letters.clear()
                self._reached[number], self._snapshot = low, None
            while letters and letters[0].place.offset < low:
                letters.popleft()
                self._snapshot = None

    def _read(self, bounds: Mapping[int, Bounds]) -> None:
        """Read what is new, the latest of each partition."""
        share = max(1, self._most // max(1, len(bounds)))
        for number, one in bounds.items():
            self._kept.setdefault(number, deque(maxlen=share))
            self._reached[number] = max(self._reached.get(number, 0), one.low, one.high - share)
        ends = {number: one.high for number, one in bounds.items()}
        for batch in self._reader.letters(dict(self._reached), ends):
            self._snapshot = None
            for letter in batch:
                self._kept[letter.place.partition].append(_slim(letter))
                self._reached[letter.place.partition] = letter.place.offset + 1
        self._reached |= ends  # what cannot be read at an end, an open transaction for example, is not asked for again


def _slim(letter: Letter) -> Letter:
    """A letter without what lists do not show."""
    envelope = letter.envelope
    if envelope is None:
        return replace(letter, raw=None)
    original = envelope.original_data
    if original is not None:
        original = replace(original, to="", subject="", body="", template_data=None, metadata=None)
    return replace(letter, raw=None, envelope=replace(envelope, original_data=original, original_payload=None))
