"""Reads a topic from places to places. Joins no group, commits nothing, leaves no trace on the broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from heapq import merge
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from eccs_contracts._older_letters import letter_from_json
from eccs_contracts.clients import CONSUMER_SETTINGS, made
from eccs_contracts.dead_letters.errors import TopicMissing
from eccs_contracts.dead_letters.letters import Letter, Place
from eccs_contracts.dead_letters.scanning import Bounds, Part, Scan, chosen, may_hold, needles, parts_of, windows
from eccs_contracts.dead_letters.selection import Selection
from eccs_contracts.decoding import decode_value
from eccs_contracts.errors import BrokerUnavailable, ContractsError
from eccs_contracts.headers import listed
from eccs_contracts.migration import is_json
from eccs_contracts.models import EmailDlq
from eccs_contracts.serde import ContractDeserializer, Registry

_SETTINGS: Final = {
    **CONSUMER_SETTINGS,
    "group.id": "eccs-contracts-reader",  # librdkafka wants one; with assign() it is never joined
    "enable.partition.eof": True,
    "queued.max.messages.kbytes": 16_384,
    "fetch.queue.backoff.ms": 10,  # a full queue is emptied in far less than the second that is the default
}
_SLICE: Final = 0.2  # seconds that a partly filled batch waits for more
_SKEW: Final = timedelta(hours=1)  # between the clock of who gave up a message and that of who wrote its letter
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What a broker says for a moment: of a topic that was just made, or whose leader moves.
_PASSING: Final = frozenset(
    {KafkaError.LEADER_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.REPLICA_NOT_AVAILABLE}
)
_AGAIN: Final = 0.1  # seconds until it is asked again
_FIRST_WINDOW: Final = 64  # offsets of a partition that are read first, backwards
_LARGEST_WINDOW: Final = 4_096

_T = TypeVar("_T")


class TopicReader:
    """Reads one topic by assignment; a context manager."""

    def __init__(self, config: Mapping[str, Any], topic: str, *, timeout: float = 15.0) -> None:
        """Take librdkafka's settings.

        Args:
            config: where the broker is, and how to be let in.
            topic: what to read.
            timeout: seconds that the broker has for an answer.

        Raises:
            ConfigurationError: a setting is not usable.
        """
        self.topic = topic
        self._timeout = timeout
        self._consumer = made(Consumer, {**_SETTINGS, **config})

    def bounds(self) -> dict[int, Bounds]:
        """What each partition holds at this moment.

        Raises:
            TopicMissing: the broker does not have the topic.
            BrokerUnavailable: no answer in time.
        """
        places = self._partitions()
        marks = self._asked(lambda: [self._consumer.get_watermark_offsets(place, self._timeout) for place in places])
        return {place.partition: Bounds(*mark) for place, mark in zip(places, marks, strict=True)}

    def bounds_of(self, partitions: Collection[int]) -> dict[int, Bounds]:
        """What some partitions hold at this moment; all of them if none is named.

        Raises:
            PartitionMissing: the topic does not have one of them.
            TopicMissing: the broker does not have the topic.
            BrokerUnavailable: no answer in time.
        """
        return chosen(self.bounds(), partitions, self.topic)

    def at(self, instant: datetime) -> dict[int, int]:
        """The first offset in each partition whose record is not older than an instant; the end where none is.

        Raises:
            TopicMissing: the broker does not have the topic.
            BrokerUnavailable: no answer in time.
        """
        millis = max(0, (instant - _EPOCH) // timedelta(milliseconds=1))
        asked = [TopicPartition(self.topic, place.partition, millis) for place in self._partitions()]
        found = self._asked(lambda: self._consumer.offsets_for_times(asked, self._timeout))
        if any(place.offset < 0 for place in found):
            ends = self.bounds()
            return {
                place.partition: place.offset if place.offset >= 0 else ends[place.partition].high for place in found
            }
        return {place.partition: place.offset for place in found}

    def batches(
        self, start: Mapping[int, int], end: Mapping[int, int] | None = None, *, size: int = 500
    ) -> Iterator[list[Message]]:
        """Messages from `start`, in the order of each partition.

        Args:
            start: the first offset of each partition to read.
            end: where each partition ends, not included; without it there is no end, and an empty batch comes
                several times a second while there is nothing to read.
            size: messages of a batch at most.

        Raises:
            BrokerUnavailable: the broker answers with an error, or not for `timeout` seconds.
        """
        left = {number for number in start if end is None or start[number] < end.get(number, 0)}
        self._consumer.assign([TopicPartition(self.topic, number, start[number]) for number in sorted(left)])
        heard = time.monotonic()
        most = size if end is None else max(1, min(size, sum(end[number] - start[number] for number in left)))
        while left:
            found = self._consumer.consume(most, _SLICE)  # waits while there are fewer: never ask for more than is left
            heard = time.monotonic() if found or end is None else self._patient(heard)
            batch = [message for message in found if self._belongs(message, left, end)]
            if batch or end is None:
                yield batch
        self._consumer.unassign()

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _belongs(self, message: Message, left: set[int], end: Mapping[int, int] | None) -> bool:
        """Whether a message is one to hand out; notes in `left` which partitions are read to their end."""
        number, offset = message.partition() or 0, message.offset() or 0
        if (error := message.error()) is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  so the library names it
                raise self._unavailable(error)
            if (
                end is not None
            ):  # whatever lies between here and the end cannot be read, an open transaction for example
                left.discard(number)
            return False
        if end is None:
            return True
        if offset >= end[number] - 1:
            left.discard(number)
        return offset < end[number]

    def _patient(self, heard: float) -> float:
        if time.monotonic() - heard > self._timeout:
            raise BrokerUnavailable(f"{self.topic}: the broker sends nothing for {self._timeout:g} s")
        return heard

    def _partitions(self) -> list[TopicPartition]:
        found = self._asked(lambda: self._consumer.list_topics(self.topic, self._timeout)).topics[self.topic]
        if found.error is not None:
            raise TopicMissing(
                f"the broker does not have the topic {self.topic} (make it: eccs-contracts topics apply)"
            )
        return [TopicPartition(self.topic, number) for number in sorted(found.partitions)]

    def _asked(self, question: Callable[[], _T]) -> _T:
        """The broker's answer; what passes by itself is waited for."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                return question()
            except KafkaException as error:
                reason = error.args[0]
                if reason.code() not in _PASSING or time.monotonic() >= deadline:
                    raise self._unavailable(reason) from None
            time.sleep(_AGAIN)

    def _unavailable(self, error: KafkaError) -> BrokerUnavailable:
        return BrokerUnavailable(f"{self.topic}: no answer of the broker ({error.str()}); see KAFKA_BOOTSTRAP_SERVERS")


class LetterReader(TopicReader):
    """Reads the DLQ, each record as the letter that it is."""

    def __init__(
        self, config: Mapping[str, Any], registry: Registry, *, topic: str = EmailDlq.TOPIC, timeout: float = 15.0
    ) -> None:
        """Take librdkafka's settings and a registry; the broker has `timeout` seconds for an answer."""
        super().__init__(config, topic, timeout=timeout)
        self._deserialize = ContractDeserializer(registry, EmailDlq)

    def letters(
        self, start: Mapping[int, int] | None = None, end: Mapping[int, int] | None = None, *, size: int = 500
    ) -> Iterator[list[Letter]]:
        """Letters in batches; from the beginning to the end at this moment unless places are given.

        Raises:
            TopicMissing: the broker does not have the topic.
            BrokerUnavailable: no answer in time.
            RegistryUnavailable: a schema is not known yet and the registry does not answer.
        """
        if start is None or end is None:
            bounds = self.bounds()
            start = start or {number: one.low for number, one in bounds.items()}
            end = end or {number: one.high for number, one in bounds.items()}
        for batch in self.batches(start, end, size=size):
            yield [self._letter(message) for message in batch]

    def parts(self, selection: Selection) -> list[Part]:
        """Return what must be read, of what is there now, to find a selection's letters; errors as `bounds_of`."""
        found = self.bounds_of(selection.partitions)
        if selection.since is not None:  # a letter is written when the message is given up, or after it
            first = self.at(selection.since - _SKEW)
            found = {number: Bounds(max(one.low, first[number]), one.high) for number, one in found.items()}
        return parts_of(found, selection.places) if selection.places and not selection.ids else [found]

    def scan(
        self, selection: Selection, parts: Sequence[Mapping[int, Bounds]] | None = None, *, size: int = 500
    ) -> Iterator[Scan]:
        """Find the letters of a selection, in the order of each partition.

        Args:
            selection: which letters. If it names e-mail ids only, other records are not decoded.
            parts: what to read; without it, what `parts` says.
            size: records of a batch at most.

        Raises:
            TopicMissing: the broker does not have the topic.
            BrokerUnavailable: no answer in time.
            RegistryUnavailable: a schema is not known yet and the registry does not answer.
        """
        wanted = () if selection.places else needles(selection.ids)
        for part in self.parts(selection) if parts is None else parts:
            start = {number: one.low for number, one in part.items()}
            for batch in self.batches(start, {number: one.high for number, one in part.items()}, size=size):
                found = [one for one in batch if not wanted or may_hold(_bytes(one.key()), _bytes(one.value()), wanted)]
                letters = [letter for letter in map(self._letter, found) if selection.matches(letter)]
                yield Scan(letters, len(batch), _reached(batch))

    def newest(self, selection: Selection) -> Iterator[Letter]:
        """Find the letters of a selection, the latest written first; reads no further than is asked for.

        Errors as `scan`.
        """
        found: dict[int, list[Bounds]] = {}
        for part in self.parts(selection):
            for number, one in part.items():
                found.setdefault(number, []).insert(0, one)
        backwards = [self._backwards(selection, number, bounds) for number, bounds in found.items()]
        yield from merge(*backwards, key=lambda one: (one.written, one.place), reverse=True)

    def _backwards(self, selection: Selection, partition: int, bounds: Sequence[Bounds]) -> Iterator[Letter]:
        for window in (window for one in bounds for window in windows(one, _FIRST_WINDOW, _LARGEST_WINDOW)):
            scans = list(self.scan(selection, [{partition: window}]))
            yield from reversed([letter for scan in scans for letter in scan.letters])

    def _letter(self, message: Message) -> Letter:
        raw, key, headers = _bytes(message.value()), _bytes(message.key()), listed(message.headers())
        envelope, failure = None, None
        try:
            if raw and is_json(raw, headers):
                envelope = letter_from_json(raw, headers, written_at(message), key)
            else:
                envelope = decode_value(self._deserialize, EmailDlq, raw, headers)
        except ContractsError as error:
            if error.retryable:
                raise
            failure = error
        return Letter(
            Place(message.partition() or 0, message.offset() or 0),
            written_at(message),
            key,
            headers,
            raw,
            envelope,
            failure,
        )


def _reached(batch: Sequence[Message]) -> dict[int, int]:
    return {one.partition() or 0: (one.offset() or 0) + 1 for one in batch}


def written_at(message: Message) -> datetime:
    """The timestamp of a record; 1970 where it has none."""
    return _EPOCH + timedelta(milliseconds=max(0, message.timestamp()[1]))


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
