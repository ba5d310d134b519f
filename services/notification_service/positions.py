"""Where the consumer stands in each partition: past markers of transactions and aborted records, which it never gives.

A log may end in offsets that hold no record for us. The last record that was taken says nothing about them; the
position of librdkafka does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from confluent_kafka import Consumer, TopicPartition

from eccs_contracts.delivery import Desk

Partition: TypeAlias = tuple[str, int]


class Positions:
    """Belongs to the thread of the engine."""

    def __init__(self, consumer: Consumer, desk: Desk[Partition, Any]) -> None:
        self._consumer, self._desk = consumer, desk
        self._stale: dict[Partition, int] = {}  # positions that librdkafka may still have from an older assignment

    def assigned(self, places: Iterable[Partition]) -> None:
        """Note which positions are left over from the last time that these partitions were ours."""
        self._stale |= self._ask(places)

    def look(self) -> dict[Partition, int]:
        """The position of each partition that has one; all records before it were taken, so the desk learns it too."""
        found = self._ask(self._desk.partitions)
        for place, position in list(self._stale.items()):
            if place not in self._desk.partitions or found.get(place) != position:
                del self._stale[place]
        positions = {place: position for place, position in found.items() if place not in self._stale}
        for place, position in positions.items():
            self._desk.advance(place, position)
        return positions

    def _ask(self, places: Iterable[Partition]) -> dict[Partition, int]:
        asked = self._consumer.position([TopicPartition(*place) for place in places])
        return {(one.topic, one.partition): one.offset for one in asked if one.error is None and one.offset >= 0}
